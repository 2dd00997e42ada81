/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP based virtual links: drivers/net/ipvlan/ipvlan_main.c, and ipvtap.c, which has the same
 * attributes.  The kernel keeps both for all links on one lower device (struct ipvl_port). */
#include <linux/if_link.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define RW (NSD_ATTR_READ | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)

static const NsdWord modes[] = {
  { IPVLAN_MODE_L2, "l2" },
  { IPVLAN_MODE_L3, "l3" },
  { IPVLAN_MODE_L3S, "l3s" },
  { 0, NULL },
};

/* Bits that exclude each other (ipvlan_nl_validate); "bridge" is the word of ip(8) for none. */
static const NsdWord flags[] = {
  { 0, "bridge" },
  { IPVLAN_F_PRIVATE, "private" },
  { IPVLAN_F_VEPA, "vepa" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_IPVLAN_MODE, "Mode", &nsd_attr_word16, RW, modes },
  { IFLA_IPVLAN_FLAGS, "Flags", &nsd_attr_word16, RW, flags },
};

static const NsdAttrTable table = { &org_netnsd1_link_ipvlan_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_ipvlan[] = {
  { .name = "ipvlan", .role = NSD_KIND_LINK, .table = &table, .shared = TRUE },
  { .name = "ipvtap", .role = NSD_KIND_LINK, .table = &table, .shared = TRUE },
  { 0 },
};
