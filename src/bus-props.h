/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The standard interfaces, as rows like all others: Properties, ObjectManager, Introspectable.
 * org.freedesktop.DBus.Peer is GDBus's own. */
#pragma once

#include "object.h"

/* Once, before threads. */
void nsd_props_init (void);
/* NULL for another name. */
const NsdInterface *nsd_props_find (const char *interface);
/* Whether objects of @node have the standard interface @interface. */
gboolean nsd_props_apply (const NsdInterface *interface, NsdNode node);
/* Where the standard methods run for an object of @node. */
NsdWhere nsd_props_where (const NsdInterface *interface, NsdNode node);

/* The row that writes the property that Properties.Set names in @parameters (ssv); checks that
 * there is such a property, that it can be written, and the type of the value. */
const NsdMethod *nsd_props_find_set (NsdNode node, GVariant *parameters, GError **error);
