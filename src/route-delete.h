/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting one route, of which there may be several to one destination. */
#pragma once

#include "net.h"
#include "route-compare.h"

/* The request that deletes the route that @nlh, from or for the kernel, describes.  Any thread. */
gboolean nsd_route_build_delete (const NsdAttrContext *context, const struct nlmsghdr *nlh,
                                 NsdAttrBuilder *builder, GError **error);
/* The same for @ways (of NsdRouteWay) of one route. */
gboolean nsd_route_build_delete_ways (const NsdAttrContext *context, const GArray *ways,
                                      NsdAttrBuilder *builder, GError **error);

/* Whether that request deletes the route of @record and no other; FALSE with NotSupported.  In the
 * worker of @net. */
gboolean nsd_route_check_delete (NsdNet *net, const NsdRecord *record, GError **error);
