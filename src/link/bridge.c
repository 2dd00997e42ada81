/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bridges: net/bridge/br_netlink.c. */
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "attr-types.h"
#include "bridge-vlans.h"
#include "error.h"
#include "fdb.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define RW     (R | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_BR_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define BR_FDB_N_LEARNED   48 /* Linux 6.7 */
#define BR_FDB_MAX_LEARNED 49 /* Linux 6.7 */
#define BR_STP_MODE        50

static const NsdAttrTable table;

static GVariant *
get_bridge_id (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct ifla_bridge_id));
  const struct ifla_bridge_id *id;

  if (nla == NULL)
    return g_variant_new_string ("");
  id = nla_data (nla);
  return g_variant_new_take_string (
      g_strdup_printf ("%02x%02x.%x:%x:%x:%x:%x:%x", id->prio[0], id->prio[1], id->addr[0],
                       id->addr[1], id->addr[2], id->addr[3], id->addr[4], id->addr[5]));
}

/* Several switches share struct br_boolopt_multi; the mask says which ones the kernel has. */
static GVariant *
get_boolopt (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct br_boolopt_multi));
  const struct br_boolopt_multi *options = nla != NULL ? nla_data (nla) : NULL;

  if (options == NULL || !(options->optmask & attr->arg))
    return NULL;
  return g_variant_new_boolean ((options->optval & attr->arg) != 0);
}

/* Written together, by put(). */
static const NsdAttrType boolopt = { "b", get_boolopt, NULL };

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  struct br_boolopt_multi options = { 0 };

  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table != &table || setting->attr->type != &boolopt)
      continue;
    options.optmask |= setting->attr->arg;
    if (g_variant_get_boolean (setting->value))
      options.optval |= setting->attr->arg;
  }
  return options.optmask == 0 ||
         nsd_attr_builder_add (builder, IFLA_BR_MULTI_BOOLOPT, &options, sizeof options, error);
}

static const NsdWord vlan_protocols[] = {
  { ETH_P_8021Q, "802.1Q" },
  { ETH_P_8021AD, "802.1ad" },
  { 0, NULL },
};

static const NsdWord stp_modes[] = {
  { 0, "auto" },
  { 1, "user" },
  { 2, "kernel" },
  { 0, NULL },
};

/* Left out: FDB_FLUSH (an action), PAD, MCAST_QUERIER_STATE (what is known of another querier). */
static const NsdAttr rows[] = {
  { IFLA_BR_FORWARD_DELAY, "ForwardDelay", &nsd_attr_u32, RW },
  { IFLA_BR_HELLO_TIME, "HelloTime", &nsd_attr_u32, RW },
  { IFLA_BR_MAX_AGE, "MaxAge", &nsd_attr_u32, RW },
  { IFLA_BR_AGEING_TIME, "AgeingTime", &nsd_attr_u32, RW },
  { IFLA_BR_STP_STATE, "StpState", &nsd_attr_u32, RW },
  { IFLA_BR_PRIORITY, "Priority", &nsd_attr_u16, RW },
  { IFLA_BR_VLAN_FILTERING, "VlanFiltering", &nsd_attr_bool8, RW },
  { IFLA_BR_VLAN_PROTOCOL, "VlanProtocol", &nsd_attr_word_be16, RW_OPT, vlan_protocols },
  { IFLA_BR_GROUP_FWD_MASK, "GroupFwdMask", &nsd_attr_u16, RW },
  { IFLA_BR_ROOT_ID, "RootId", &nsd_attr_bridge_id, R },
  { IFLA_BR_BRIDGE_ID, "BridgeId", &nsd_attr_bridge_id, R },
  { IFLA_BR_ROOT_PORT, "RootPort", &nsd_attr_u16, R },
  { IFLA_BR_ROOT_PATH_COST, "RootPathCost", &nsd_attr_u32, R },
  { IFLA_BR_TOPOLOGY_CHANGE, "TopologyChange", &nsd_attr_bool8, R },
  { IFLA_BR_TOPOLOGY_CHANGE_DETECTED, "TopologyChangeDetected", &nsd_attr_bool8, R },
  { IFLA_BR_HELLO_TIMER, "HelloTimer", &nsd_attr_u64, R },
  { IFLA_BR_TCN_TIMER, "TcnTimer", &nsd_attr_u64, R },
  { IFLA_BR_TOPOLOGY_CHANGE_TIMER, "TopologyChangeTimer", &nsd_attr_u64, R },
  { IFLA_BR_GC_TIMER, "GcTimer", &nsd_attr_u64, R },
  { IFLA_BR_GROUP_ADDR, "GroupAddr", &nsd_attr_mac, RW },
  { IFLA_BR_MCAST_ROUTER, "McastRouter", &nsd_attr_u8, RW_OPT },
  { IFLA_BR_MCAST_SNOOPING, "McastSnooping", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MCAST_QUERY_USE_IFADDR, "McastQueryUseIfaddr", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MCAST_QUERIER, "McastQuerier", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MCAST_HASH_ELASTICITY, "McastHashElasticity", &nsd_attr_u32, R_OPT },
  { IFLA_BR_MCAST_HASH_MAX, "McastHashMax", &nsd_attr_u32, RW_OPT },
  { IFLA_BR_MCAST_LAST_MEMBER_CNT, "McastLastMemberCnt", &nsd_attr_u32, RW_OPT },
  { IFLA_BR_MCAST_STARTUP_QUERY_CNT, "McastStartupQueryCnt", &nsd_attr_u32, RW_OPT },
  { IFLA_BR_MCAST_LAST_MEMBER_INTVL, "McastLastMemberIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_MCAST_MEMBERSHIP_INTVL, "McastMembershipIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_MCAST_QUERIER_INTVL, "McastQuerierIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_MCAST_QUERY_INTVL, "McastQueryIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, "McastQueryResponseIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_MCAST_STARTUP_QUERY_INTVL, "McastStartupQueryIntvl", &nsd_attr_u64, RW_OPT },
  { IFLA_BR_NF_CALL_IPTABLES, "NfCallIptables", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_NF_CALL_IP6TABLES, "NfCallIp6tables", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_NF_CALL_ARPTABLES, "NfCallArptables", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_VLAN_DEFAULT_PVID, "VlanDefaultPvid", &nsd_attr_u16, RW_OPT },
  { IFLA_BR_VLAN_STATS_ENABLED, "VlanStatsEnabled", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MCAST_STATS_ENABLED, "McastStatsEnabled", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MCAST_IGMP_VERSION, "McastIgmpVersion", &nsd_attr_u8, RW_OPT },
  { IFLA_BR_MCAST_MLD_VERSION, "McastMldVersion", &nsd_attr_u8, RW_OPT },
  { IFLA_BR_VLAN_STATS_PER_PORT, "VlanStatsPerPort", &nsd_attr_bool8, RW_OPT },
  { IFLA_BR_MULTI_BOOLOPT, "NoLinklocalLearn", &boolopt, RW, NULL, 1 << 0 },
  { IFLA_BR_MULTI_BOOLOPT, "McastVlanSnooping", &boolopt, RW, NULL, 1 << 1 },
  { IFLA_BR_MULTI_BOOLOPT, "MstEnable", &boolopt, RW, NULL, 1 << 2 },
  { IFLA_BR_MULTI_BOOLOPT, "MdbOffloadFailNotification", &boolopt, RW, NULL, 1 << 3 },
  { IFLA_BR_MULTI_BOOLOPT, "FdbLocalVlan0", &boolopt, RW, NULL, 1 << 4 },
  { BR_FDB_N_LEARNED, "FdbNLearned", &nsd_attr_u32, R_OPT },
  { BR_FDB_MAX_LEARNED, "FdbMaxLearned", &nsd_attr_u32, RW_OPT },
  { BR_STP_MODE, "StpMode", &nsd_attr_word32, RW_OPT, stp_modes },
  { NSD_KIND_ASKED, "Vlans", &nsd_attr_bridge_vlans, R_OPT },
};

static const NsdAttrTable table = { &org_netnsd1_link_bridge_interface, rows, G_N_ELEMENTS (rows) };

static const NsdMethod methods[] = { NSD_BRIDGE_VLAN_METHODS, NSD_FDB_METHODS };

const NsdAttrType nsd_attr_bridge_id = { "s", get_bridge_id, NULL };
const NsdKind nsd_kinds_bridge[] = {
  { .name = "bridge",
    .role = NSD_KIND_LINK,
    .table = &table,
    .put = put,
    .ask = nsd_bridge_vlans_ask,
    .methods = methods,
    .n_methods = G_N_ELEMENTS (methods) },
  { 0 },
};
