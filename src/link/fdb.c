/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ListFdb, AddFdbEntry, RemoveFdbEntry: RTM_GETNEIGH, RTM_NEWNEIGH and RTM_DELNEIGH with the family
 * AF_BRIDGE (rtnl_fdb_add in net/core/rtnetlink.c).
 *
 * An entry is in one of two tables.  That of a bridge («master») says to which port a frame goes;
 * one that leads to the bridge itself is written on the link of the bridge.  That of a link
 * («self») says where a vxlan sends, and which addresses any other link hears besides its own. */
#include "fdb.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "bridge-vlans.h"
#include "error.h"
#include "link-lower.h"
#include "links.h"
#include "rtwords.h"

/* A bus carries messages of up to 32 MiB, and an entry takes some 400 bytes of one. */
#define MOST_ENTRIES 32768

static const NsdAttrTable add_options;

static NsdLink *
link_of (NsdRequest *request)
{
  return nsd_links_find (request->net, request->path.ifindex);
}

static gboolean
is_bridge (const NsdLink *link)
{
  return strcmp (link->kind, "bridge") == 0;
}

/* ---- ListFdb ---- */

typedef struct {
  NsdNet *net;
  const NsdSettings *match;
  gboolean of_bridge;
  GVariantBuilder entries;
  guint count;
} Listing;

/* Only what is asked for is read of the entries that are left out. */
static gboolean
matches (const Listing *listing, const NsdAttrView *view)
{
  for (gsize i = 0; i < nsd_settings_count (listing->match); i++) {
    const NsdSetting *wanted = nsd_settings_nth (listing->match, i);
    g_autoptr (GVariant) value = NULL;

    if (wanted->attr->id != 0 && view->tb[wanted->attr->id] == NULL)
      return FALSE;
    value = g_variant_ref_sink (wanted->attr->type->get (view, wanted->attr));
    if (!g_variant_equal (value, wanted->value))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_entry (const struct nlmsghdr *nlh)
{
  return nlh->nlmsg_type == RTM_NEWNEIGH && nlmsg_datalen (nlh) >= (int)sizeof (struct ndmsg);
}

static void
on_entry (struct nlmsghdr *nlh, gpointer data)
{
  Listing *listing = data;
  const struct ndmsg *ndm = nlmsg_data (nlh);
  g_autoptr (GVariant) entry = NULL;
  NsdAttrView view;

  if (!is_entry (nlh))
    return;
  /* What is known of a vxlan by the bridge that it is a port of is the bridge's. */
  if (!listing->of_bridge && !(ndm->ndm_flags & NTF_SELF))
    return;
  nsd_attr_view_init_message (&view, &listing->net->context, nlh, sizeof *ndm);
  if (listing->count > MOST_ENTRIES || !matches (listing, &view) || ++listing->count > MOST_ENTRIES)
    return;
  entry = g_variant_ref_sink (nsd_attr_table_read_present (&nsd_fdb_table, &view));
  /* Taking the data makes one block of it, a fraction of the size of a tree. */
  g_variant_get_data (entry);
  g_variant_builder_add_value (&listing->entries, entry);
}

/* The kernel selects the bridge with its ports, or one link. */
static gboolean
dump (NsdNet *net, int ifindex, gboolean of_bridge, NsdNlFunc func, gpointer data, GError **error)
{
  struct {
    struct ndmsg ndm;
    struct nlattr nla;
    guint32 master;
  } header = {
    .ndm = { .ndm_family = AF_BRIDGE, .ndm_ifindex = of_bridge ? 0 : ifindex },
    .nla = { .nla_len = NLA_HDRLEN + sizeof (guint32), .nla_type = NDA_MASTER },
    .master = (guint32)ifindex,
  };
  struct nl_msg *msg = nlmsg_alloc_simple (RTM_GETNEIGH, NLM_F_REQUEST);
  gboolean interrupted, ok;

  nlmsg_append (msg, &header, of_bridge ? sizeof header : sizeof header.ndm, NLMSG_ALIGNTO);
  ok = nsd_nl_socket_dump (net->socket, msg, func, data, &interrupted, error);
  nlmsg_free (msg);
  return ok;
}

GVariant *
nsd_fdb_list (NsdRequest *request, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_fdb_table, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (NsdSettings) match = nsd_settings_new (dict, tables, NSD_ATTR_READ, error);
  Listing listing = { request->net, match, is_bridge (link_of (request)) };
  int ifindex = request->path.ifindex;
  g_autoptr (GVariant) entries = NULL;

  g_variant_builder_init (&listing.entries, G_VARIANT_TYPE ("aa{sv}"));
  if (match != NULL && dump (listing.net, ifindex, listing.of_bridge, on_entry, &listing, error) &&
      listing.count > MOST_ENTRIES)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "There are more than %d entries; ask for some of them", MOST_ENTRIES);
  entries = g_variant_ref_sink (g_variant_builder_end (&listing.entries));
  if (*error != NULL) {
    nsd_request_prefix_error (request, error, "list the FDB of link %s", link_of (request)->name);
    return NULL;
  }
  return g_variant_new ("(@aa{sv})", entries);
}

/* ---- what goes together ---- */

typedef struct {
  const NsdLink *link;         /* that the entry is written on */
  struct ndmsg *ndm;           /* of the message */
  const NsdSettings *settings; /* as given */
} Entry;

/* "Link": the link of the call, or a port of the bridge. */
static gboolean
find_link (NsdRequest *request, Entry *entry, GError **error)
{
  const NsdLink *own = link_of (request);
  const char *text = nsd_settings_get_string (entry->settings, "Link", "/");
  int ifindex = 0;

  if (!nsd_link_path_parse (&request->net->context, text, &ifindex, error)) {
    g_prefix_error (error, "Property Link: ");
    return FALSE;
  }
  entry->link = ifindex != 0 ? nsd_links_find (request->net, ifindex) : own;
  if (entry->link == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "Property Link: there is no link %s", text);
    return FALSE;
  }
  if (entry->link != own && !(is_bridge (own) && entry->link->master == own->ifindex)) {
    nsd_error_set_invalid (error, "Property Link: %s is not a port of %s", entry->link->name,
                           own->name);
    return FALSE;
  }
  return TRUE;
}

/* The bridge's table for its ports; what is said of the bridge, or of any other link, is its own.
 * The kernel would try one table after the other, and keep what it did if the second fails. */
static gboolean
find_table (NsdRequest *request, Entry *entry, GError **error)
{
  struct ndmsg *ndm = entry->ndm;

  if (!(ndm->ndm_flags & (NTF_SELF | NTF_MASTER)))
    ndm->ndm_flags |= entry->link == link_of (request) ? NTF_SELF : NTF_MASTER;
  if ((ndm->ndm_flags & NTF_SELF) && (ndm->ndm_flags & NTF_MASTER)) {
    nsd_error_set_invalid (
        error, "Property Flags: “self” and “master” are different tables, one for each call");
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_of_vxlan (const Entry *entry)
{
  return (entry->ndm->ndm_flags & NTF_SELF) && strcmp (entry->link->kind, "vxlan") == 0;
}

static gboolean
is_of_bridge (const Entry *entry)
{
  return (entry->ndm->ndm_flags & NTF_MASTER) || is_bridge (entry->link);
}

/* Neither table says a word about the attributes of the other. */
static gboolean
check_keys (const Entry *entry, GError **error)
{
  for (gsize i = 0; i < nsd_settings_count (entry->settings); i++) {
    const NsdAttr *attr = nsd_settings_nth (entry->settings, i)->attr;

    if (is_of_vxlan (entry) ? attr->id == NDA_VLAN : nsd_fdb_is_remote (attr)) {
      nsd_error_set_invalid (error, "Property %s: entries %s vxlan itself have none", attr->name,
                             is_of_vxlan (entry) ? "of a" : "of anything but a");
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_vlan (const Entry *entry, GError **error)
{
  GVariant *vlan = nsd_settings_get (entry->settings, "Vlan");
  guint id = vlan != NULL ? g_variant_get_uint16 (vlan) : 0;

  if (vlan == NULL || !is_of_bridge (entry) || nsd_bridge_vlans_have (entry->link, id, id))
    return TRUE;
  nsd_error_set_invalid (error, "Property Vlan: link %s has no VLAN %u", entry->link->name, id);
  return FALSE;
}

/* What the kernel refuses with no word but EINVAL (br_fdb_add, fdb_add_entry, vxlan_fdb_add). */
static gboolean
check_entry (const Entry *entry, const char *mac, GError **error)
{
  gboolean permanent = (entry->ndm->ndm_state & NUD_PERMANENT) != 0;

  if (is_of_bridge (entry) && strspn (mac, "0:") == strlen (mac))
    nsd_error_set_invalid (error, "Property MacAddress: a bridge takes no address of zeros");
  else if (is_of_bridge (entry) && permanent && (entry->ndm->ndm_flags & NTF_STICKY))
    nsd_error_set_invalid (error, "Property Flags: “sticky” needs another State than “permanent”");
  else if (is_bridge (entry->link) && !permanent)
    nsd_error_set_invalid (error, "Property State: entries of the bridge itself are “permanent”");
  else if (is_of_vxlan (entry) && nsd_settings_get (entry->settings, "Destination") == NULL &&
           nsd_settings_get (entry->settings, "NextHopId") == NULL)
    nsd_error_set_invalid (error, "Property Destination: is needed, or NextHopId");
  else
    return TRUE;
  return FALSE;
}

/* ---- AddFdbEntry, RemoveFdbEntry ---- */

static gboolean
build (NsdRequest *request, NsdAttrBuilder *builder, const NsdAttrTable *table, Entry *entry,
       GError **error)
{
  g_autoptr (GVariant) mac = g_variant_get_child_value (request->parameters, 0);

  nsd_attr_builder_init (builder, &request->net->context, RTM_NEWNEIGH, 0, sizeof *entry->ndm);
  entry->ndm = builder->header;
  entry->ndm->ndm_family = AF_BRIDGE;
  if (!find_link (request, entry, error))
    return FALSE;
  nsd_link_set_lower (entry->link, builder);
  if (!nsd_attr_put (builder, nsd_attr_table_find (&nsd_fdb_table, "MacAddress"), mac, error) ||
      !nsd_settings_put (entry->settings, table, NSD_ATTR_CREATE, builder, error))
    return FALSE;
  entry->ndm->ndm_ifindex = entry->link->ifindex;
  return find_table (request, entry, error) && check_keys (entry, error) &&
         check_vlan (entry, error);
}

/* A vxlan sends where it was made. */
guint64
nsd_fdb_other_namespace (NsdRequest *request)
{
  const NsdAttrTable *const tables[] = { &nsd_fdb_table, &add_options, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, NULL);
  g_auto (NsdAttrBuilder) builder = { 0 };
  Entry entry = { .settings = settings };

  return settings != NULL && build (request, &builder, &nsd_fdb_table, &entry, NULL) &&
                 is_of_vxlan (&entry)
             ? nsd_link_foreign_namespace (entry.link)
             : 0;
}

static gboolean
parse_mode (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  const char *mode = nsd_settings_get_string (settings, "Mode", "create");
  guint32 flags = 0;

  if (!nsd_word_parse (nsd_mode_words, NSD_WORDS_ONLY, mode, &flags, error)) {
    g_prefix_error (error, "Property Mode: ");
    return FALSE;
  }
  nlmsg_hdr (builder->msg)->nlmsg_flags |= (guint16)flags;
  return TRUE;
}

static void
prefix_error (NsdRequest *request, const char *link, const char *verb, GError **error)
{
  const char *mac;

  g_variant_get_child (request->parameters, 0, "&s", &mac);
  nsd_request_prefix_error (request, error, "%s FDB entry %s of link %s", verb, mac, link);
}

static gboolean
build_add (NsdRequest *request, NsdAttrBuilder *builder, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_fdb_table, &add_options, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  Entry entry = { .settings = settings };
  const char *mac;
  gboolean of_port;

  if (settings == NULL || !build (request, builder, &nsd_fdb_table, &entry, error) ||
      !parse_mode (builder, settings, error))
    return FALSE;
  of_port = (entry.ndm->ndm_flags & NTF_MASTER) && !is_bridge (entry.link);
  g_variant_get_child (request->parameters, 0, "&s", &mac);
  /* On a port a permanent entry would mean that the address is this host's. */
  if (entry.ndm->ndm_state == 0)
    entry.ndm->ndm_state = NUD_NOARP | (of_port ? NUD_REACHABLE : NUD_PERMANENT);
  return check_entry (&entry, mac, error);
}

gboolean
nsd_fdb_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (build_add (request, &builder, error))
    return TRUE;
  prefix_error (request, link_of (request)->name, "add", error);
  return FALSE;
}

/* EPERM is not about rights here (fdb_add_entry). */
static void
explain (GError **error)
{
  if (!g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    return;
  g_clear_error (error);
  g_set_error (error, NSD_ERROR, NSD_ERROR_UNREACHABLE,
               "A port that neither learns nor forwards has no “reachable” entries "
               "(property State)");
}

GVariant *
nsd_fdb_add (NsdRequest *request, GError **error)
{
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (build_add (request, &builder, error) &&
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    explain (error);
  if (*error != NULL)
    prefix_error (request, name, "add", error);
  return NULL;
}

static gboolean
build_remove (NsdRequest *request, NsdAttrBuilder *builder, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_fdb_key_table, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  Entry entry = { .settings = settings };

  if (settings == NULL || !build (request, builder, &nsd_fdb_key_table, &entry, error))
    return FALSE;
  nlmsg_hdr (builder->msg)->nlmsg_type = RTM_DELNEIGH;
  entry.ndm->ndm_state = NUD_PERMANENT; /* ndo_dflt_fdb_del() insists */
  return TRUE;
}

gboolean
nsd_fdb_check_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (build_remove (request, &builder, error))
    return TRUE;
  prefix_error (request, link_of (request)->name, "remove", error);
  return FALSE;
}

typedef struct {
  NsdAttrView wanted;
  guint count;
} Count;

static gboolean
is_same (const NsdAttrView *a, const NsdAttrView *b, guint id)
{
  return a->tb[id] != NULL && b->tb[id] != NULL && nla_len (a->tb[id]) == nla_len (b->tb[id]) &&
         memcmp (nla_data (a->tb[id]), nla_data (b->tb[id]), (gsize)nla_len (a->tb[id])) == 0;
}

static void
on_counted (struct nlmsghdr *nlh, gpointer data)
{
  Count *count = data;
  NsdAttrView view;

  if (!is_entry (nlh))
    return;
  nsd_attr_view_init_message (&view, count->wanted.context, nlh, sizeof (struct ndmsg));
  if (is_same (&view, &count->wanted, NDA_LLADDR) && is_same (&view, &count->wanted, NDA_DST))
    count->count++;
}

/* The kernel takes the removal of a destination that is not there for done, if the address has
 * others (__vxlan_fdb_delete): it is looked whether there are fewer then. */
static gboolean
send_remove (NsdNet *net, NsdAttrBuilder *builder, GError **error)
{
  int ifindex = ((const struct ndmsg *)builder->header)->ndm_ifindex;
  Count before = { .count = 0 }, after;

  nsd_attr_view_init_message (&before.wanted, builder->context, nlmsg_hdr (builder->msg),
                              sizeof (struct ndmsg));
  if (before.wanted.tb[NDA_DST] == NULL)
    return nsd_net_transact (net, builder, NULL, NULL, error);
  after = before;
  if (!dump (net, ifindex, FALSE, on_counted, &before, error) ||
      !nsd_net_transact (net, builder, NULL, NULL, error) ||
      !dump (net, ifindex, FALSE, on_counted, &after, error))
    return FALSE;
  if (after.count < before.count)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "It has no such destination");
  return FALSE;
}

GVariant *
nsd_fdb_remove (NsdRequest *request, GError **error)
{
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (!build_remove (request, &builder, error) || !send_remove (request->net, &builder, error))
    prefix_error (request, name, "remove", error);
  return NULL;
}

/* ---- rows ---- */

static const NsdAttr add_option_rows[] = {
  { 0, "Mode", &nsd_attr_option_s, NSD_ATTR_CREATE },
};
static const NsdAttrTable add_options = { NULL, add_option_rows, G_N_ELEMENTS (add_option_rows) };
