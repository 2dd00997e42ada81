/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Route, and Namespace.AddRoute and GetRouteTo.  Handlers run in the worker. */
#pragma once

#include "net.h"

extern const NsdInterface nsd_interface_route;

GVariant *nsd_route_add (NsdRequest *request, GError **error);
gboolean nsd_route_check_add (NsdRequest *request, GError **error);
GVariant *nsd_route_get_to (NsdRequest *request, GError **error);

/* The request that adds the route that @dict, an argument of AddRoute, describes. */
gboolean nsd_route_build_add (NsdNet *net, GVariant *dict, NsdAttrBuilder *builder, GError **error);
