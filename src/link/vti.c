/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPsec tunnels that are links: net/ipv4/ip_vti.c, net/ipv6/ip6_vti.c.
 *
 * Their changelink begins with parameters of zeros (memset in vti_netlink_parms and
 * vti6_netlink_parms): hence `whole`. */
#include <linux/if_tunnel.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define RW (NSD_ATTR_READ | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)

/* clang-format off */
#define ROWS(ip)                                            \
  { IFLA_VTI_LINK, "Link", &nsd_attr_lower_link, RW },      \
  { IFLA_VTI_IKEY, "IKey", &nsd_attr_be32, RW },            \
  { IFLA_VTI_OKEY, "OKey", &nsd_attr_be32, RW },            \
  { IFLA_VTI_LOCAL, "Local", &ip, RW },                     \
  { IFLA_VTI_REMOTE, "Remote", &ip, RW },                   \
  { IFLA_VTI_FWMARK, "Fwmark", &nsd_attr_u32, RW }
/* clang-format on */

static const NsdAttr vti_rows[] = { ROWS (nsd_attr_ip4) };
static const NsdAttr vti6_rows[] = { ROWS (nsd_attr_ip6) };

static const NsdAttrTable vti_table = { &org_netnsd1_link_vti_interface, vti_rows,
                                        G_N_ELEMENTS (vti_rows) };
static const NsdAttrTable vti6_table = { &org_netnsd1_link_vti_interface, vti6_rows,
                                         G_N_ELEMENTS (vti6_rows) };

const NsdKind nsd_kinds_vti[] = {
  { .name = "vti", .role = NSD_KIND_LINK, .table = &vti_table, .whole = TRUE },
  { .name = "vti6", .role = NSD_KIND_LINK, .table = &vti6_table, .whole = TRUE },
  { 0 },
};
