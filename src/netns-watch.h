/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells when the names in /run/netns may have changed.
 *
 * Two sources are needed: `ip netns add` makes the file first and mounts last, `ip netns del`
 * unmounts first; the directory tells of files (inotify), the kernel of mounts (POLLPRI on
 * mountinfo, proc(5)). Main thread. */
#pragma once

#include <glib.h>

typedef struct _NsdNetnsWatch NsdNetnsWatch;

typedef void (*NsdNetnsWatchFunc) (gpointer data);

NsdNetnsWatch *nsd_netns_watch_new (NsdNetnsWatchFunc func, gpointer data, GError **error);
void nsd_netns_watch_free (NsdNetnsWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdNetnsWatch, nsd_netns_watch_free)
