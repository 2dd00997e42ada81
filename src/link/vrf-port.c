/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links in a domain of routing: drivers/net/vrf.c. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

static const NsdAttr rows[] = {
  { IFLA_VRF_PORT_TABLE, "Table", &nsd_attr_u32, NSD_ATTR_READ },
};

static const NsdAttrTable table = { &org_netnsd1_link_vrf_port_interface, rows,
                                    G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_vrf_port[] = {
  { .name = "vrf", .role = NSD_KIND_PORT, .table = &table },
  { 0 },
};
