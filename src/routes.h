/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The routes of a namespace, as the bus shows them.  Worker thread.
 *
 * Above the limit of the configuration there are no route objects: the records are dropped, only
 * the number is kept, and one property of the namespace tells. */
#pragma once

#include "net.h"

extern const NsdAttrTable nsd_route_table;
extern const NsdRecordClass nsd_route_class;

/* The last element of the object path of the route that @nlh describes; NULL for what is not a
 * route of IPv4 or IPv6. */
char *nsd_route_key (const struct nlmsghdr *nlh);

/* RTM_NEWROUTE or RTM_DELROUTE. */
void nsd_routes_event (NsdNet *net, const struct nlmsghdr *nlh);
/* Compares those of @family with the kernel; FALSE if the answer is not sure. */
gboolean nsd_routes_refresh (NsdNet *net, int family);
/* While they are no objects: counts those of the families that were touched since. */
void nsd_routes_recount (NsdNet *net);
/* Sends the signals, or withdraws the objects. */
void nsd_routes_flush (NsdNet *net);
