/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "bus-path.h"
#include "error.h"
#include "netns-known.h"

static gboolean
is_late (const char *name)
{
  const NsdAttr *attr = nsd_attr_table_find (&nsd_link_table, name);

  return (attr != NULL && (attr->flags & NSD_ATTR_LATE)) || strcmp (name, "Up") == 0 ||
         strcmp (name, "Master") == 0;
}

/* The entries of "Peer" that are late, or those that are not. */
static GVariant *
select_entries (GVariant *dict, gboolean late)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value)) {
    if (is_late (name) == late)
      g_variant_builder_add (&builder, "{sv}", name, value);
    g_variant_unref (value);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
put_namespace (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  GVariant *value = nsd_settings_get (settings, "PeerNamespace");
  g_autoptr (NsdNetns) netns = NULL;
  const char *text;
  NsdPath path;

  if (value == NULL)
    return TRUE;
  text = g_variant_get_string (value, NULL);
  if (!nsd_path_decode (text, &path) || path.node != NSD_NODE_NAMESPACE) {
    nsd_error_set_invalid (error, "Property PeerNamespace: %s is not the path of a namespace",
                           text);
    return FALSE;
  }
  netns = nsd_netns_known_find (path.netns);
  if (netns == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND,
                 "Property PeerNamespace: there is no namespace %s", text);
    return FALSE;
  }
  if (!nsd_attr_builder_add_u32 (builder, IFLA_NET_NS_FD, (guint32)nsd_netns_fd (netns), error))
    return FALSE;
  nsd_attr_builder_hold (builder, g_steal_pointer (&netns), (GDestroyNotify)nsd_netns_unref);
  return TRUE;
}

/* IFLA_LINK and its namespace are passed over in the nest (veth_newlink in drivers/net/veth.c). */
static gboolean
check_peer (const NsdSettings *settings, GError **error)
{
  static const char *const refused[] = { "Parent", "LinkNamespace" };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    if (nsd_settings_get (settings, refused[i]) != NULL) {
      nsd_error_set_invalid (error, "Property %s: the other end of a pair has no lower device",
                             refused[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
put_settings (NsdAttrBuilder *builder, GVariant *dict, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_link_table, NULL };
  g_autoptr (NsdSettings) all = NULL;
  g_autoptr (NsdSettings) now = NULL;
  g_autoptr (GVariant) early = NULL;

  if (dict == NULL)
    return TRUE;
  early = select_entries (dict, FALSE);
  all = nsd_settings_new (dict, tables, NSD_ATTR_CREATE | NSD_ATTR_LATE, error);
  if (all != NULL && check_peer (all, error))
    now = nsd_settings_new (early, tables, NSD_ATTR_CREATE, error);
  if (now == NULL || !nsd_settings_put (now, &nsd_link_table, NSD_ATTR_CREATE, builder, error)) {
    g_prefix_error (error, "Property Peer: ");
    return FALSE;
  }
  return TRUE;
}

gboolean
nsd_peer_put (NsdAttrBuilder *builder, int id, const NsdSettings *settings, GError **error)
{
  gpointer outer = builder->header;
  struct nlattr *nest;
  gboolean ok;

  if (nsd_settings_get (settings, "Peer") == NULL &&
      nsd_settings_get (settings, "PeerNamespace") == NULL)
    return TRUE;
  nest = nsd_attr_builder_open (builder, id, error);
  if (nest == NULL)
    return FALSE;
  builder->header = nlmsg_reserve (builder->msg, sizeof (struct ifinfomsg), NLMSG_ALIGNTO);
  if (builder->header == NULL) {
    nsd_error_set_invalid (error, "Property Peer: too long for one request to the kernel");
    builder->header = outer;
    return FALSE;
  }
  memset (builder->header, 0, sizeof (struct ifinfomsg));
  ok = put_settings (builder, nsd_settings_get (settings, "Peer"), error) &&
       put_namespace (builder, settings, error);
  builder->header = outer;
  nsd_attr_builder_close (builder, nest);
  return ok;
}

GVariant *
nsd_peer_get_late (const NsdSettings *settings)
{
  GVariant *dict = nsd_settings_get (settings, "Peer");
  g_autoptr (GVariant) late = dict != NULL ? select_entries (dict, TRUE) : NULL;

  return late != NULL && g_variant_n_children (late) > 0 ? g_steal_pointer (&late) : NULL;
}

/* The other end is named by its path; its namespace is the front part of that. */
static GVariant *
get_peer_namespace (const NsdAttrView *view, const NsdAttr *attr)
{
  const NsdAttrView *link = view->parent->parent;
  int ifindex = (int)nsd_attr_view_get_u32 (link, IFLA_LINK, 0);
  int nsid = (int)nsd_attr_view_get_u32 (link, IFLA_LINK_NETNSID, (guint32)-1);
  g_autofree char *text = NULL;
  NsdPath path;

  if (ifindex != 0)
    text = view->context->link_path (view->context->data, nsid, ifindex);
  if (text == NULL || !nsd_path_decode (text, &path) || path.node != NSD_NODE_LINK)
    return g_variant_new_object_path ("/");
  g_free (text);
  text = nsd_path_namespace (path.netns);
  return g_variant_new_object_path (text);
}

const NsdAttrType nsd_attr_peer_namespace = { "o", get_peer_namespace, NULL };
