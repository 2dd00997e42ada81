/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next hops of IPv6 routes, each as what the kernel tells it by from others.
 *
 * A route that is there already is not left alone by the kernel when it is added once more: it
 * answers EEXIST, and the route expires no longer (fib6_add_rt2node() in net/ipv6/ip6_fib.c).  And
 * of several next hops none is added if one is there. */
#pragma once

#include "route-match.h"

GHashTable *nsd_route_hops_new (void);
/* Puts those that are there now into @hops, which is empty. */
gboolean nsd_route_hops_read (GHashTable *hops, const NsdAttrContext *context, NsdNlSocket *socket,
                              GError **error);
/* Takes those that are in @hops from the IPv6 route @nlh, and puts the others there.  FALSE if none
 * is left. */
gboolean nsd_route_hops_reduce (GHashTable *hops, struct nlmsghdr *nlh);
