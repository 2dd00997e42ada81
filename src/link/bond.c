/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bonds: drivers/net/bonding/bond_netlink.c and bond_options.c.
 *
 * What an option may be often depends on the mode, which the kernel sets before all others. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define RW     (R | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_BOND_* that the headers of Debian 12 (Linux 6.1) may lack. */
#define BOND_COUPLED_CONTROL 32 /* Linux 6.9 */
#define BOND_BROADCAST_NEIGH 33 /* Linux 6.17 */
#define BOND_LACP_STRICT     34 /* after Linux 6.19 */

static const NsdAttrTable table;

/* A nest of addresses of @arg bytes, numbered from 0. */
static GVariant *
get_targets (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nest = nsd_attr_view_get (view, attr->id, 0);
  const struct nlattr *nla = nest != NULL ? nla_data (nest) : NULL;
  int rest = nest != NULL ? nla_len (nest) : 0;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (; nla_ok (nla, rest); nla = nla_next (nla, &rest))
    if (nla_len (nla) >= (int)attr->arg)
      g_variant_builder_add_value (
          &builder, g_variant_new_take_string (nsd_ip_text (nla_data (nla), attr->arg)));
  return g_variant_builder_end (&builder);
}

static gboolean
put_targets (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, attr->id, error);
  GVariantIter iter;
  const char *text;
  int n = 0;

  if (nest == NULL)
    return FALSE;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "&s", &text)) {
    int family = attr->arg == 4 ? AF_INET : AF_INET6;
    guint8 bytes[16];

    if (nsd_ip_parse (text, &family, bytes, error) == 0 ||
        !nsd_attr_builder_add (builder, n++, bytes, attr->arg, error))
      return FALSE;
  }
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static const NsdAttrType targets = { "as", get_targets, put_targets };

/* Attribute @arg of the nest, read by the codec @data. */
static GVariant *
get_nested (const NsdAttrView *view, const NsdAttr *attr)
{
  const NsdAttrType *type = attr->data;
  const NsdAttr inner = { .id = (guint16)attr->arg };
  NsdAttrView nest;

  nsd_attr_view_init_nested (&nest, view, nsd_attr_view_get (view, attr->id, 0));
  return type->get (&nest, &inner);
}

static const NsdAttrType nested_q = { "q", get_nested, NULL };
static const NsdAttrType nested_s = { "s", get_nested, NULL };

static GVariant *
get_delay (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_u32.get (view, attr);
}

/* Written by put(). */
static const NsdAttrType delay = { "u", get_delay, NULL };

/* What Miimon will be. */
static guint32
find_miimon (const NsdAttrBuilder *builder, const NsdSettings *settings)
{
  guint32 miimon = 0;

  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == &table && setting->attr->id == IFLA_BOND_MIIMON)
      return g_variant_get_uint32 (setting->value);
  }
  if (builder->current != NULL)
    g_variant_lookup (builder->current, "Miimon", "u", &miimon);
  return miimon;
}

/* The kernel keeps delays as multiples of Miimon: it rounds others down with a word in its log, and
 * without Miimon says EPERM, to 0 as well (_bond_option_delay_set() in bond_options.c). */
static gboolean
put_delay (NsdAttrBuilder *builder, const NsdSetting *setting, guint32 miimon, GError **error)
{
  const NsdAttr *attr = setting->attr;
  guint32 value = g_variant_get_uint32 (setting->value);

  if (miimon == 0 && value == 0)
    return TRUE;
  if (miimon == 0) {
    nsd_error_set_invalid (error, "Property %s: Miimon is not set", attr->name);
    return FALSE;
  }
  if (value > attr->arg || value % miimon != 0) {
    nsd_error_set_invalid (error, "Property %s: %u is not a multiple of Miimon (%u) up to %u",
                           attr->name, value, miimon, attr->arg);
    return FALSE;
  }
  return nsd_attr_builder_add_u32 (builder, attr->id, value, error);
}

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  guint32 miimon = find_miimon (builder, settings);

  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == &table && setting->attr->type == &delay &&
        !put_delay (builder, setting, miimon, error))
      return FALSE;
  }
  return TRUE;
}

static const NsdWord modes[] = {
  { 0, "balance-rr" }, { 1, "active-backup" }, { 2, "balance-xor" }, { 3, "broadcast" },
  { 4, "802.3ad" },    { 5, "balance-tlb" },   { 6, "balance-alb" }, { 0, NULL },
};

static const NsdWord arp_validates[] = {
  { 0, "none" },   { 1, "active" },        { 2, "backup" },        { 3, "all" },
  { 4, "filter" }, { 5, "filter_active" }, { 6, "filter_backup" }, { 0, NULL },
};

static const NsdWord arp_all_targets[] = {
  { 0, "any" },
  { 1, "all" },
  { 0, NULL },
};

static const NsdWord primary_reselects[] = {
  { 0, "always" },
  { 1, "better" },
  { 2, "failure" },
  { 0, NULL },
};

static const NsdWord fail_over_macs[] = {
  { 0, "none" },
  { 1, "active" },
  { 2, "follow" },
  { 0, NULL },
};

static const NsdWord hash_policies[] = {
  { 0, "layer2" },   { 1, "layer3+4" },    { 2, "layer2+3" }, { 3, "encap2+3" },
  { 4, "encap3+4" }, { 5, "vlan+srcmac" }, { 0, NULL },
};

static const NsdWord lacp_actives[] = {
  { 0, "off" },
  { 1, "on" },
  { 0, NULL },
};

static const NsdWord lacp_rates[] = {
  { 0, "slow" },
  { 1, "fast" },
  { 0, NULL },
};

static const NsdWord ad_selects[] = {
  { 0, "stable" }, { 1, "bandwidth" }, { 2, "count" }, { 3, "actor_port_prio" }, /* Linux 6.18 */
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_BOND_MODE, "Mode", &nsd_attr_word8, RW, modes },
  /* A new bond has no ports. */
  { IFLA_BOND_ACTIVE_SLAVE, "ActivePort", &nsd_attr_link, R | NSD_ATTR_CHANGE },
  { IFLA_BOND_MIIMON, "Miimon", &nsd_attr_u32, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_UPDELAY, "Updelay", &delay, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_DOWNDELAY, "Downdelay", &delay, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_USE_CARRIER, "UseCarrier", &nsd_attr_bool8, RW },
  { IFLA_BOND_ARP_INTERVAL, "ArpInterval", &nsd_attr_u32, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_ARP_IP_TARGET, "ArpIpTarget", &targets, RW, NULL, 4 },
  { IFLA_BOND_ARP_VALIDATE, "ArpValidate", &nsd_attr_word32, RW, arp_validates },
  { IFLA_BOND_ARP_ALL_TARGETS, "ArpAllTargets", &nsd_attr_word32, RW, arp_all_targets },
  { IFLA_BOND_PRIMARY, "Primary", &nsd_attr_link, RW },
  { IFLA_BOND_PRIMARY_RESELECT, "PrimaryReselect", &nsd_attr_word8, RW, primary_reselects },
  { IFLA_BOND_FAIL_OVER_MAC, "FailOverMac", &nsd_attr_word8, RW, fail_over_macs },
  { IFLA_BOND_XMIT_HASH_POLICY, "XmitHashPolicy", &nsd_attr_word8, RW, hash_policies },
  { IFLA_BOND_RESEND_IGMP, "ResendIgmp", &nsd_attr_u32, RW, NULL, 255 },
  { IFLA_BOND_NUM_PEER_NOTIF, "NumPeerNotif", &nsd_attr_u8, RW },
  { IFLA_BOND_ALL_SLAVES_ACTIVE, "AllPortsActive", &nsd_attr_bool8, RW },
  { IFLA_BOND_MIN_LINKS, "MinLinks", &nsd_attr_u32, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_LP_INTERVAL, "LpInterval", &nsd_attr_u32, RW, NULL, G_MAXINT32 },
  { IFLA_BOND_PACKETS_PER_SLAVE, "PacketsPerPort", &nsd_attr_u32, RW, NULL, G_MAXUINT16 },
  { IFLA_BOND_AD_LACP_RATE, "AdLacpRate", &nsd_attr_word8, RW, lacp_rates },
  { IFLA_BOND_AD_SELECT, "AdSelect", &nsd_attr_word8, RW, ad_selects },
  { IFLA_BOND_AD_INFO, "AdInfoAggregator", &nested_q, R, &nsd_attr_u16,
    IFLA_BOND_AD_INFO_AGGREGATOR },
  { IFLA_BOND_AD_INFO, "AdInfoNumPorts", &nested_q, R, &nsd_attr_u16, IFLA_BOND_AD_INFO_NUM_PORTS },
  { IFLA_BOND_AD_INFO, "AdInfoActorKey", &nested_q, R, &nsd_attr_u16, IFLA_BOND_AD_INFO_ACTOR_KEY },
  { IFLA_BOND_AD_INFO, "AdInfoPartnerKey", &nested_q, R, &nsd_attr_u16,
    IFLA_BOND_AD_INFO_PARTNER_KEY },
  { IFLA_BOND_AD_INFO, "AdInfoPartnerMac", &nested_s, R, &nsd_attr_mac,
    IFLA_BOND_AD_INFO_PARTNER_MAC },
  { IFLA_BOND_AD_ACTOR_SYS_PRIO, "AdActorSysPrio", &nsd_attr_u16, RW_OPT },
  { IFLA_BOND_AD_USER_PORT_KEY, "AdUserPortKey", &nsd_attr_u16, RW_OPT, NULL, 1023 },
  { IFLA_BOND_AD_ACTOR_SYSTEM, "AdActorSystem", &nsd_attr_mac, RW_OPT },
  { IFLA_BOND_TLB_DYNAMIC_LB, "TlbDynamicLb", &nsd_attr_bool8, RW },
  { IFLA_BOND_PEER_NOTIF_DELAY, "PeerNotifDelay", &delay, RW, NULL, 300000 },
  { IFLA_BOND_AD_LACP_ACTIVE, "AdLacpActive", &nsd_attr_word8, RW, lacp_actives },
  { IFLA_BOND_MISSED_MAX, "MissedMax", &nsd_attr_u8, RW },
  { IFLA_BOND_NS_IP6_TARGET, "NsIp6Target", &targets, RW, NULL, 16 },
  { BOND_COUPLED_CONTROL, "CoupledControl", &nsd_attr_bool8, RW_OPT },
  { BOND_BROADCAST_NEIGH, "BroadcastNeigh", &nsd_attr_bool8, RW_OPT },
  { BOND_LACP_STRICT, "LacpStrict", &nsd_attr_bool8, RW_OPT },
};

static const NsdAttrTable table = { &org_netnsd1_link_bond_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_bond[] = {
  { .name = "bond", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
