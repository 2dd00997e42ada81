/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLANs of bridges and of their ports: net/bridge/br_vlan.c.
 *
 * No message of a link has them.  RTM_GETVLAN (Linux 5.6) is asked for those of one link;
 * RTM_GETLINK of AF_BRIDGE, which has them too, can only dump all links.
 *
 * They are changed by RTM_SETLINK and RTM_DELLINK of AF_BRIDGE, as bridge(8) does it.  RTM_NEWVLAN
 * and RTM_DELVLAN would do, but make the kernel notify RTNLGRP_LINK with the types RTM_SETLINK and
 * RTM_DELLINK (br_vlan_rtm_process_one), which other programs may take for the end of the port. */
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "bridge-vlans.h"
#include "error.h"

#define LAST_ID 4094

/* VLANs with the same flags. */
typedef struct {
  guint16 first;
  guint16 last;
  guint16 flags; /* BRIDGE_VLAN_INFO_* */
} Range;

static const NsdAttrTable add_options;
static const NsdAttrTable remove_options;

/* ---- reading ---- */

/* The kernel begins a new range where something differs that is not shown here, such as the state
 * in the spanning tree (br_vlan_can_enter_range). */
static void
append_range (GArray *ranges, const Range *range)
{
  Range *before = ranges->len > 0 ? &g_array_index (ranges, Range, ranges->len - 1) : NULL;

  if (before != NULL && before->last + 1 == range->first && before->flags == range->flags)
    before->last = range->last;
  else
    g_array_append_val (ranges, *range);
}

static void
append_entry (GArray *ranges, const struct nlattr *entry)
{
  const struct nlattr *nla = nla_find (nla_data (entry), nla_len (entry), BRIDGE_VLANDB_ENTRY_INFO);
  const struct nlattr *last =
      nla_find (nla_data (entry), nla_len (entry), BRIDGE_VLANDB_ENTRY_RANGE);
  struct bridge_vlan_info info;
  Range range;

  if (nla == NULL || nla_len (nla) < (int)sizeof info)
    return;
  memcpy (&info, nla_data (nla), sizeof info);
  range = (Range){ info.vid, info.vid, info.flags };
  if (last != NULL && nla_len (last) >= (int)sizeof (guint16))
    range.last = nla_get_u16 (last);
  append_range (ranges, &range);
}

static void
on_vlans (struct nlmsghdr *nlh, gpointer ranges)
{
  struct nlattr *nla;
  int rest;

  if (nlh->nlmsg_type != RTM_NEWVLAN || nlmsg_datalen (nlh) < (int)sizeof (struct br_vlan_msg))
    return;
  nlmsg_for_each_attr (nla, nlh, sizeof (struct br_vlan_msg), rest)
  {
    if (nla_type (nla) == BRIDGE_VLANDB_ENTRY)
      append_entry (ranges, nla);
  }
}

/* A kernel without VLAN filtering does not know the request; a link that has just left the bridge
 * is no port any more, and will be read again. */
static gboolean
read_ranges (NsdNet *net, int ifindex, GArray *ranges)
{
  struct br_vlan_msg header = { .family = AF_BRIDGE, .ifindex = (guint32)ifindex };
  NsdNlSocket *socket = nsd_net_side_socket (net);
  g_autoptr (GError) error = NULL;
  gboolean interrupted, ok;
  struct nl_msg *msg;

  if (socket == NULL)
    return FALSE;
  msg = nlmsg_alloc_simple (RTM_GETVLAN, NLM_F_REQUEST);
  nlmsg_append (msg, &header, sizeof header, NLMSG_ALIGNTO);
  ok = nsd_nl_socket_dump (socket, msg, on_vlans, ranges, &interrupted, &error);
  nlmsg_free (msg);
  if (!ok)
    g_debug ("The VLANs of link %d cannot be read: %s", ifindex, error->message);
  return ok;
}

struct nlattr *
nsd_bridge_vlans_ask (NsdNet *net, int ifindex)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  struct nlattr *nla;
  gsize size;

  if (!read_ranges (net, ifindex, ranges))
    return NULL;
  size = ranges->len * sizeof (Range);
  nla = g_malloc (NLA_HDRLEN + size);
  nla->nla_type = NSD_KIND_ASKED;
  nla->nla_len = (guint16)(NLA_HDRLEN + size);
  if (size > 0)
    memcpy (nla_data (nla), ranges->data, size);
  return nla;
}

static void
add_range (GVariantBuilder *builder, const Range *range)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (builder, "{sv}", "Id", g_variant_new_uint16 (range->first));
  g_variant_builder_add (builder, "{sv}", "RangeEnd", g_variant_new_uint16 (range->last));
  g_variant_builder_add (builder, "{sv}", "Pvid",
                         g_variant_new_boolean ((range->flags & BRIDGE_VLAN_INFO_PVID) != 0));
  g_variant_builder_add (builder, "{sv}", "Untagged",
                         g_variant_new_boolean ((range->flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0));
  g_variant_builder_close (builder);
}

static GVariant *
get_vlans (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);
  gsize n = nla != NULL ? (gsize)nla_len (nla) / sizeof (Range) : 0;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < n; i++) {
    Range range;

    memcpy (&range, (const Range *)nla_data (nla) + i, sizeof range);
    add_range (&builder, &range);
  }
  return g_variant_builder_end (&builder);
}

void
nsd_bridge_vlans_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct br_vlan_msg *bvm = nlmsg_data (nlh);

  if (nlmsg_datalen (nlh) >= (int)sizeof *bvm && bvm->ifindex != 0)
    nsd_net_touch_link (net, (int)bvm->ifindex);
}

/* ---- what is known ---- */

/* The property of the bridge or of the port; NULL where the kernel has no VLAN filtering. */
static GVariant *
vlans_of (const NsdLink *link)
{
  static const char *const interfaces[] = { NSD_IFACE_LINK ".Bridge",
                                            NSD_IFACE_LINK ".BridgePort" };
  GVariant *vlans = NULL;

  for (gsize i = 0; vlans == NULL && i < G_N_ELEMENTS (interfaces); i++) {
    g_autoptr (GVariant) properties = nsd_link_properties (link, interfaces[i]);

    if (properties != NULL)
      vlans = g_variant_lookup_value (properties, "Vlans", G_VARIANT_TYPE ("aa{sv}"));
  }
  return vlans;
}

gboolean
nsd_bridge_vlans_have (const NsdLink *link, guint first, guint last)
{
  g_autoptr (GVariant) vlans = vlans_of (link);
  gboolean found = FALSE;

  for (gsize i = 0; vlans != NULL && !found && i < g_variant_n_children (vlans); i++) {
    g_autoptr (GVariant) range = g_variant_get_child_value (vlans, i);
    guint16 id = 0, end = 0;

    g_variant_lookup (range, "Id", "q", &id);
    g_variant_lookup (range, "RangeEnd", "q", &end);
    found = id <= last && end >= first;
  }
  return found;
}

/* ---- AddVlan, RemoveVlan ---- */

static NsdLink *
link_of (NsdRequest *request)
{
  return nsd_links_find (request->net, request->path.ifindex);
}

/* Puts the flags of @options into @range, if they go together. */
static gboolean
parse_range (const NsdSettings *options, Range *range, GError **error)
{
  GVariant *end = nsd_settings_get (options, "RangeEnd");

  range->last = end != NULL ? g_variant_get_uint16 (end) : range->first;
  if (nsd_settings_get_boolean (options, "Pvid", FALSE))
    range->flags |= BRIDGE_VLAN_INFO_PVID;
  if (nsd_settings_get_boolean (options, "Untagged", FALSE))
    range->flags |= BRIDGE_VLAN_INFO_UNTAGGED;
  if (range->first == 0 || range->first > LAST_ID)
    nsd_error_set_invalid (error, "%u is not the id of a VLAN: 1 to %u", range->first, LAST_ID);
  else if (range->last < range->first || range->last > LAST_ID)
    nsd_error_set_invalid (error, "Property RangeEnd: %u is out of range, %u to %u", range->last,
                           range->first, LAST_ID);
  else if (range->last > range->first && (range->flags & BRIDGE_VLAN_INFO_PVID))
    nsd_error_set_invalid (error, "Property Pvid: only one VLAN can be it, not a range");
  else
    return TRUE;
  return FALSE;
}

static void
prefix_error (const NsdRequest *request, const char *link, const char *verb, GError **error)
{
  guint16 id;

  g_variant_get_child (request->parameters, 0, "q", &id);
  nsd_request_prefix_error (request, error, "%s VLAN %u on link %s", verb, id, link);
}

/* The arguments, if they are fit for a link of a kernel that can do it. */
static gboolean
parse (NsdRequest *request, const NsdAttrTable *table, Range *ret_range, GError **error)
{
  const NsdAttrTable *const tables[] = { table, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) options = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  g_autoptr (GVariant) vlans = vlans_of (link_of (request));
  Range range = { 0 };

  g_variant_get_child (request->parameters, 0, "q", &range.first);
  if (options == NULL || !parse_range (options, &range, error))
    return FALSE;
  if (vlans == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "The kernel has no bridges with VLAN filtering");
    return FALSE;
  }
  *ret_range = range;
  return TRUE;
}

static gboolean
put_range (NsdAttrBuilder *builder, const Range *range, GError **error)
{
  struct bridge_vlan_info first = { range->flags, range->first };
  struct bridge_vlan_info last = { range->flags | BRIDGE_VLAN_INFO_RANGE_END, range->last };

  if (range->first == range->last)
    return nsd_attr_builder_add (builder, IFLA_BRIDGE_VLAN_INFO, &first, sizeof first, error);
  first.flags |= BRIDGE_VLAN_INFO_RANGE_BEGIN;
  return nsd_attr_builder_add (builder, IFLA_BRIDGE_VLAN_INFO, &first, sizeof first, error) &&
         nsd_attr_builder_add (builder, IFLA_BRIDGE_VLAN_INFO, &last, sizeof last, error);
}

static gboolean
build (NsdRequest *request, NsdAttrBuilder *builder, int type, const Range *range, GError **error)
{
  const guint16 self = BRIDGE_FLAGS_SELF;
  struct ifinfomsg *ifi;
  struct nlattr *nest;

  nsd_attr_builder_init (builder, &request->net->context, type, 0, sizeof *ifi);
  ifi = builder->header;
  ifi->ifi_family = AF_BRIDGE;
  ifi->ifi_index = request->path.ifindex;
  nest = nsd_attr_builder_open (builder, IFLA_AF_SPEC, error);
  /* Without the flag it is for the master of the link (rtnl_bridge_setlink). */
  if (nest == NULL ||
      (strcmp (link_of (request)->kind, "bridge") == 0 &&
       !nsd_attr_builder_add (builder, IFLA_BRIDGE_FLAGS, &self, sizeof self, error)) ||
      !put_range (builder, range, error))
    return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

gboolean
nsd_bridge_vlans_check_add (NsdRequest *request, GError **error)
{
  Range range;

  if (parse (request, &add_options, &range, error))
    return TRUE;
  prefix_error (request, link_of (request)->name, "add", error);
  return FALSE;
}

GVariant *
nsd_bridge_vlans_add (NsdRequest *request, GError **error)
{
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };
  Range range;

  if (!parse (request, &add_options, &range, error) ||
      !build (request, &builder, RTM_SETLINK, &range, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_error (request, name, "add", error);
  return NULL;
}

/* The kernel takes the removal of a VLAN that is not there for done (br_vlan_info). */
static gboolean
check_there (NsdRequest *request, const Range *range, GError **error)
{
  if (nsd_bridge_vlans_have (link_of (request), range->first, range->last))
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND,
               range->first == range->last ? "It is not there" : "None of the range is there");
  return FALSE;
}

gboolean
nsd_bridge_vlans_check_remove (NsdRequest *request, GError **error)
{
  Range range;

  if (parse (request, &remove_options, &range, error))
    return TRUE;
  prefix_error (request, link_of (request)->name, "remove", error);
  return FALSE;
}

GVariant *
nsd_bridge_vlans_remove (NsdRequest *request, GError **error)
{
  g_autofree char *name = g_strdup (link_of (request)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };
  Range range;

  if (!parse (request, &remove_options, &range, error) || !check_there (request, &range, error) ||
      !build (request, &builder, RTM_DELLINK, &range, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_error (request, name, "remove", error);
  return NULL;
}

/* ---- rows ---- */

static const NsdAttr add_option_rows[] = {
  { 0, "RangeEnd", &nsd_attr_option_q, NSD_ATTR_CREATE },
  { 0, "Pvid", &nsd_attr_option_b, NSD_ATTR_CREATE },
  { 0, "Untagged", &nsd_attr_option_b, NSD_ATTR_CREATE },
};
static const NsdAttrTable add_options = { NULL, add_option_rows, G_N_ELEMENTS (add_option_rows) };

static const NsdAttr remove_option_rows[] = {
  { 0, "RangeEnd", &nsd_attr_option_q, NSD_ATTR_CREATE },
};
static const NsdAttrTable remove_options = { NULL, remove_option_rows,
                                             G_N_ELEMENTS (remove_option_rows) };

const NsdAttrType nsd_attr_bridge_vlans = { "aa{sv}", get_vlans, NULL };
