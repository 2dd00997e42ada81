/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "address-list.h"
#include "address.h"
#include "attr-types.h"
#include "bulk-add.h"
#include "error.h"
#include "link/kind.h"
#include "links.h"
#include "names.h"
#include "netns-known.h"
#include "nsd-interfaces.h"
#include "text.h"

static NsdLink *
link_of (NsdRequest *request)
{
  return nsd_links_find (request->net, request->path.ifindex);
}

static void
init_message (NsdRequest *request, NsdAttrBuilder *builder, int type, int flags)
{
  nsd_attr_builder_init (builder, &request->net->context, type, flags, sizeof (struct ifinfomsg));
  ((struct ifinfomsg *)builder->header)->ifi_index = request->path.ifindex;
}

/* ---- org.netnsd1.Namespace.GetLink, FindLinks ---- */

GVariant *
nsd_link_get_by_name (NsdRequest *request, GError **error)
{
  g_autofree char *path = NULL;
  const char *name;
  NsdLink *link;

  g_variant_get (request->parameters, "(&s)", &name);
  link = nsd_links_find_by_name (request->net, name);
  if (link == NULL) {
    nsd_links_touch_silent (request->net);
    nsd_net_drain (request->net);
    link = nsd_links_find_by_name (request->net, name);
  }
  if (link == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no link %s in %s", name,
                 request->where);
    return NULL;
  }
  path = nsd_path_link (request->net->id, link->ifindex);
  return g_variant_new ("(o)", path);
}

/* Whether some interface of links has a property @name; its type must be that of @value. */
static gboolean
check_match (const char *name, GVariant *value, GError **error)
{
  const char *expected = nsd_kind_property_type (name, g_variant_get_type_string (value));
  if (expected == NULL)
    nsd_error_set_invalid (error, "Unknown property %s: no link has it", name);
  else if (strcmp (expected, g_variant_get_type_string (value)) != 0)
    nsd_error_set_invalid (error, "Property %s: expected a value of type %s, got %s", name,
                           expected, g_variant_get_type_string (value));
  else
    return TRUE;
  return FALSE;
}

static gboolean
has_value (const NsdLink *link, const char *name, GVariant *value)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, link->interfaces);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", NULL, &child)) {
    g_autoptr (GVariant) properties = child;
    g_autoptr (GVariant) found = g_variant_lookup_value (properties, name, NULL);

    if (found != NULL && g_variant_equal (found, value))
      return TRUE;
  }
  return FALSE;
}

static gboolean
matches (const NsdLink *link, GVariant *match)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, match);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) value = child;

    if (!has_value (link, name, value))
      return FALSE;
  }
  return TRUE;
}

GVariant *
nsd_link_find_matching (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) match = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (GList) links = NULL;
  GVariantBuilder found;
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, match);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) value = child;

    if (!check_match (name, value, error))
      return NULL;
  }
  nsd_links_touch_silent (request->net);
  nsd_net_drain (request->net);
  links = nsd_links_list (request->net);
  g_variant_builder_init (&found, G_VARIANT_TYPE ("ao"));
  for (GList *l = links; l != NULL; l = l->next) {
    if (matches (l->data, match)) {
      g_autofree char *path = nsd_path_link (request->net->id, ((NsdLink *)l->data)->ifindex);

      g_variant_builder_add (&found, "o", path);
    }
  }
  return g_variant_new ("(ao)", &found);
}

/* ---- org.netnsd1.Link ---- */

static GVariant *
delete_link (NsdRequest *request, GError **error)
{
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };

  init_message (request, &builder, RTM_DELLINK, 0);
  if (!nsd_net_transact (request->net, &builder, NULL, NULL, error))
    nsd_request_prefix_error (request, error, "delete link %s", name);
  return NULL;
}

/* 0 if the first argument is not the path of a namespace. */
static guint64
move_to_other_namespace (NsdRequest *request)
{
  const char *text;
  NsdPath path;

  g_variant_get_child (request->parameters, 0, "&o", &text);
  return nsd_path_decode (text, &path) && path.node == NSD_NODE_NAMESPACE ? path.netns : 0;
}

static const NsdAttrTable move_options;

/* Linux before 6.15 does not say which links stay where they are, but says so when they are moved.
 */
static gboolean
check_movable (const NsdLink *link, GError **error)
{
  g_autoptr (GVariant) properties = nsd_link_properties (link, NSD_IFACE_LINK);
  gboolean immutable = FALSE;

  g_variant_lookup (properties, "NetnsImmutable", "b", &immutable);
  if (!immutable && !(link->flags & IFF_LOOPBACK))
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
               "A link of this kind cannot leave its namespace");
  return FALSE;
}

static gboolean
build_move (NsdRequest *request, NsdAttrBuilder *builder, NsdNetns **ret_target, GError **error)
{
  const NsdAttrTable *const tables[] = { &move_options, NULL };
  const NsdAttr *name_row = nsd_attr_table_find (&nsd_link_table, "Name");
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) options = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  guint64 id = move_to_other_namespace (request);
  GVariant *name, *index;

  if (options == NULL || !check_movable (link_of (request), error))
    return FALSE;
  if (id == 0) {
    nsd_error_set_invalid (error, "The target is not the path of a namespace");
    return FALSE;
  }
  *ret_target = nsd_netns_known_find (id);
  if (*ret_target == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no namespace %" G_GUINT64_FORMAT,
                 id);
    return FALSE;
  }
  init_message (request, builder, RTM_NEWLINK, 0);
  name = nsd_settings_get (options, "Name");
  index = nsd_settings_get (options, "Index");
  if (index != NULL && g_variant_get_int32 (index) <= 0) {
    nsd_error_set_invalid (error, "Property Index: %d is out of range, at least 1",
                           g_variant_get_int32 (index));
    return FALSE;
  }
  /* Nothing is moved then (__dev_change_net_namespace in net/core/dev.c). */
  if (index != NULL && id == request->net->id) {
    nsd_error_set_invalid (error, "Property Index: a link keeps its index where it is");
    return FALSE;
  }
  return nsd_attr_builder_add_u32 (builder, IFLA_NET_NS_FD, (guint32)nsd_netns_fd (*ret_target),
                                   error) &&
         (name == NULL || nsd_attr_put (builder, name_row, name, error)) &&
         (index == NULL ||
          nsd_settings_put (options, &move_options, NSD_ATTR_CREATE, builder, error));
}

/* The namespace of the other end or of the lower device, whose view of this link changes. */
static void
settle_referred (NsdRequest *request, const char *property)
{
  g_autoptr (GVariant) properties = nsd_link_properties (link_of (request), NSD_IFACE_LINK);
  const char *text;
  NsdPath path;

  if (g_variant_lookup (properties, property, "&o", &text) && nsd_path_decode (text, &path) &&
      path.node == NSD_NODE_LINK && path.netns != request->net->id)
    nsd_request_settle (request, path.netns);
}

static gboolean
check_move (NsdRequest *request, GError **error)
{
  g_autoptr (NsdNetns) target = NULL;
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (build_move (request, &builder, &target, error))
    return TRUE;
  nsd_request_prefix_error (request, error, "move link %s", link_of (request)->name);
  return FALSE;
}

static GVariant *
move_to (NsdRequest *request, GError **error)
{
  NsdNet *net = request->net;
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_autoptr (NsdNetns) target = NULL;
  g_auto (NsdAttrBuilder) builder = { 0 };

  settle_referred (request, "Peer");
  g_clear_pointer (&net->moved_to, g_free);
  nsd_net_touch_link (net, request->path.ifindex);
  if (!build_move (request, &builder, &target, error) ||
      !nsd_net_transact (net, &builder, NULL, NULL, error)) {
    /* An index that is taken is EBUSY there, not EEXIST. */
    if (error != NULL && g_error_matches (*error, NSD_ERROR, NSD_ERROR_BUSY))
      (*error)->code = NSD_ERROR_EXISTS;
    nsd_request_prefix_error (request, error, "move link %s", name);
    return NULL;
  }
  if (nsd_netns_id (target) == net->id)
    return g_variant_new ("(o)", request->object_path);
  nsd_request_settle (request, nsd_netns_id (target));
  if (net->moved_to == NULL || net->moved_ifindex != request->path.ifindex) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "Link %s went elsewhere meanwhile", name);
    return NULL;
  }
  return g_variant_new ("(o)", net->moved_to);
}

/* ---- alternative names ---- */

static gboolean
build_alternative_name (NsdRequest *request, NsdAttrBuilder *builder, int type, int flags,
                        GError **error)
{
  static const NsdAttr row = { IFLA_ALT_IFNAME,
                               "AlternativeNames",
                               &nsd_attr_string,
                               NSD_ATTR_CHANGE,
                               NULL,
                               127 /* ALTIFNAMSIZ - 1 */ };
  g_autoptr (GVariant) name = g_variant_get_child_value (request->parameters, 0);
  struct nlattr *list;

  init_message (request, builder, type, flags);
  list = nsd_attr_builder_open (builder, IFLA_PROP_LIST, error);
  if (list == NULL || !nsd_attr_put (builder, &row, name, error))
    return FALSE;
  nsd_attr_builder_close (builder, list);
  return TRUE;
}

static void
prefix_alternative_name (NsdRequest *request, const char *link, const char *verb, GError **error)
{
  const char *name;

  g_variant_get (request->parameters, "(&s)", &name);
  nsd_request_prefix_error (request, error, "%s alternative name %s of link %s", verb, name, link);
}

/* The kernel checks an alternative name less than a name (rtnl_alt_ifname in net/core/rtnetlink.c);
 * ip(8) could not address what it lets through. */
static gboolean
check_alternative_name (const char *name, GError **error)
{
  gboolean bad = *name == '\0' || strcmp (name, ".") == 0 || strcmp (name, "..") == 0;

  for (const char *p = name; !bad && *p != '\0'; p++)
    bad = *p == '/' || *p == ':' || *p == ' ' || g_ascii_iscntrl (*p);
  if (bad)
    nsd_error_set_invalid (error, "“%s” cannot be a name of a link", name);
  return !bad;
}

static gboolean
check_free_name (NsdNet *net, const char *name, GError **error)
{
  NsdLink *link = nsd_links_find_by_name (net, name);

  if (link == NULL)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS, "Link %s has it", link->name);
  return FALSE;
}

static gboolean
build_added_name (NsdRequest *request, NsdAttrBuilder *builder, GError **error)
{
  const char *name;

  g_variant_get (request->parameters, "(&s)", &name);
  return check_alternative_name (name, error) &&
         build_alternative_name (request, builder, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL,
                                 error);
}

static gboolean
check_added_name (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  const char *name;

  g_variant_get (request->parameters, "(&s)", &name);
  if (build_added_name (request, &builder, error) && check_free_name (request->net, name, error))
    return TRUE;
  prefix_alternative_name (request, link_of (request)->name, "add", error);
  return FALSE;
}

static GVariant *
add_alternative_name (NsdRequest *request, GError **error)
{
  g_autofree char *link = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };

  nsd_net_touch_link (request->net, request->path.ifindex);
  if (!build_added_name (request, &builder, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_alternative_name (request, link, "add", error);
  return NULL;
}

static gboolean
check_removed_name (NsdRequest *request, GError **error)
{
  const char *name;
  NsdLink *link;

  g_variant_get (request->parameters, "(&s)", &name);
  nsd_net_touch_link (request->net, request->path.ifindex);
  nsd_net_drain (request->net);
  link = link_of (request);
  if (link == NULL)
    g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "%s is gone", request->object_path);
  else if (!nsd_link_has_alternative_name (link, name))
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "Link %s has no alternative name %s",
                 link->name, name);
  else
    return TRUE;
  return FALSE;
}

static GVariant *
remove_alternative_name (NsdRequest *request, GError **error)
{
  g_autofree char *link = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (!check_removed_name (request, error))
    return NULL;
  nsd_net_touch_link (request->net, request->path.ifindex);
  if (!build_alternative_name (request, &builder, RTM_DELLINKPROP, 0, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_alternative_name (request, link, "remove", error);
  return NULL;
}

/* ---- counters ---- */

typedef struct {
  const char *name;
  gsize offset;
} Counter;

#define COUNTER(name, field)                                                                       \
  {                                                                                                \
    name, offsetof (struct rtnl_link_stats64, field)                                               \
  }

/* In the names of `ip -s -s -j link`. */
static const Counter counters[] = {
  COUNTER ("rx.bytes", rx_bytes),
  COUNTER ("rx.packets", rx_packets),
  COUNTER ("rx.errors", rx_errors),
  COUNTER ("rx.dropped", rx_dropped),
  COUNTER ("rx.over_errors", rx_over_errors),
  COUNTER ("rx.multicast", multicast),
  COUNTER ("rx.compressed", rx_compressed),
  COUNTER ("rx.length_errors", rx_length_errors),
  COUNTER ("rx.crc_errors", rx_crc_errors),
  COUNTER ("rx.frame_errors", rx_frame_errors),
  COUNTER ("rx.fifo_errors", rx_fifo_errors),
  COUNTER ("rx.missed_errors", rx_missed_errors),
  COUNTER ("rx.nohandler", rx_nohandler),
  COUNTER ("rx.otherhost", rx_otherhost_dropped),
  COUNTER ("tx.bytes", tx_bytes),
  COUNTER ("tx.packets", tx_packets),
  COUNTER ("tx.errors", tx_errors),
  COUNTER ("tx.dropped", tx_dropped),
  COUNTER ("tx.carrier_errors", tx_carrier_errors),
  COUNTER ("tx.collisions", collisions),
  COUNTER ("tx.compressed", tx_compressed),
  COUNTER ("tx.aborted_errors", tx_aborted_errors),
  COUNTER ("tx.fifo_errors", tx_fifo_errors),
  COUNTER ("tx.window_errors", tx_window_errors),
  COUNTER ("tx.heartbeat_errors", tx_heartbeat_errors),
};

static void
on_statistics (struct nlmsghdr *nlh, gpointer data)
{
  GVariantBuilder *builder = data;
  const struct nlattr *nla;

  if (nlh->nlmsg_type != RTM_NEWLINK)
    return;
  nla = nlmsg_find_attr (nlh, sizeof (struct ifinfomsg), IFLA_STATS64);
  for (gsize i = 0; nla != NULL && i < G_N_ELEMENTS (counters); i++) {
    guint64 value;

    if ((gsize)nla_len (nla) < counters[i].offset + sizeof value)
      continue;
    memcpy (&value, (const char *)nla_data (nla) + counters[i].offset, sizeof value);
    g_variant_builder_add (builder, "{st}", counters[i].name, value);
  }
}

static GVariant *
get_statistics (NsdRequest *request, GError **error)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  if (!nsd_links_request (request->net, request->path.ifindex, 0, on_statistics, &builder, error)) {
    g_variant_builder_clear (&builder);
    nsd_request_prefix_error (request, error, "read the counters of link %s",
                              link_of (request)->name);
    return NULL;
  }
  return g_variant_new ("(a{st})", &builder);
}

/* ---- rows ---- */

static const NsdAttr move_option_rows[] = {
  { 0, "Name", &nsd_attr_option_s, NSD_ATTR_CREATE },
  { IFLA_NEW_IFINDEX, "Index", &nsd_attr_s32, NSD_ATTR_CREATE },
};
static const NsdAttrTable move_options = { NULL, move_option_rows,
                                           G_N_ELEMENTS (move_option_rows) };

static const NsdMethod methods[] = {
  { "Set", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, nsd_link_set, nsd_link_check_set,
    .other_namespace = nsd_link_set_other_namespace },
  { "Delete", NSD_ACTION_DELETE_LINK, NSD_IN_WORKER, delete_link },
  { "MoveTo", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, move_to, check_move,
    .other_namespace = move_to_other_namespace },
  { "AddAddress", NSD_ACTION_CONFIGURE_ADDRESS, NSD_IN_WORKER, nsd_address_add,
    nsd_address_check_add },
  { "AddAddresses", NSD_ACTION_CONFIGURE_ADDRESS, NSD_IN_WORKER, nsd_bulk_add_addresses,
    nsd_bulk_check_add_addresses },
  { "FlushAddresses", NSD_ACTION_CONFIGURE_ADDRESS, NSD_IN_WORKER, nsd_address_flush,
    nsd_address_check_flush },
  { "AddAlternativeName", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, add_alternative_name,
    check_added_name },
  { "RemoveAlternativeName", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, remove_alternative_name,
    check_removed_name },
  { "GetStatistics", NSD_READ, NSD_IN_WORKER, get_statistics },
};

static const NsdMethod set_row = { "Set",
                                   NSD_ACTION_CONFIGURE_LINK,
                                   NSD_IN_WORKER,
                                   nsd_link_set_property,
                                   nsd_link_check_set_property,
                                   .other_namespace = nsd_link_set_property_other_namespace };

const NsdInterface nsd_interface_link = {
  &org_netnsd1_link_interface, NSD_NODE_LINK, methods, G_N_ELEMENTS (methods), &set_row, NULL,
};
