/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "links.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/if.h>
#include <string.h>

#include "link-heard.h"
#include "link-look.h"
#include "link-news.h"
#include "link/kind.h"
#include "names.h"
#include "routes.h"
#include "signals.h"
#include "text.h"

/* include/uapi/linux/rtnetlink.h; counters are read when somebody asks for them. */
#define LINK_EXT_MASK RTEXT_FILTER_SKIP_STATS

static void
link_free (gpointer data)
{
  NsdLink *link = data;

  g_free (link->key);
  g_free (link->name);
  g_free (link->kind);
  g_free (link->port);
  g_clear_pointer (&link->interfaces, g_variant_unref);
  g_free (link);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdLink, link_free)

void
nsd_links_init (NsdNet *net)
{
  net->links = g_hash_table_new_full (NULL, NULL, NULL, link_free);
  net->links_heard = nsd_link_heard_new ();
}

NsdLink *
nsd_links_find (NsdNet *net, int ifindex)
{
  return g_hash_table_lookup (net->links, GINT_TO_POINTER (ifindex));
}

GVariant *
nsd_link_properties (const NsdLink *link, const char *interface)
{
  return g_variant_lookup_value (link->interfaces, interface, G_VARIANT_TYPE_VARDICT);
}

guint64
nsd_link_lower_namespace (const NsdLink *link)
{
  return link->lower_netns;
}

gboolean
nsd_link_refers_to_unknown (const NsdLink *link)
{
  return link->foreign && link->lower_netns == 0;
}

gboolean
nsd_link_has_alternative_name (const NsdLink *link, const char *name)
{
  g_autoptr (GVariant) properties = nsd_link_properties (link, NSD_IFACE_LINK);
  g_autofree const char **names = NULL;

  g_variant_lookup (properties, "AlternativeNames", "^a&s", &names);
  return names != NULL && g_strv_contains (names, name);
}

NsdLink *
nsd_links_find_by_name (NsdNet *net, const char *name)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((NsdLink *)value)->name, name) == 0)
      return value;
  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (nsd_link_has_alternative_name (value, name))
      return value;
  return NULL;
}

static int
by_index (gconstpointer a, gconstpointer b)
{
  return ((const NsdLink *)a)->ifindex - ((const NsdLink *)b)->ifindex;
}

GList *
nsd_links_list (NsdNet *net)
{
  return g_list_sort (g_hash_table_get_values (net->links), by_index);
}

/* ---- from a message ---- */

static char *
text_attribute (const NsdAttrView *view, guint id)
{
  const struct nlattr *nla = nsd_attr_view_get (view, id, 0);

  return nla != NULL ? nsd_text_from_bytes (nla_data (nla), (gsize)nla_len (nla)) : g_strdup ("");
}

static void
read_kind (NsdNet *net, const NsdLink *link, GVariantBuilder *builder, const NsdKind *kind,
           const NsdAttrView *info, guint data)
{
  g_autofree struct nlattr *asked = NULL;
  NsdAttrView nested;

  if (kind == NULL)
    return;
  nsd_attr_view_init_nested (&nested, info, info->tb[data]);
  if (kind->ask != NULL)
    nested.tb[NSD_KIND_ASKED] = asked = kind->ask (net, link->ifindex);
  g_variant_builder_add (builder, "{s@a{sv}}", kind->table->info->name,
                         nsd_attr_table_read (kind->table, &nested));
}

static GVariant *
read_interfaces (NsdNet *net, const NsdLink *link, const NsdAttrView *view, const NsdAttrView *info)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&builder, "{s@a{sv}}", NSD_IFACE_LINK,
                         nsd_attr_table_read (&nsd_link_table, view));
  read_kind (net, link, &builder, nsd_kind_find (link->kind, NSD_KIND_LINK), info, IFLA_INFO_DATA);
  read_kind (net, link, &builder, nsd_kind_find (link->port, NSD_KIND_PORT), info,
             IFLA_INFO_SLAVE_DATA);
  return g_variant_builder_end (&builder);
}

static NsdLink *
link_from_message (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);
  NsdLink *link = g_new0 (NsdLink, 1);
  NsdAttrView view, info;

  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof *ifi);
  nsd_attr_view_init_nested (&info, &view, view.tb[IFLA_LINKINFO]);
  link->ifindex = ifi->ifi_index;
  link->key = g_strdup_printf ("%d", ifi->ifi_index);
  link->flags = ifi->ifi_flags;
  link->name = text_attribute (&view, IFLA_IFNAME);
  link->kind = text_attribute (&info, IFLA_INFO_KIND);
  link->port = text_attribute (&info, IFLA_INFO_SLAVE_KIND);
  link->master = (int)nsd_attr_view_get_u32 (&view, IFLA_MASTER, 0);
  link->refers = (int)nsd_attr_view_get_u32 (&view, IFLA_LINK, 0);
  link->foreign = nsd_attr_view_get (&view, IFLA_LINK_NETNSID, sizeof (gint32)) != NULL;
  link->nsid = (int)nsd_attr_view_get_u32 (&view, IFLA_LINK_NETNSID, (guint32)-1);
  link->lower_netns = link->nsid >= 0 ? nsd_net_resolve_nsid (net, link->nsid) : 0;
  /* Taking the data makes one serialized block of it, a fourth of the size of a tree. */
  link->interfaces = g_variant_ref_sink (read_interfaces (net, link, &view, &info));
  g_variant_get_data (link->interfaces);
  return link;
}

/* ---- what the bus is told ---- */

void
nsd_links_touch_unknown (NsdNet *net)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (nsd_link_refers_to_unknown (value))
      nsd_net_touch_link (net, ((NsdLink *)value)->ifindex);
}

void
nsd_links_touch_silent (NsdNet *net)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!(((NsdLink *)value)->flags & IFF_UP))
      nsd_net_touch_link (net, ((NsdLink *)value)->ifindex);
}

/* Links here that refer to @ifindex read otherwise once it has gone elsewhere. */
static void
touch_referring (NsdNet *net, int ifindex)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((NsdLink *)value)->refers == ifindex && !((NsdLink *)value)->foreign)
      nsd_net_touch_link (net, ((NsdLink *)value)->ifindex);
}

/* Interfaces that the link had and has no more. */
static gboolean
tell_lost_interfaces (NsdNet *net, const NsdLink *before, const NsdLink *after)
{
  gboolean any = FALSE;
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, before->interfaces);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", &name, NULL)) {
    g_autoptr (GVariant) new = nsd_link_properties (after, name);

    if (new == NULL) {
      nsd_signal_removed (net, NSD_NODE_LINK, after->key, (const char *const[]){ name, NULL });
      any = TRUE;
    }
  }
  return any;
}

/* Returns whether anything was to be told. */
static gboolean
tell_changes (NsdNet *net, const NsdLink *before, const NsdLink *after)
{
  gboolean any = FALSE;
  GVariantIter iter;
  const char *name;
  GVariant *properties;

  g_variant_iter_init (&iter, after->interfaces);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", &name, &properties)) {
    g_autoptr (GVariant) new = properties;
    g_autoptr (GVariant) old = nsd_link_properties (before, name);

    if (old == NULL) {
      nsd_signal_added (net, NSD_NODE_LINK, after->key,
                        g_variant_new_parsed ("{%s: %@a{sv}}", name, new));
      any = TRUE;
    } else if (nsd_signal_changed (net, NSD_NODE_LINK, after->key, nsd_kind_interface_info (name),
                                   old, new, NULL)) {
      any = TRUE;
    }
  }
  return tell_lost_interfaces (net, before, after) || any;
}

/* Links that share values with @link, which the kernel does not tell of: see NsdKind.shared. */
static void
touch_siblings (NsdNet *net, const NsdLink *link)
{
  const NsdKind *kind = nsd_kind_find (link->kind, NSD_KIND_LINK);
  GHashTableIter iter;
  gpointer value;

  if (kind == NULL || !kind->shared)
    return;
  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *other = value;
    gboolean sibling = other->refers == link->refers && other->foreign == link->foreign;
    gboolean peer = other->ifindex == link->refers && !link->foreign;

    if (other->ifindex != link->ifindex && (sibling || peer))
      nsd_net_touch_link (net, other->ifindex);
  }
  if (link->refers != 0)
    nsd_links_tell (net, link->foreign ? link->lower_netns : net->id, link->refers);
}

/* A port shows what its master is (the bridge's id), a master what its ports make of it (its
 * address): the kernel notifies of one of the two. */
static void
touch_family (NsdNet *net, const NsdLink *link)
{
  GHashTableIter iter;
  gpointer value;

  if (link->master != 0)
    nsd_net_touch_link (net, link->master);
  if (nsd_kind_find (link->kind, NSD_KIND_PORT) == NULL)
    return;
  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((NsdLink *)value)->master == link->ifindex)
      nsd_net_touch_link (net, ((NsdLink *)value)->ifindex);
}

/* IPv4 routes through a link go without a word (fib_disable_ip in net/ipv4/fib_frontend.c). */
static void
touch_what_stood_there (NsdNet *net)
{
  nsd_net_touch_routes (net, AF_INET);
  nsd_net_touch_routes (net, AF_INET6);
}

static void
link_removed (NsdNet *net, NsdLink *link)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  char *name;

  /* What stood on the link goes first. */
  nsd_records_remove_link (net->addresses, link->ifindex);
  nsd_records_remove_link (net->routes, link->ifindex);
  nsd_records_flush (net->addresses, net, TRUE);
  nsd_routes_flush (net);

  g_variant_iter_init (&iter, link->interfaces);
  while (g_variant_iter_next (&iter, "{s@a{sv}}", &name, NULL))
    g_ptr_array_add (names, name);
  g_ptr_array_add (names, NULL);
  nsd_signal_removed (net, NSD_NODE_LINK, link->key, (const char *const *)names->pdata);
  g_ptr_array_unref (names);

  touch_what_stood_there (net);
  nsd_links_tell (net, net->id, link->ifindex);
  if (link->master != 0)
    nsd_net_touch_link (net, link->master);
  g_hash_table_remove (net->dirty_links, GINT_TO_POINTER (link->ifindex));
  g_hash_table_remove (net->links, GINT_TO_POINTER (link->ifindex));
}

static void
link_added (NsdNet *net, const NsdLink *link)
{
  nsd_signal_added (net, NSD_NODE_LINK, link->key, link->interfaces);
  touch_family (net, link);
  touch_siblings (net, link);
  /* It may have come from where nobody hears of it, and links here or elsewhere refer to it. */
  nsd_links_tell (net, 0, 0);
  nsd_links_look_at_unknown (net);
}

/* Takes in what the kernel says of a link. */
static void
update_link (NsdNet *net, const struct nlmsghdr *nlh)
{
  g_autoptr (NsdLink) link = link_from_message (net, nlh);
  NsdLink *known = nsd_links_find (net, link->ifindex);

  link->generation = net->link_generation;
  link->serial = known != NULL ? known->serial : ++net->link_serial;
  if (known == NULL) {
    link_added (net, link);
  } else {
    if (tell_changes (net, known, link)) {
      touch_family (net, link);
      touch_siblings (net, link);
    }
    if (known->master != link->master && known->master != 0)
      nsd_net_touch_link (net, known->master);
    nsd_link_state_changed (net, link->ifindex, known->flags, link->flags);
  }
  nsd_links_note_referring (net, link);
  g_hash_table_replace (net->links, GINT_TO_POINTER (link->ifindex), link);
  g_steal_pointer (&link);
}

void
nsd_links_doubt (NsdNet *net)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((NsdLink *)value)->serial = ++net->link_serial;
  nsd_links_tell (net, net->id, 0);
}

/* ---- events ---- */

/* The link went to another namespace: net/core/dev.c, __dev_change_net_namespace(). */
static void
link_moved (NsdNet *net, const NsdLink *link, const NsdAttrView *view)
{
  int nsid = (int)nsd_attr_view_get_u32 (view, IFLA_NEW_NETNSID, 0);
  int ifindex = (int)nsd_attr_view_get_u32 (view, IFLA_NEW_IFINDEX, (guint32)link->ifindex);

  g_free (net->moved_to);
  net->moved_ifindex = link->ifindex;
  net->moved_to = net->context.link_path (net, nsid, ifindex);
  nsd_signal_emit (net, NSD_NODE_LINK, link->key, NSD_IFACE_LINK, "Moved",
                   g_variant_new ("(o)", net->moved_to));
  touch_referring (net, link->ifindex);
}

static void
on_removed (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);
  NsdLink *link = nsd_links_find (net, ifi->ifi_index);
  NsdAttrView view;

  nsd_link_heard_removed (net, ifi->ifi_index);
  if (link == NULL) {
    touch_what_stood_there (net);
    return;
  }
  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof *ifi);
  if (nsd_attr_view_get (&view, IFLA_NEW_NETNSID, sizeof (gint32)) != NULL)
    link_moved (net, link, &view);
  link_removed (net, link);
}

void
nsd_links_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);

  if (nlmsg_datalen (nlh) < (int)sizeof *ifi || ifi->ifi_index <= 0)
    return;
  /* Bridges tell of their ports in messages of their own family, also when a port leaves (a link
   * that is still there): only that something changed is taken from them. */
  if (nlh->nlmsg_type == RTM_DELLINK && ifi->ifi_family == AF_UNSPEC) {
    on_removed (net, nlh);
  } else {
    nsd_link_heard (net, nlh);
    nsd_net_touch_link (net, ifi->ifi_index);
  }
}

/* ---- reading ---- */

gboolean
nsd_links_request (NsdNet *net, int ifindex, guint32 ext_mask, NsdNlFunc func, gpointer data,
                   GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  struct ifinfomsg *ifi;

  nsd_attr_builder_init (&builder, &net->context, RTM_GETLINK, 0, sizeof *ifi);
  ifi = builder.header;
  ifi->ifi_index = ifindex;
  return nsd_attr_builder_add_u32 (&builder, IFLA_EXT_MASK, ext_mask, error) &&
         nsd_net_request (net, &builder, func, data, error);
}

static void
on_link (struct nlmsghdr *nlh, gpointer data)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);

  if (nlh->nlmsg_type == RTM_NEWLINK && nlmsg_datalen (nlh) >= (int)sizeof *ifi)
    update_link (data, nlh);
}

static void
restart_dump (gpointer data)
{
  ((NsdNet *)data)->link_generation++;
}

static gboolean
refresh_all (NsdNet *net)
{
  struct {
    struct ifinfomsg ifi;
    struct nlattr mask;
    guint32 value;
  } request = {
    .mask = { .nla_len = NLA_HDRLEN + sizeof (guint32), .nla_type = IFLA_EXT_MASK },
    .value = LINK_EXT_MASK,
  };
  gboolean complete = FALSE;
  g_autoptr (GList) list = NULL;

  if (!nsd_net_dump (net, RTM_GETLINK, &request, sizeof request, restart_dump, on_link, net,
                     &complete))
    return FALSE;
  if (!complete)
    return FALSE;
  list = nsd_links_list (net);
  for (GList *l = list; l != NULL; l = l->next)
    if (((NsdLink *)l->data)->generation != net->link_generation)
      link_removed (net, l->data);
  return TRUE;
}

static void
refresh_one (NsdNet *net, int ifindex)
{
  g_autoptr (GError) error = NULL;
  NsdLink *link;

  if (nsd_links_request (net, ifindex, LINK_EXT_MASK, on_link, net, &error))
    return;
  link = nsd_links_find (net, ifindex);
  /* Gone; its RTM_DELLINK, which may tell where to, is on its way to us: wait for that. */
  if (link != NULL)
    g_debug ("Link %d cannot be read: %s", ifindex, error->message);
}

static void
note_what_there_is (NsdNet *net)
{
  GHashTableIter iter;
  gpointer value;

  net->has_silent_links = FALSE;
  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *link = value;

    /* A namespace with lo alone, as `ip netns add` leaves it, shall cost nothing. */
    net->has_silent_links |= (link->flags & (IFF_UP | IFF_LOOPBACK)) == 0;
  }
  nsd_links_note_all_referring (net);
}

gboolean
nsd_links_refresh (NsdNet *net)
{
  gboolean sure = TRUE;
  gboolean any = net->all_links_dirty || g_hash_table_size (net->dirty_links) > 0;

  if (net->all_links_dirty) {
    net->all_links_dirty = FALSE;
    g_hash_table_remove_all (net->dirty_links);
    sure = refresh_all (net);
  }
  /* Reading one may make another dirty, which then is not new any more: this ends. */
  while (g_hash_table_size (net->dirty_links) > 0) {
    g_autofree gpointer *dirty = g_hash_table_get_keys_as_array (net->dirty_links, NULL);
    guint n = g_hash_table_size (net->dirty_links);

    g_hash_table_remove_all (net->dirty_links);
    for (guint i = 0; i < n; i++)
      refresh_one (net, GPOINTER_TO_INT (dirty[i]));
  }
  if (any)
    note_what_there_is (net);
  return sure;
}

void
nsd_links_append_managed (NsdNet *net, GVariantBuilder *builder)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    NsdLink *link = value;
    g_autofree char *path = nsd_path_object (net->id, NSD_NODE_LINK, link->key);

    g_variant_builder_add (builder, "{o@a{sa{sv}}}", path, link->interfaces);
  }
}
