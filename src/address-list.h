/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.FindAddresses and Link.FlushAddresses.  Handlers run in the worker. */
#pragma once

#include "net.h"

GVariant *nsd_address_find (NsdRequest *request, GError **error);
gboolean nsd_address_check_flush (NsdRequest *request, GError **error);
GVariant *nsd_address_flush (NsdRequest *request, GError **error);
