/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLANs: net/8021q/vlan_netlink.c. */
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define CREATE (NSD_ATTR_READ | NSD_ATTR_CREATE)
#define RW     (NSD_ATTR_READ | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)

/* The 802.1p priorities are 0 to 7. */
#define N_PRIORITIES 8

static const NsdAttrTable table;

/* ---- flags ---- */

/* Without any flag the kernel reports no attribute (vlan_fill_info). */
static GVariant *
get_flag (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct ifla_vlan_flags));
  const struct ifla_vlan_flags *flags = nla != NULL ? nla_data (nla) : NULL;

  return g_variant_new_boolean (flags != NULL && (flags->flags & attr->arg) != 0);
}

/* Written together, by put(). */
static const NsdAttrType flag = { "b", get_flag, NULL };

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  struct ifla_vlan_flags flags = { 0 };

  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table != &table || setting->attr->type != &flag)
      continue;
    flags.mask |= setting->attr->arg;
    if (g_variant_get_boolean (setting->value))
      flags.flags |= setting->attr->arg;
  }
  return flags.mask == 0 ||
         nsd_attr_builder_add (builder, IFLA_VLAN_FLAGS, &flags, sizeof flags, error);
}

/* ---- maps of priorities ---- */

static GVariant *
get_map (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nest = nsd_attr_view_get (view, attr->id, 0);
  GVariantBuilder builder;
  struct nlattr *nla;
  int rest;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{uu}"));
  if (nest == NULL)
    return g_variant_builder_end (&builder);
  nla_for_each_nested (nla, nest, rest)
  {
    const struct ifla_vlan_qos_mapping *mapping = nla_data (nla);

    if (nla_type (nla) == IFLA_VLAN_QOS_MAPPING && nla_len (nla) >= (int)sizeof *mapping)
      g_variant_builder_add (&builder, "{uu}", mapping->from, mapping->to);
  }
  return g_variant_builder_end (&builder);
}

static gboolean
add_mapping (NsdAttrBuilder *builder, guint32 from, guint32 to, GError **error)
{
  const struct ifla_vlan_qos_mapping mapping = { .from = from, .to = to };

  return nsd_attr_builder_add (builder, IFLA_VLAN_QOS_MAPPING, &mapping, sizeof mapping, error);
}

/* The kernel would take the lowest three bits of any number (vlan_dev_set_ingress_priority,
 * vlan_dev_set_egress_priority in net/8021q/vlan_dev.c). */
static gboolean
check_priority (guint32 priority, GError **error)
{
  if (priority < N_PRIORITIES)
    return TRUE;
  nsd_error_set_invalid (error, "%u is not a priority of VLAN tags, at most %d", priority,
                         N_PRIORITIES - 1);
  return FALSE;
}

/* The kernel merges what it is given into its map: so the whole map is said, with 0 for nothing. */
static gboolean
put_ingress (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 map[N_PRIORITIES] = { 0 };
  struct nlattr *nest;
  GVariantIter iter;
  guint32 from, to;

  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{uu}", &from, &to)) {
    if (!check_priority (from, error))
      return FALSE;
    map[from] = to;
  }
  nest = nsd_attr_builder_open (builder, attr->id, error);
  if (nest == NULL)
    return FALSE;
  for (from = 0; from < N_PRIORITIES; from++)
    if (!add_mapping (builder, from, map[from], error))
      return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static gboolean
has_key (GVariant *map, guint32 key)
{
  GVariantIter iter;
  guint32 from;

  g_variant_iter_init (&iter, map);
  while (g_variant_iter_next (&iter, "{uu}", &from, NULL))
    if (from == key)
      return TRUE;
  return FALSE;
}

/* Any number can be a priority of packets: what is there now and shall not stay is set to 0. */
static gboolean
remove_others (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  g_autoptr (GVariant) current = NULL;
  GVariantIter iter;
  guint32 from;

  if (builder->current != NULL)
    current = g_variant_lookup_value (builder->current, attr->name, G_VARIANT_TYPE ("a{uu}"));
  if (current == NULL)
    return TRUE;
  g_variant_iter_init (&iter, current);
  while (g_variant_iter_next (&iter, "{uu}", &from, NULL))
    if (!has_key (value, from) && !add_mapping (builder, from, 0, error))
      return FALSE;
  return TRUE;
}

static gboolean
put_egress (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, attr->id, error);
  GVariantIter iter;
  guint32 from, to;

  if (nest == NULL || !remove_others (builder, attr, value, error))
    return FALSE;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{uu}", &from, &to))
    if (!check_priority (to, error) || !add_mapping (builder, from, to, error))
      return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static const NsdAttrType ingress = { "a{uu}", get_map, put_ingress };
static const NsdAttrType egress = { "a{uu}", get_map, put_egress };

static const NsdWord protocols[] = {
  { ETH_P_8021Q, "802.1Q" },
  { ETH_P_8021AD, "802.1ad" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_VLAN_ID, "Id", &nsd_attr_u16, CREATE, NULL, 4094 },
  { IFLA_VLAN_PROTOCOL, "Protocol", &nsd_attr_word_be16, CREATE, protocols },
  { IFLA_VLAN_FLAGS, "ReorderHdr", &flag, RW, NULL, VLAN_FLAG_REORDER_HDR },
  { IFLA_VLAN_FLAGS, "Gvrp", &flag, RW, NULL, VLAN_FLAG_GVRP },
  { IFLA_VLAN_FLAGS, "LooseBinding", &flag, RW, NULL, VLAN_FLAG_LOOSE_BINDING },
  { IFLA_VLAN_FLAGS, "Mvrp", &flag, RW, NULL, VLAN_FLAG_MVRP },
  { IFLA_VLAN_FLAGS, "BridgeBinding", &flag, RW, NULL, VLAN_FLAG_BRIDGE_BINDING },
  { IFLA_VLAN_INGRESS_QOS, "IngressQos", &ingress, RW },
  { IFLA_VLAN_EGRESS_QOS, "EgressQos", &egress, RW },
};

static const NsdAttrTable table = { &org_netnsd1_link_vlan_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_vlan[] = {
  { .name = "vlan", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
