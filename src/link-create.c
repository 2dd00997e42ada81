/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making links: Namespace.CreateLink. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "error.h"
#include "link.h"
#include "link/peer.h"
#include "links.h"
#include "names.h"

gboolean
nsd_link_create_other_namespace (GVariant *parameters, guint64 *ret_netns)
{
  g_autoptr (GVariant) settings = g_variant_get_child_value (parameters, 2);
  gboolean found = FALSE;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  /* The key may be written "Veth.PeerNamespace" too: see nsd_settings_new(). */
  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;
    const char *dot = strrchr (key, '.');
    NsdPath path;

    if (strcmp (dot != NULL ? dot + 1 : key, "PeerNamespace") != 0 ||
        !g_variant_is_of_type (owned, G_VARIANT_TYPE_OBJECT_PATH) ||
        !nsd_path_decode (g_variant_get_string (owned, NULL), &path) ||
        path.node != NSD_NODE_NAMESPACE)
      continue;
    *ret_netns = path.netns;
    found = TRUE;
  }
  return found;
}

typedef struct {
  NsdRequest *request;
  const char *name;
  const char *kind;
  NsdSettings *settings;
  int ifindex; /* of what was made */
} Creation;

static gboolean
parse (Creation *creation, GVariant *dict, GError **error)
{
  const NsdKind *kind = nsd_kind_find (creation->kind, NSD_KIND_LINK);
  const NsdAttrTable *const tables[] = { &nsd_link_table, kind != NULL ? kind->table : NULL, NULL };

  if (*creation->kind == '\0') {
    nsd_error_set_invalid (error, "the kind is empty");
    return FALSE;
  }
  creation->settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE | NSD_ATTR_LATE, error);
  if (creation->settings == NULL)
    return FALSE;
  if (nsd_settings_get (creation->settings, "Name") != NULL) {
    nsd_error_set_invalid (error, "Property Name is the first argument, not a setting");
    return FALSE;
  }
  return TRUE;
}

static void
init_message (const Creation *creation, NsdAttrBuilder *builder)
{
  nsd_attr_builder_init (builder, &creation->request->net->context, RTM_NEWLINK,
                         NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO, sizeof (struct ifinfomsg));
}

static gboolean
build (Creation *creation, NsdAttrBuilder *builder, GError **error)
{
  const NsdAttr *name = nsd_attr_table_find (&nsd_link_table, "Name");
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (creation->name));

  return (*creation->name == '\0' || nsd_attr_put (builder, name, value, error)) &&
         nsd_settings_put (creation->settings, &nsd_link_table, NSD_ATTR_CREATE, builder, error) &&
         nsd_link_put_info (builder, creation->kind, "", creation->settings, NSD_ATTR_CREATE,
                            error);
}

/* The echo of our request; the kernel sends one for links since Linux 6.1. */
static void
on_echo (struct nlmsghdr *nlh, gpointer data)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);

  if (nlh->nlmsg_type == RTM_NEWLINK && nlmsg_datalen (nlh) >= (int)sizeof *ifi)
    ((Creation *)data)->ifindex = ifi->ifi_index;
}

/* Without an echo: by its name; without a name, the newest of its kind that was not there before. A
 * veth makes its peer first. */
static int
find_made (NsdNet *net, const Creation *creation, GHashTable *before)
{
  const NsdLink *found = NULL;
  GHashTableIter iter;
  gpointer value;

  if (creation->ifindex != 0)
    return creation->ifindex;
  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *link = value;

    if (*creation->name != '\0'
            ? strcmp (link->name, creation->name) == 0
            : strcmp (link->kind, creation->kind) == 0 &&
                  !g_hash_table_contains (before, GINT_TO_POINTER (link->ifindex)) &&
                  (found == NULL || link->ifindex > found->ifindex))
      found = link;
  }
  return found != NULL ? found->ifindex : 0;
}

static GHashTable *
list_indexes (NsdNet *net)
{
  GHashTable *set = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (set, key);
  return set;
}

static void
delete_made (NsdNet *net, int ifindex)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autoptr (GError) error = NULL;

  nsd_attr_builder_init (&builder, &net->context, RTM_DELLINK, 0, sizeof (struct ifinfomsg));
  ((struct ifinfomsg *)builder.header)->ifi_index = ifindex;
  if (!nsd_net_transact (net, &builder, NULL, NULL, &error))
    g_warning ("Cannot take back link %d: %s", ifindex, error->message);
}

/* What the kernel does not take on creation; a failure takes the link back. */
static gboolean
apply_late (NsdNet *net, const Creation *creation, GError **error)
{
  if (!nsd_settings_have (creation->settings, NSD_ATTR_LATE) ||
      nsd_link_apply (net, creation->ifindex, creation->settings, NSD_ATTR_LATE, error))
    return TRUE;
  delete_made (net, creation->ifindex);
  return FALSE;
}

/* The same for the other end, in its namespace.  Taking that back takes back both ends. */
static gboolean
apply_late_peer (NsdNet *net, int ifindex, GVariant *late, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_link_table, NULL };
  g_autoptr (NsdSettings) settings = nsd_settings_new (late, tables, NSD_ATTR_CHANGE, error);

  if (settings != NULL && nsd_links_find (net, ifindex) == NULL)
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE,
                 "It was moved or deleted as soon as it was made");
  else if (settings != NULL && nsd_link_apply (net, ifindex, settings, NSD_ATTR_CHANGE, error))
    return TRUE;
  g_prefix_error (error, "Property Peer: ");
  delete_made (net, ifindex);
  return FALSE;
}

/* The other end is where the kernel says, which is where it was asked for. */
typedef struct {
  int ifindex;
  GVariant *late;
  char *what; /* was to be done, for messages */
} Peer;

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  g_clear_pointer (&peer->late, g_variant_unref);
  g_free (peer->what);
  g_free (peer);
}

static gboolean
settle_peer (NsdNet *net, gpointer data, GError **error)
{
  Peer *peer = data;

  if (apply_late_peer (net, peer->ifindex, peer->late, error))
    return TRUE;
  g_prefix_error (error, "Cannot %s: ", peer->what);
  return FALSE;
}

static gboolean
finish_peer (Creation *creation, GError **error)
{
  NsdRequest *request = creation->request;
  g_autoptr (GVariant) late = nsd_peer_get_late (creation->settings);
  const NsdLink *link = nsd_links_find (request->net, creation->ifindex);
  guint64 other = request->net->id;
  Peer *peer;

  if (link == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
    return FALSE;
  }
  nsd_link_create_other_namespace (request->parameters, &other);
  if ((other == request->net->id) == link->foreign) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "The other end is not where it was made");
    return FALSE;
  }
  if (other == request->net->id)
    return late == NULL || apply_late_peer (request->net, link->refers, late, error);
  nsd_request_settle (request, other);
  if (late != NULL) {
    peer = g_new0 (Peer, 1);
    peer->ifindex = link->refers;
    peer->late = g_steal_pointer (&late);
    peer->what =
        g_strdup_printf ("create %s link %s in %s", creation->kind, creation->name, request->where);
    nsd_request_settle_with (request, settle_peer, peer, peer_free);
  }
  return TRUE;
}

static gboolean
create (Creation *creation, GError **error)
{
  NsdNet *net = creation->request->net;
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autoptr (GHashTable) before = list_indexes (net);

  init_message (creation, &builder);
  if (!build (creation, &builder, error) ||
      !nsd_net_transact (net, &builder, on_echo, creation, error))
    return FALSE;
  creation->ifindex = find_made (net, creation, before);
  if (nsd_links_find (net, creation->ifindex) == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
    return FALSE;
  }
  return apply_late (net, creation, error) && finish_peer (creation, error);
}

gboolean
nsd_link_check_create (NsdRequest *request, GError **error)
{
  Creation creation = { .request = request };
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autoptr (GVariant) dict = NULL;
  gboolean ok;

  g_variant_get (request->parameters, "(&s&s@a{sv})", &creation.name, &creation.kind, &dict);
  init_message (&creation, &builder);
  ok = parse (&creation, dict, error) && build (&creation, &builder, error);
  g_clear_pointer (&creation.settings, nsd_settings_free);
  if (!ok)
    nsd_request_prefix_error (request, error, "create %s link %s", creation.kind, creation.name);
  return ok;
}

GVariant *
nsd_link_create (NsdRequest *request, GError **error)
{
  Creation creation = { .request = request };
  g_autoptr (GVariant) dict = NULL;
  g_autofree char *path = NULL;
  gboolean ok;

  g_variant_get (request->parameters, "(&s&s@a{sv})", &creation.name, &creation.kind, &dict);
  ok = parse (&creation, dict, error) && create (&creation, error);
  g_clear_pointer (&creation.settings, nsd_settings_free);
  if (!ok) {
    nsd_request_prefix_error (request, error, "create %s link %s", creation.kind, creation.name);
    return NULL;
  }
  path = nsd_path_link (request->net->id, creation.ifindex);
  return g_variant_new ("(o)", path);
}
