/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.ExportRoutes and ImportRoutes: routes through a descriptor of the caller, as a stream
 * of `ip route save`.  Each call has a thread of its own, since nobody else may wait for a caller's
 * descriptor.  Main thread. */
#pragma once

#include "object.h"

gboolean nsd_route_transfer_check_export (NsdRequest *request, GError **error);
GVariant *nsd_route_transfer_export (NsdRequest *request, GError **error);
gboolean nsd_route_transfer_check_import (NsdRequest *request, GError **error);
GVariant *nsd_route_transfer_import (NsdRequest *request, GError **error);

/* The daemon ends: what is under way is given up, and what it did taken back. */
void nsd_route_transfer_stop (void);
