/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.ListRoutes and FlushRoutes: routes as the kernel has them, however many.  Handlers run
 * in the worker. */
#pragma once

#include "net.h"

GVariant *nsd_route_list (NsdRequest *request, GError **error);
gboolean nsd_route_check_flush (NsdRequest *request, GError **error);
GVariant *nsd_route_flush (NsdRequest *request, GError **error);
