/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How netlink sockets are read.
 *
 * libnl's nl_recv() takes 32 KiB from the heap for every message, which makes glibc tidy its bins
 * each time: that was a third of what a change cost.  Here the message is received on the stack,
 * and what it really needs is taken from the heap. */
#pragma once

#include <netlink/handlers.h>

/* Makes @cb receive so. */
void nsd_nl_receive_install (struct nl_cb *cb);
