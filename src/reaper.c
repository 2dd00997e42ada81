/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reaper.h"

static GAsyncQueue *queue;

static gpointer
run (gpointer data)
{
  while (TRUE)
    g_object_unref (g_async_queue_pop (queue));
  return NULL;
}

void
nsd_reaper_start (void)
{
  queue = g_async_queue_new ();
  g_thread_unref (g_thread_new ("reaper", run, NULL));
}

void
nsd_reaper_take (GUnixFDList *fds)
{
  if (fds != NULL)
    g_async_queue_push (queue, fds);
}
