/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.ListNextHops, AddNextHop and RemoveNextHop: next hop objects, which routes name by
 * their id.  They are no objects on the bus.  Handlers run in the worker. */
#pragma once

#include "net.h"

/* struct nhmsg. */
extern const NsdAttrTable nsd_nexthop_table;

/* Writes what resilient groups have, if @settings say any of it. */
gboolean nsd_nexthop_put_resilient (NsdAttrBuilder *builder, const NsdSettings *settings,
                                    GError **error);

GVariant *nsd_nexthop_list (NsdRequest *request, GError **error);
GVariant *nsd_nexthop_add (NsdRequest *request, GError **error);
gboolean nsd_nexthop_check_add (NsdRequest *request, GError **error);
GVariant *nsd_nexthop_remove (NsdRequest *request, GError **error);
gboolean nsd_nexthop_check_remove (NsdRequest *request, GError **error);
