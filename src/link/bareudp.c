/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets in UDP without a tunnel header: drivers/net/bareudp.c.  It has no changelink. */
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define RC (NSD_ATTR_READ | NSD_ATTR_CREATE)

static const NsdWord ethertypes[] = {
  { ETH_P_IP, "ip" },
  { ETH_P_IPV6, "ipv6" },
  { ETH_P_MPLS_UC, "mpls_uc" },
  { ETH_P_MPLS_MC, "mpls_mc" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_BAREUDP_PORT, "Port", &nsd_attr_be16, RC },
  { IFLA_BAREUDP_ETHERTYPE, "Ethertype", &nsd_attr_word_be16, RC, ethertypes },
  { IFLA_BAREUDP_SRCPORT_MIN, "SrcportMin", &nsd_attr_u16, RC },
  { IFLA_BAREUDP_MULTIPROTO_MODE, "MultiprotoMode", &nsd_attr_flag, RC },
};

static const NsdAttrTable table = { &org_netnsd1_link_bareudp_interface, rows,
                                    G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_bareudp[] = {
  { .name = "bareudp", .role = NSD_KIND_LINK, .table = &table },
  { 0 },
};
