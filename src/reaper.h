/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes descriptors that callers sent.
 *
 * close(2) of what somebody else made can take as long as he likes (a socket that lingers, a file
 * of a slow file system): it happens in a thread of its own, which nobody waits for. */
#pragma once

#include <gio/gunixfdlist.h>

/* Starts the thread; main thread, before there are workers. */
void nsd_reaper_start (void);
/* Closes what is in @fds (taken over; may be NULL).  Any thread, never waits. */
void nsd_reaper_take (GUnixFDList *fds);
