/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What other tunnels share with VXLAN. */
#pragma once

#include "attr.h"

/* nsd_attr_ip of a tunnel whose family stays as it is made: "" is no address of that family. */
extern const NsdAttrType nsd_attr_tunnel_ip;
/* (qq), the lowest and the highest port: struct ifla_vxlan_port_range, ifla_geneve_port_range. */
extern const NsdAttrType nsd_attr_port_range;
