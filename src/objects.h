/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on the bus below one namespace, whatever its kind.  Worker thread. */
#pragma once

#include "net.h"

/* Whether @path has an object now. */
gboolean nsd_objects_exist (NsdNet *net, const NsdPath *path);
/* All properties of one interface as a{sv}; NULL if the object has not got it.  @property is up to
 * date, or all are if it is NULL. */
GVariant *nsd_objects_properties (NsdNet *net, const NsdPath *path, const char *interface,
                                  const char *property);
/* The names of the interfaces of an object, NULL-terminated (free the array only); NULL if it does
 * not exist. */
const char **nsd_objects_interfaces (NsdNet *net, const NsdPath *path);
/* The last path elements of the objects in a collection (a *_DIR node). */
GPtrArray *nsd_objects_children (NsdNet *net, NsdNode dir);
/* All objects, as a floating a{oa{sa{sv}}}. */
GVariant *nsd_objects_managed (NsdNet *net);
/* What tells two objects that had the same path one after the other apart; 0 where the path says
 * all. */
guint64 nsd_objects_serial (NsdNet *net, const NsdPath *path);
/* For messages and polkit: the link that the object is or belongs to, and its kind; "" for none.
 * New memory. */
void nsd_objects_describe (NsdNet *net, const NsdPath *path, char **ret_link, char **ret_kind);
