/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every interface of the service.  Any thread, after nsd_interfaces_init(). */
#pragma once

#include "object.h"

/* Collects them and checks that each member of the XML has exactly one row and each row an action;
 * ends the program otherwise, since the fault is in it.  Once, before threads. */
void nsd_interfaces_init (void);
/* All, NULL-terminated. */
const NsdInterface *const *nsd_interfaces_all (void);
const NsdInterface *nsd_interface_find (const char *name);
const NsdMethod *nsd_interface_find_method (const NsdInterface *interface, const char *member);
