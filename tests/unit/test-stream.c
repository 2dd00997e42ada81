/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes from a caller, until its end or that of patience. */
#include <gio/gio.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"
#include "stream.h"

typedef struct {
  NsdStream stream;
  GByteArray *bytes;
  int writer;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], "12345", 5), ==, 5);
  fixture->writer = ends[1];
  fixture->bytes = g_byte_array_new ();
  g_assert_true (
      nsd_stream_init (&fixture->stream, ends[0], eventfd (0, EFD_CLOEXEC), FALSE, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close (fixture->stream.fd);
  close (fixture->stream.wake);
  if (fixture->writer >= 0)
    close (fixture->writer);
  g_byte_array_unref (fixture->bytes);
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  close (fixture->writer);
  fixture->writer = -1;
  g_assert_true (nsd_stream_read (&fixture->stream, fixture->bytes, 5, 60, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (fixture->bytes->data, fixture->bytes->len, "12345", 5);
}

static void
test_too_much (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (nsd_stream_read (&fixture->stream, fixture->bytes, 4, 60, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED);
}

static gpointer
trickle (gpointer data)
{
  const int *writer = data;

  while (write (*writer, "x", 1) == 1)
    g_thread_yield ();
  return NULL;
}

/* Something always comes, and the end does not. */
static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("trickle", trickle, &fixture->writer);

  g_assert_false (
      nsd_stream_read (&fixture->stream, fixture->bytes, 1024 * 1024 * 1024, 1, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT);
  g_assert_cmpuint (fixture->bytes->len, >, 0);
  close (fixture->stream.fd);
  g_thread_join (thread);
  fixture->stream.fd = -1;
}

static void
test_woken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  eventfd_write (fixture->stream.wake, 1);
  g_assert_false (nsd_stream_read (&fixture->stream, fixture->bytes, 9, 60, &error));
  g_assert_error (error, NSD_ERROR, NSD_ERROR_ABORTED);
}

static void
add (const char *path, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  add ("/stream/read", test_read);
  add ("/stream/too-much", test_too_much);
  add ("/stream/too-long", test_too_long);
  add ("/stream/woken", test_woken);
  return g_test_run ();
}
