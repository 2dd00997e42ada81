/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of routing: drivers/net/vrf.c. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"

/* There is no changelink: the table is for ever. */
static const NsdAttr rows[] = {
  { IFLA_VRF_TABLE, "Table", &nsd_attr_u32, NSD_ATTR_READ | NSD_ATTR_CREATE },
};

static const NsdAttrTable table = { &org_netnsd1_link_vrf_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_vrf[] = {
  { .name = "vrf", .role = NSD_KIND_LINK, .table = &table },
  { 0 },
};
