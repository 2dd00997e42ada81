/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking back many routes that were added.  For the thread that has the socket. */
#pragma once

#include "attr.h"
#include "bulk.h"

/* Takes back what @bulk, of requests for routes, has done, and no other route; @error gets added to
 * it which are still there. */
void nsd_route_take_back (NsdBulk *bulk, NsdNlSocket *socket, const NsdAttrContext *context,
                          GError **error);
