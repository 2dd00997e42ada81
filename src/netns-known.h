/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces that are on the bus, for workers that must name another one.
 *
 * Main adds and removes; any thread reads.  What is returned is held: drop it before the call ends.
 */
#pragma once

#include <glib.h>

#include "netns.h"

void nsd_netns_known_add (NsdNetns *netns);
void nsd_netns_known_remove (NsdNetns *netns);

/* The namespace with @id, held; NULL if it is not on the bus. */
NsdNetns *nsd_netns_known_find (guint64 id);
/* All of them, held: NsdNetns * with a free function. */
GPtrArray *nsd_netns_known_list (void);
/* Grows with every change: what was concluded at another version may be wrong now. */
guint nsd_netns_known_version (void);
