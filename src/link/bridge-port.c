/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of bridges: net/bridge/br_netlink.c. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "bridge-vlans.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define RW     (R | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_BRPORT_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define BRPORT_MAB                 40
#define BRPORT_MCAST_N_GROUPS      41
#define BRPORT_MCAST_MAX_GROUPS    42
#define BRPORT_NEIGH_VLAN_SUPPRESS 43
#define BRPORT_BACKUP_NHID         44

/* BR_STATE_* of linux/if_bridge.h */
static const NsdWord port_states[] = {
  { 0, "disabled" },   { 1, "listening" }, { 2, "learning" },
  { 3, "forwarding" }, { 4, "blocking" },  { 0, NULL },
};

/* Left out: FLUSH (an action), PAD, LEARNING_SYNC (the kernel neither reports nor takes it). */
static const NsdAttr rows[] = {
  { IFLA_BRPORT_STATE, "State", &nsd_attr_word8, RW, port_states },
  { IFLA_BRPORT_PRIORITY, "Priority", &nsd_attr_u16, RW },
  { IFLA_BRPORT_COST, "Cost", &nsd_attr_u32, RW },
  { IFLA_BRPORT_MODE, "Mode", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_GUARD, "Guard", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_PROTECT, "Protect", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_FAST_LEAVE, "FastLeave", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_LEARNING, "Learning", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_UNICAST_FLOOD, "UnicastFlood", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_PROXYARP, "Proxyarp", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_PROXYARP_WIFI, "ProxyarpWifi", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_ROOT_ID, "RootId", &nsd_attr_bridge_id, R },
  { IFLA_BRPORT_BRIDGE_ID, "BridgeId", &nsd_attr_bridge_id, R },
  { IFLA_BRPORT_DESIGNATED_PORT, "DesignatedPort", &nsd_attr_u16, R },
  { IFLA_BRPORT_DESIGNATED_COST, "DesignatedCost", &nsd_attr_u16, R },
  { IFLA_BRPORT_ID, "Id", &nsd_attr_u16, R },
  { IFLA_BRPORT_NO, "No", &nsd_attr_u16, R },
  { IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, "TopologyChangeAck", &nsd_attr_bool8, R },
  { IFLA_BRPORT_CONFIG_PENDING, "ConfigPending", &nsd_attr_bool8, R },
  { IFLA_BRPORT_MESSAGE_AGE_TIMER, "MessageAgeTimer", &nsd_attr_u64, R },
  { IFLA_BRPORT_FORWARD_DELAY_TIMER, "ForwardDelayTimer", &nsd_attr_u64, R },
  { IFLA_BRPORT_HOLD_TIMER, "HoldTimer", &nsd_attr_u64, R },
  { IFLA_BRPORT_MULTICAST_ROUTER, "MulticastRouter", &nsd_attr_u8, RW_OPT },
  { IFLA_BRPORT_MCAST_FLOOD, "McastFlood", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_MCAST_TO_UCAST, "McastToUcast", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_VLAN_TUNNEL, "VlanTunnel", &nsd_attr_bool8, RW },
  { IFLA_BRPORT_BCAST_FLOOD, "BcastFlood", &nsd_attr_bool8, RW_OPT },
  { IFLA_BRPORT_GROUP_FWD_MASK, "GroupFwdMask", &nsd_attr_u16, RW_OPT },
  { IFLA_BRPORT_NEIGH_SUPPRESS, "NeighSuppress", &nsd_attr_bool8, RW_OPT },
  { IFLA_BRPORT_ISOLATED, "Isolated", &nsd_attr_bool8, RW_OPT },
  { IFLA_BRPORT_BACKUP_PORT, "BackupPort", &nsd_attr_link, RW },
  { IFLA_BRPORT_MRP_RING_OPEN, "MrpRingOpen", &nsd_attr_bool8, R_OPT },
  { IFLA_BRPORT_MRP_IN_OPEN, "MrpInOpen", &nsd_attr_bool8, R_OPT },
  { IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, "McastEhtHostsLimit", &nsd_attr_u32, RW_OPT },
  { IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, "McastEhtHostsCnt", &nsd_attr_u32, R_OPT },
  { IFLA_BRPORT_LOCKED, "Locked", &nsd_attr_bool8, RW_OPT },
  { BRPORT_MAB, "Mab", &nsd_attr_bool8, RW_OPT },
  { BRPORT_MCAST_N_GROUPS, "McastNGroups", &nsd_attr_u32, R_OPT },
  { BRPORT_MCAST_MAX_GROUPS, "McastMaxGroups", &nsd_attr_u32, RW_OPT },
  { BRPORT_NEIGH_VLAN_SUPPRESS, "NeighVlanSuppress", &nsd_attr_bool8, RW_OPT },
  { BRPORT_BACKUP_NHID, "BackupNhid", &nsd_attr_u32, RW },
  { NSD_KIND_ASKED, "Vlans", &nsd_attr_bridge_vlans, R_OPT },
};

static const NsdAttrTable table = { &org_netnsd1_link_bridge_port_interface, rows,
                                    G_N_ELEMENTS (rows) };

static const NsdMethod methods[] = { NSD_BRIDGE_VLAN_METHODS };

const NsdKind nsd_kinds_bridge_port[] = {
  { .name = "bridge",
    .role = NSD_KIND_PORT,
    .table = &table,
    .ask = nsd_bridge_vlans_ask,
    .methods = methods,
    .n_methods = G_N_ELEMENTS (methods) },
  { 0 },
};
