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

/* The namespace that an object path among the settings names, if it is not @own; 0 for none. */
static guint64
foreign_namespace (GVariant *value, guint64 own)
{
  NsdPath path;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH) ||
      !nsd_path_decode (g_variant_get_string (value, NULL), &path) || path.netns == own)
    return 0;
  return path.netns;
}

/* Whatever the key, which may be written "Veth.PeerNamespace" too; check_namespaces() refuses two.
 */
guint64
nsd_link_create_other_namespace (NsdRequest *request)
{
  g_autoptr (GVariant) settings = g_variant_get_child_value (request->parameters, 2);
  guint64 found = 0;
  GVariantIter iter;
  GVariant *value;

  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&sv}", NULL, &value)) {
    g_autoptr (GVariant) owned = value;
    guint64 id = foreign_namespace (owned, request->path.netns);

    found = id != 0 ? id : found;
  }
  return found;
}

typedef struct {
  NsdRequest *request;
  const char *name;
  const char *kind;
  NsdSettings *settings;
  guint64 lower; /* the namespace of the lower device, if it is another one, or 0 */
  int ifindex;   /* of what was made */
} Creation;

static gboolean
is_pair (const NsdKind *kind)
{
  return kind != NULL && nsd_attr_table_find (kind->table, "PeerNamespace") != NULL;
}

/* One namespace besides that of the call: that of the lower device, which several settings can
 * name, or that of the other end of a pair. */
static gboolean
check_namespaces (Creation *creation, const NsdKind *kind, GError **error)
{
  guint64 other = 0;

  for (gsize i = 0; i < nsd_settings_count (creation->settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (creation->settings, i);
    const char *name = setting->attr->name;
    guint64 id = foreign_namespace (setting->value, creation->request->path.netns);

    if (is_pair (kind) && (strcmp (name, "Parent") == 0 || strcmp (name, "LinkNamespace") == 0)) {
      nsd_error_set_invalid (error, "Property %s: a %s link has another end, no lower device", name,
                             kind->name);
      return FALSE;
    }
    if (id != 0 && other != 0 && id != other) {
      nsd_error_set_invalid (error, "Property %s: is not in the namespace that others are in",
                             name);
      return FALSE;
    }
    other = id != 0 ? id : other;
  }
  creation->lower = is_pair (kind) ? 0 : other;
  return TRUE;
}

/* What is not said in a message of rtnetlink, but set afterwards. */
static gboolean
check_made (const Creation *creation, const NsdKind *kind, GError **error)
{
  for (gsize i = 0;
       kind != NULL && kind->make != NULL && i < nsd_settings_count (creation->settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (creation->settings, i);

    if (setting->table == &nsd_link_table && !(setting->attr->flags & NSD_ATTR_CHANGE)) {
      nsd_error_set_invalid (error, "Property %s cannot be chosen for a %s link",
                             setting->attr->name, kind->name);
      return FALSE;
    }
  }
  return TRUE;
}

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
  return check_namespaces (creation, kind, error) &&
         nsd_link_check_links (creation->request->net, creation->settings, error) &&
         check_made (creation, kind, error);
}

static void
init_message (const Creation *creation, NsdAttrBuilder *builder)
{
  nsd_attr_builder_init (builder, &creation->request->net->context, RTM_NEWLINK,
                         NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO, sizeof (struct ifinfomsg));
  builder->lower_netns = creation->lower;
}

static gboolean
build (Creation *creation, NsdAttrBuilder *builder, GError **error)
{
  const NsdAttr *name = nsd_attr_table_find (&nsd_link_table, "Name");
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (creation->name));

  return (*creation->name == '\0' || nsd_attr_put (builder, name, value, error)) &&
         nsd_settings_put (creation->settings, &nsd_link_table, NSD_ATTR_CREATE, builder, error) &&
         nsd_link_put_info (builder, creation->kind, NULL, creation->settings, NSD_ATTR_CREATE,
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
apply_late (NsdNet *net, const Creation *creation, NsdAttrFlags use, GError **error)
{
  if (!nsd_settings_have (creation->settings, use) ||
      nsd_link_apply (net, creation->ifindex, creation->settings, use, error))
    return TRUE;
  delete_made (net, creation->ifindex);
  return FALSE;
}

/* What the kernel does not know yet it does not refuse: attributes of kinds are parsed liberally
 * (rtnl_newlink in net/core/rtnetlink.c). */
static gboolean
check_known (NsdNet *net, const Creation *creation, GError **error)
{
  if (nsd_link_check_reported (nsd_links_find (net, creation->ifindex), creation->settings,
                               NSD_ATTR_READ | NSD_ATTR_OPTIONAL, error))
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
  guint64 other = nsd_link_create_other_namespace (request);
  Peer *peer;

  if (link == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
    return FALSE;
  }
  if (!is_pair (nsd_kind_find (creation->kind, NSD_KIND_LINK)))
    return TRUE;
  if ((other == 0) == link->foreign) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "The other end is not where it was made");
    return FALSE;
  }
  if (other == 0)
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

/* IFLA_LINK and what is like it are of the namespace that this id means here (rtnl_newlink_create
 * in net/core/rtnetlink.c). */
static gboolean
put_lower_namespace (const Creation *creation, NsdAttrBuilder *builder, GError **error)
{
  int nsid = 0;

  return creation->lower == 0 ||
         (nsd_net_assign_nsid (creation->request->net, creation->lower, &nsid, error) &&
          nsd_attr_builder_add_u32 (builder, IFLA_LINK_NETNSID, (guint32)nsid, error));
}

static gboolean
create (Creation *creation, GError **error)
{
  NsdNet *net = creation->request->net;
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autoptr (GHashTable) before = list_indexes (net);

  init_message (creation, &builder);
  if (!build (creation, &builder, error) || !put_lower_namespace (creation, &builder, error))
    return FALSE;
  if (!nsd_net_transact (net, &builder, on_echo, creation, error)) {
    /* What is there no more, or not in another namespace: nothing else is looked for. */
    if (g_error_matches (*error, NSD_ERROR, NSD_ERROR_NOT_FOUND) &&
        nsd_settings_get (creation->settings, "Parent") != NULL)
      g_prefix_error (error, "Property Parent: ");
    return FALSE;
  }
  creation->ifindex = find_made (net, creation, before);
  if (nsd_links_find (net, creation->ifindex) == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
    return FALSE;
  }
  if (creation->lower != 0)
    nsd_request_settle (creation->request, creation->lower);
  if (!check_known (net, creation, error))
    return FALSE;
  return apply_late (net, creation, NSD_ATTR_LATE, error) && finish_peer (creation, error);
}

/* Not by rtnetlink: the kind makes the link, and what all links have follows. */
static gboolean
make (Creation *creation, const NsdKind *kind, GError **error)
{
  NsdNet *net = creation->request->net;
  g_auto (NsdAttrBuilder) builder = { 0 };
  char name[IFNAMSIZ] = "";
  const NsdLink *link;

  init_message (creation, &builder);
  if (!build (creation, &builder, error))
    return FALSE;
  if (nsd_links_find_by_name (net, creation->name) != NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS, "There is such a link already");
    return FALSE;
  }
  if (!kind->make (kind, creation->name, creation->settings, name, error))
    return FALSE;
  nsd_net_drain (net);
  link = nsd_links_find_by_name (net, name);
  if (link == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
    return FALSE;
  }
  creation->ifindex = link->ifindex;
  return apply_late (net, creation, NSD_ATTR_LATE | NSD_ATTR_CHANGE, error);
}

gboolean
nsd_link_check_create (NsdRequest *request, GError **error)
{
  Creation creation = { .request = request };
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autoptr (GVariant) dict = NULL;
  gboolean ok;

  g_variant_get (request->parameters, "(&s&s@a{sv})", &creation.name, &creation.kind, &dict);
  ok = parse (&creation, dict, error);
  if (ok) {
    init_message (&creation, &builder);
    ok = build (&creation, &builder, error);
  }
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
  const NsdKind *kind;
  gboolean ok;

  g_variant_get (request->parameters, "(&s&s@a{sv})", &creation.name, &creation.kind, &dict);
  ok = parse (&creation, dict, error);
  kind = nsd_kind_find (creation.kind, NSD_KIND_LINK);
  if (ok)
    ok = kind != NULL && kind->make != NULL ? make (&creation, kind, error)
                                            : create (&creation, error);
  g_clear_pointer (&creation.settings, nsd_settings_free);
  if (!ok) {
    nsd_request_prefix_error (request, error, "create %s link %s", creation.kind, creation.name);
    return NULL;
  }
  path = nsd_path_link (request->net->id, creation.ifindex);
  return g_variant_new ("(o)", path);
}
