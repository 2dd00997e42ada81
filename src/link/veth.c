/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of virtual Ethernet links: drivers/net/veth.c. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "attr-types.h"
#include "bus-path.h"
#include "error.h"
#include "kind.h"
#include "netns-known.h"
#include "nsd-interfaces.h"

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

static const NsdAttrType peer_namespace = { "o", get_peer_namespace, NULL };

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

static gboolean
put_settings (NsdAttrBuilder *builder, GVariant *value, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_link_table, NULL };
  g_autoptr (NsdSettings) peer = NULL;

  if (value == NULL)
    return TRUE;
  peer = nsd_settings_new (value, tables, NSD_ATTR_CREATE, error);
  if (peer == NULL || !nsd_settings_put (peer, &nsd_link_table, NSD_ATTR_CREATE, builder, error)) {
    g_prefix_error (error, "Property Peer: ");
    return FALSE;
  }
  return TRUE;
}

/* VETH_INFO_PEER is a message of its own: a struct ifinfomsg, then attributes of a link. */
static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  gpointer outer = builder->header;
  struct nlattr *nest;
  gboolean ok;

  if (nsd_settings_get (settings, "Peer") == NULL &&
      nsd_settings_get (settings, "PeerNamespace") == NULL)
    return TRUE;
  nest = nsd_attr_builder_open (builder, VETH_INFO_PEER, error);
  if (nest == NULL)
    return FALSE;
  builder->header = nlmsg_reserve (builder->msg, sizeof (struct ifinfomsg), NLMSG_ALIGNTO);
  ok = builder->header != NULL &&
       put_settings (builder, nsd_settings_get (settings, "Peer"), error) &&
       put_namespace (builder, settings, error);
  builder->header = outer;
  nsd_attr_builder_close (builder, nest);
  return ok;
}

static const NsdAttr rows[] = {
  { 0, "PeerNamespace", &peer_namespace, NSD_ATTR_READ | NSD_ATTR_CREATE },
  { 0, "Peer", &nsd_attr_option_dict, NSD_ATTR_CREATE },
};

static const NsdAttrTable table = { &org_netnsd1_link_veth_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kind_veth = { "veth", NSD_KIND_LINK, &table, put };
