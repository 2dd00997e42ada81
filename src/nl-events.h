/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rtnetlink socket that listens to the multicast groups of one namespace.
 *
 * Belongs to the namespace and the main context of the thread that makes it. */
#pragma once

#include <glib.h>
#include <netlink/msg.h>

typedef struct _NsdNlEvents NsdNlEvents;

/* One event.  @nlh lives during the call. */
typedef void (*NsdNlEventFunc) (const struct nlmsghdr *nlh, gpointer data);
/* The socket has something to read: the owner calls nsd_nl_events_drain(). */
typedef void (*NsdNlReadyFunc) (gpointer data);

/* Subscribes to @groups (RTNLGRP_*, ends in 0) and attaches to the thread-default main context. */
NsdNlEvents *nsd_nl_events_new (const int *groups, NsdNlReadyFunc ready, gpointer data,
                                GError **error);
void nsd_nl_events_free (NsdNlEvents *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdNlEvents, nsd_nl_events_free)

/* Subscribes to another group, and no longer to it. */
gboolean nsd_nl_events_join (NsdNlEvents *events, int group, GError **error);
void nsd_nl_events_leave (NsdNlEvents *events, int group);

/* Whether the owner is told of what there is to read; at first it is. */
void nsd_nl_events_listen (NsdNlEvents *events, gboolean whether);

/* Gives all that was queued before the call to @func, without waiting.  FALSE if events were lost
 * since the last call (ENOBUFS: the receive buffer overflowed): what is known must be compared with
 * the kernel. */
gboolean nsd_nl_events_drain (NsdNlEvents *events, NsdNlEventFunc func, gpointer data);
/* Whether anything waits to be drained. */
gboolean nsd_nl_events_pending (NsdNlEvents *events);
