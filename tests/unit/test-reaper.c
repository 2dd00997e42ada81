/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors are closed in threads that nobody waits for, whatever some of them take. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reaper.h"

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define MANY     200

/* Lists that hang, and those that have been closed. */
static GMutex mutex;
static GCond changed;
static gboolean hanging;
static guint n_hanging, n_closed;

static void
on_closed (gpointer data)
{
  g_mutex_lock (&mutex);
  n_closed++;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&mutex);
}

/* GObject frees this when the list has closed its descriptors. */
static void
hang (gpointer data)
{
  g_mutex_lock (&mutex);
  n_hanging++;
  g_cond_broadcast (&changed);
  while (hanging)
    g_cond_wait (&changed, &mutex);
  n_hanging--;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&mutex);
}

static void
take (int fd, GDestroyNotify closed)
{
  GUnixFDList *list = g_unix_fd_list_new_from_array (&fd, 1);

  g_object_set_data_full (G_OBJECT (list), "closed", list, closed);
  nsd_reaper_take (list);
}

static int
new_descriptor (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static gboolean
wait_until (const guint *number, guint wanted)
{
  gint64 until = g_get_monotonic_time () + PATIENCE;
  gboolean reached;

  g_mutex_lock (&mutex);
  while (*number != wanted && g_cond_wait_until (&changed, &mutex, until))
    ;
  reached = *number == wanted;
  g_mutex_unlock (&mutex);
  return reached;
}

static void
set_hanging (gboolean value)
{
  g_mutex_lock (&mutex);
  hanging = value;
  n_closed = 0;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&mutex);
}

static void
test_closes (void)
{
  int fd = new_descriptor ();

  set_hanging (FALSE);
  nsd_reaper_take (NULL);
  take (fd, on_closed);
  g_assert_true (wait_until (&n_closed, 1));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

/* The others do not wait for them, and when they end all is as before. */
static void
test_some_hang (void)
{
  set_hanging (TRUE);
  for (int i = 0; i < 5; i++)
    take (new_descriptor (), hang);
  for (int i = 0; i < MANY; i++)
    take (new_descriptor (), on_closed);
  g_assert_true (wait_until (&n_closed, MANY));
  g_assert_true (wait_until (&n_hanging, 5));
  set_hanging (FALSE);
  g_assert_true (wait_until (&n_hanging, 0));
  test_closes ();
}

/* More than there are threads: the rest waits, and nothing is lost. */
static void
test_all_hang (void)
{
  set_hanging (TRUE);
  for (int i = 0; i < MANY; i++)
    take (new_descriptor (), hang);
  take (new_descriptor (), on_closed);
  g_assert_true (wait_until (&n_hanging, 64));
  g_assert_cmpuint (n_closed, ==, 0);
  set_hanging (FALSE);
  g_assert_true (wait_until (&n_closed, 1));
  g_assert_true (wait_until (&n_hanging, 0));
}

/* Both ends of a connection whose window is full; FALSE where there is none. */
static gboolean
connect_pair (int *ret_one, int *ret_other)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  static const char bytes[65536];
  gboolean ok;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  ok = bind (listener, (struct sockaddr *)&address, sizeof address) == 0 &&
       listen (listener, 1) == 0 &&
       getsockname (listener, (struct sockaddr *)&address, &length) == 0 &&
       connect (one, (struct sockaddr *)&address, sizeof address) == 0;
  if (ok) {
    *ret_one = one;
    *ret_other = accept (listener, NULL, NULL);
    while (send (one, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
      ;
  } else
    close (one);
  close (listener);
  return ok;
}

static void
test_linger (void)
{
  const struct linger linger = { 1, 600 };
  int fds[2];

  set_hanging (FALSE);
  if (!connect_pair (&fds[0], &fds[1])) {
    g_test_skip ("There is no loopback here");
    return;
  }
  g_assert_cmpint (setsockopt (fds[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);
  take (fds[0], on_closed);
  g_assert_true (wait_until (&n_closed, 1));
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  nsd_reaper_start ();
  g_test_add_func ("/reaper/closes", test_closes);
  g_test_add_func ("/reaper/some-hang", test_some_hang);
  g_test_add_func ("/reaper/all-hang", test_all_hang);
  g_test_add_func ("/reaper/linger", test_linger);
  return g_test_run ();
}
