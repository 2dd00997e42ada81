/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reaper.h"

#include <sys/socket.h>

/* How long one list may take before the next one gets a thread of its own (microseconds), and how
 * many threads there are then. */
#define PATIENCE     (G_TIME_SPAN_SECOND / 20)
#define MOST_THREADS 64

static GMutex mutex;                  /* of all that follows */
static GQueue waiting = G_QUEUE_INIT; /* GUnixFDList */
static guint n_threads;               /* that close */
static guint n_idle;                  /* of them: have nothing to do */
static guint n_taken;                 /* lists so far, out of those that waited */
static GCond come;                    /* for them: something waits */
static GCond scarce;                  /* for who watches them: more waits than they are idle */

/* A socket that lingers closes when its other end pleases (inet_release() in net/ipv4/af_inet.c).
 * With 0 seconds it does not wait, but ends the connection. */
static void
forget_linger (int fd)
{
  struct linger linger;
  socklen_t length = sizeof linger;

  if (getsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0 || linger.l_onoff == 0 ||
      linger.l_linger == 0)
    return;
  linger.l_onoff = 0;
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void
close_all (GUnixFDList *list)
{
  int length;
  const int *fds = g_unix_fd_list_peek_fds (list, &length);

  for (int i = 0; i < length; i++)
    forget_linger (fds[i]);
  g_object_unref (list);
}

/* With the mutex; NULL if others have nothing to do either. */
static GUnixFDList *
wait_for_list (void)
{
  GUnixFDList *list;

  if (g_queue_is_empty (&waiting) && n_idle > 0)
    return NULL;
  n_idle++;
  while (g_queue_is_empty (&waiting))
    g_cond_wait (&come, &mutex);
  n_idle--;
  n_taken++;
  list = g_queue_pop_head (&waiting);
  if (waiting.length > n_idle)
    g_cond_signal (&scarce);
  return list;
}

static gpointer
reap (gpointer data)
{
  GUnixFDList *list;

  g_mutex_lock (&mutex);
  while ((list = wait_for_list ()) != NULL) {
    g_mutex_unlock (&mutex);
    close_all (list);
    g_mutex_lock (&mutex);
  }
  n_threads--;
  g_mutex_unlock (&mutex);
  return NULL;
}

/* If there can be none now, perhaps there can a little later. */
static void
add_thread (void)
{
  g_autoptr (GThread) thread = g_thread_try_new ("reaper", reap, NULL, NULL);

  n_threads += thread != NULL;
}

/* One more thread whenever a list waits and those that there are do not go on. */
static gpointer
watch (gpointer data)
{
  g_mutex_lock (&mutex);
  while (TRUE) {
    gint64 until = g_get_monotonic_time () + PATIENCE;
    guint before = n_taken;

    if (g_queue_is_empty (&waiting) || n_threads == MOST_THREADS) {
      g_cond_wait (&scarce, &mutex);
      continue;
    }
    while (n_taken == before && g_cond_wait_until (&scarce, &mutex, until))
      ;
    if (n_taken == before)
      add_thread ();
  }
  return NULL;
}

void
nsd_reaper_start (void)
{
  g_mutex_lock (&mutex);
  add_thread ();
  g_mutex_unlock (&mutex);
  g_thread_unref (g_thread_new ("reapers", watch, NULL));
}

void
nsd_reaper_take (GUnixFDList *fds)
{
  if (fds == NULL)
    return;
  g_mutex_lock (&mutex);
  g_queue_push_tail (&waiting, fds);
  g_cond_signal (&come);
  if (waiting.length > n_idle)
    g_cond_signal (&scarce);
  g_mutex_unlock (&mutex);
}
