/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Address, and Link.AddAddress.  Handlers run in the worker. */
#pragma once

#include "net.h"

extern const NsdInterface nsd_interface_address;

gboolean nsd_address_check_add (NsdRequest *request, GError **error);
GVariant *nsd_address_add (NsdRequest *request, GError **error);
