/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes descriptors that callers sent.
 *
 * close(2) of what somebody else made can take as long as he likes (a socket that lingers, a file
 * of a slow file system): it happens in threads of its own, which nobody waits for.  Sockets are
 * told not to linger, since that is what anybody can do; where a close takes long all the same,
 * another thread goes on with the next. */
#pragma once

#include <gio/gunixfdlist.h>

/* Starts the threads, which are in the namespace of who calls: the main thread, once. */
void nsd_reaper_start (void);
/* Closes what is in @fds (taken over; may be NULL).  Any thread, never waits. */
void nsd_reaper_take (GUnixFDList *fds);
