/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of bonds: drivers/net/bonding/bond_netlink.c. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define RW     (R | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_BOND_SLAVE_* that the headers of Debian 12 (Linux 6.1) may lack. */
#define BOND_SLAVE_ACTOR_PORT_PRIO        10 /* Linux 6.18, and later ones of 6.12 */
#define BOND_SLAVE_AD_CHURN_ACTOR_STATE   11 /* after Linux 6.19, and later ones of 6.12 */
#define BOND_SLAVE_AD_CHURN_PARTNER_STATE 12

/* The kernel gives as many bytes as an address of the port has: an InfiniBand port has 20. */
static GVariant *
get_hwaddr (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);

  return nla != NULL ? nsd_mac_variant (nla_data (nla), (gsize)nla_len (nla))
                     : g_variant_new_string ("");
}

static const NsdAttrType hwaddr = { "s", get_hwaddr, NULL };

static const NsdWord port_states[] = {
  { 0, "ACTIVE" },
  { 1, "BACKUP" },
  { 0, NULL },
};

/* BOND_LINK_* of linux/if_bonding.h */
static const NsdWord mii_statuses[] = {
  { 0, "UP" }, { 1, "GOING_DOWN" }, { 2, "DOWN" }, { 3, "GOING_BACK" }, { 0, NULL },
};

/* bond_3ad_churn_desc() in include/net/bond_3ad.h: the words of /proc/net/bonding. */
static const NsdWord churn_states[] = {
  { 0, "monitoring" },
  { 1, "churned" },
  { 2, "none" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_BOND_SLAVE_STATE, "State", &nsd_attr_word8, R, port_states },
  { IFLA_BOND_SLAVE_MII_STATUS, "MiiStatus", &nsd_attr_word8, R, mii_statuses },
  { IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, "LinkFailureCount", &nsd_attr_u32, R },
  { IFLA_BOND_SLAVE_PERM_HWADDR, "PermHwaddr", &hwaddr, R },
  { IFLA_BOND_SLAVE_QUEUE_ID, "QueueId", &nsd_attr_u16, RW },
  { IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, "AdAggregatorId", &nsd_attr_u16, R },
  { IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, "AdActorOperPortState", &nsd_attr_u8, R },
  { IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, "AdPartnerOperPortState", &nsd_attr_u16, R },
  { IFLA_BOND_SLAVE_PRIO, "Prio", &nsd_attr_s32, RW_OPT },
  { BOND_SLAVE_ACTOR_PORT_PRIO, "ActorPortPrio", &nsd_attr_u16, RW_OPT },
  { BOND_SLAVE_AD_CHURN_ACTOR_STATE, "AdChurnActorState", &nsd_attr_word8, R_OPT, churn_states },
  { BOND_SLAVE_AD_CHURN_PARTNER_STATE, "AdChurnPartnerState", &nsd_attr_word8, R_OPT,
    churn_states },
};

static const NsdAttrTable table = { &org_netnsd1_link_bond_port_interface, rows,
                                    G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_bond_port[] = {
  { .name = "bond", .role = NSD_KIND_PORT, .table = &table },
  { 0 },
};
