/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespace that a caller points at: by a descriptor, or by a process in it.
 *
 * What it is is found out before anybody is asked about it, and held until it is done: the process
 * may enter another namespace meanwhile, and its number may become another's.  No file system of
 * the caller's is asked anything.  Any thread. */
#pragma once

#include <glib.h>

/* An nsfs descriptor of the network namespace that @fd is (nsfs), or that the process is in that it
 * stands for (a pidfd); -1 with InvalidArgs if it is neither, NotFound if the process has ended.
 * @ret_pid: the number of the process, 0 for none. */
int nsd_netns_open_target (int fd, guint32 *ret_pid, GError **error);
/* The same for the process with that number; NotFound. */
int nsd_netns_open_process (guint32 pid, GError **error);
