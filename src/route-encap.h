/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How packets of a route, of a next hop, or of a next hop object are encapsulated. */
#pragma once

#include "attr.h"

/* a{sv}, empty for none; row.id: the attribute of the type, row.arg: the nest with the rest. */
extern const NsdAttrType nsd_route_encap;
