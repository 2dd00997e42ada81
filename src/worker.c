/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <unistd.h>

#include "error.h"

/* Two threads share it, one after the other: the creator fills it and the thread reads it; `state`
 * and `netns` are the thread's.  `stopping` is atomic. */
struct _NsdWorker {
  gatomicrefcount references;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  NsdWorkerOrigin origin;
  int fd;
  const NsdWorkerHooks *hooks;
  gpointer start_data;
  gpointer state;
  NsdNetns *netns;
  GError *error;
  gint stopping;
  NsdWorkerReadyFunc ready;
  gpointer ready_data;
  GSourceFunc stopped;
  gpointer stopped_data;
};

typedef struct {
  NsdWorker *worker;
  NsdWorkerFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Invocation;

static void
worker_unref (gpointer data)
{
  NsdWorker *self = data;

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->netns, nsd_netns_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/* ---- in the thread ---- */

static gboolean
enter (NsdWorker *self)
{
  switch (self->origin) {
  case NSD_WORKER_STAY:
    return TRUE;
  case NSD_WORKER_ENTER:
    return nsd_netns_enter (self->fd, &self->error);
  case NSD_WORKER_CREATE:
    return nsd_netns_unshare (&self->error);
  }
  g_return_val_if_reached (FALSE);
}

static gboolean
start (NsdWorker *self)
{
  gboolean entered = enter (self);

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  if (!entered)
    return FALSE;
  self->netns = nsd_netns_new_from_thread (&self->error);
  if (self->netns == NULL)
    return FALSE;
  self->state = self->hooks->start (self->netns, self->start_data, &self->error);
  return self->state != NULL;
}

static gboolean
tell_ready (gpointer data)
{
  NsdWorker *self = data;

  if (self->ready == NULL) /* stopped before it was told of */
    return G_SOURCE_REMOVE;
  self->ready (self, self->netns, self->error, self->ready_data);
  if (self->error != NULL) {
    g_clear_pointer (&self->thread, g_thread_unref);
    worker_unref (self);
  }
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  NsdWorker *self = data;

  g_main_context_push_thread_default (self->context);
  if (start (self)) {
    g_atomic_ref_count_inc (&self->references);
    g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, tell_ready, self, worker_unref);
    g_main_loop_run (self->loop);
    self->hooks->stop (self->state);
    g_clear_pointer (&self->netns, nsd_netns_unref);
  } else {
    g_atomic_ref_count_inc (&self->references);
    g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, tell_ready, self, worker_unref);
  }
  g_main_context_pop_thread_default (self->context);
  if (self->stopped != NULL)
    g_main_context_invoke (g_main_context_default (), self->stopped, self->stopped_data);
  worker_unref (self);
  return NULL;
}

static gboolean
quit (gpointer data)
{
  NsdWorker *self = data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
run_invocation (gpointer data)
{
  Invocation *invocation = data;

  /* GLib runs all that waited when it last looked, whatever has come since. */
  if (!g_atomic_int_get (&invocation->worker->stopping))
    invocation->func (invocation->worker->state, invocation->data);
  return G_SOURCE_REMOVE;
}

static void
free_invocation (gpointer data)
{
  Invocation *invocation = data;

  if (invocation->destroy != NULL)
    invocation->destroy (invocation->data);
  g_free (invocation);
}

/* ---- in main ---- */

NsdWorker *
nsd_worker_new (NsdWorkerOrigin origin, int fd, const NsdWorkerHooks *hooks, gpointer start_data,
                NsdWorkerReadyFunc ready, gpointer ready_data)
{
  NsdWorker *self = g_new0 (NsdWorker, 1);

  g_atomic_ref_count_init (&self->references);
  g_atomic_ref_count_inc (&self->references); /* the thread's */
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->origin = origin;
  self->fd = fd;
  self->hooks = hooks;
  self->start_data = start_data;
  self->ready = ready;
  self->ready_data = ready_data;
  self->thread = g_thread_try_new ("netns", run, self, &self->error);
  if (self->thread == NULL) {
    if (fd >= 0)
      close (fd);
    g_idle_add (tell_ready, self);
    worker_unref (self);
  }
  return self;
}

void
nsd_worker_invoke (NsdWorker *self, NsdWorkerFunc func, gpointer data, GDestroyNotify destroy)
{
  Invocation *invocation = g_new (Invocation, 1);

  *invocation = (Invocation){ self, func, data, destroy };
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, run_invocation, invocation,
                              free_invocation);
}

/* Jumps the queue: what still waits there is not run, but destroyed. */
static GThread *
begin_stop (NsdWorker *self)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, quit, self, NULL);
  g_atomic_int_set (&self->stopping, TRUE);
  g_source_attach (source, self->context);
  g_source_unref (source);
  return g_steal_pointer (&self->thread);
}

void
nsd_worker_stop (NsdWorker *self, GSourceFunc stopped, gpointer data)
{
  GThread *thread;

  self->stopped = stopped;
  self->stopped_data = data;
  thread = begin_stop (self);
  worker_unref (self);
  g_thread_unref (thread);
}

void
nsd_worker_stop_and_wait (NsdWorker *self)
{
  GThread *thread = begin_stop (self);

  self->ready = NULL;
  worker_unref (self);
  if (thread != NULL)
    g_thread_join (thread);
}
