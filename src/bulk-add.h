/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.AddRoutes and Link.AddAddresses.  Handlers run in the worker. */
#pragma once

#include "net.h"

gboolean nsd_bulk_check_add_routes (NsdRequest *request, GError **error);
GVariant *nsd_bulk_add_routes (NsdRequest *request, GError **error);
gboolean nsd_bulk_check_add_addresses (NsdRequest *request, GError **error);
GVariant *nsd_bulk_add_addresses (NsdRequest *request, GError **error);
