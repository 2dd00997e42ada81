/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thread, pinned to one network namespace.
 *
 * A thread inherits the namespace of the thread that makes it, so only the main thread, which never
 * leaves the namespace that it was started in, makes workers.  A namespace is made in a fresh
 * thread, which then stays in it as its worker.  Unless said otherwise, functions are for the main
 * thread. */
#pragma once

#include <glib.h>

#include "netns.h"

typedef struct _NsdWorker NsdWorker;

typedef enum {
  NSD_WORKER_STAY,   /* in the namespace of the main thread */
  NSD_WORKER_ENTER,  /* in the namespace of a descriptor */
  NSD_WORKER_CREATE, /* in a new one */
} NsdWorkerOrigin;

/* What the thread does in its namespace; both run in it.  The state is the thread's own. */
typedef struct {
  /* After entering, before anybody is told.  Returns the state, or NULL with an error. */
  gpointer (*start) (NsdNetns *netns, gpointer data, GError **error);
  /* Closes all that keeps the namespace alive. */
  void (*stop) (gpointer state);
} NsdWorkerHooks;

/* Called on the main thread once: the worker runs in @netns, or @error says why not, and then the
 * worker is gone after the call. */
typedef void (*NsdWorkerReadyFunc) (NsdWorker *worker, NsdNetns *netns, const GError *error,
                                    gpointer data);
/* Runs in the worker with its state. */
typedef void (*NsdWorkerFunc) (gpointer state, gpointer data);

/* Starts a thread.  @fd: for ENTER, taken over.  @start_data: for hooks->start, lives until @ready.
 */
NsdWorker *nsd_worker_new (NsdWorkerOrigin origin, int fd, const NsdWorkerHooks *hooks,
                           gpointer start_data, NsdWorkerReadyFunc ready, gpointer ready_data);

/* Queues @func; if the worker stops before its turn comes, only @destroy is called, in whatever
 * thread. */
void nsd_worker_invoke (NsdWorker *worker, NsdWorkerFunc func, gpointer data,
                        GDestroyNotify destroy);

/* Ends the thread after what it is doing now, and frees the worker.  @stopped (may be NULL) is
 * called on the main thread when everything is closed. */
void nsd_worker_stop (NsdWorker *worker, GSourceFunc stopped, gpointer data);
/* The same, and waits: for the end of the daemon. */
void nsd_worker_stop_and_wait (NsdWorker *worker);
