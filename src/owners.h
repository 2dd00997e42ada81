/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who made a namespace through this service: kept in /run/netnsd, so that it survives the daemon,
 * and under the kernel's id, which is not used again while the machine runs.  Main thread. */
#pragma once

#include <glib.h>

/* The uid, 0 if nobody is known. */
guint32 nsd_owners_get (guint64 netns);
void nsd_owners_set (guint64 netns, guint32 uid);
void nsd_owners_forget (guint64 netns);
