/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a caller is sent, over a connection without a bus. */
#include "bus-call.h"

#include <string.h>
#include <sys/socket.h>

#include "error.h"

#define MIB             (1024 * 1024)
#define LIMITS_EXCEEDED "org.freedesktop.DBus.Error.LimitsExceeded"

typedef struct {
  GDBusConnection *ours;
  GDBusConnection *theirs;
  GAsyncQueue *received; /* GDBusMessage */
  NsdCall *call;
} Fixture;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  *(GDBusConnection **)data = g_dbus_connection_new_finish (result, &error);
  g_assert_no_error (error);
}

static void
connect_end (int fd, GDBusConnectionFlags flags, GDBusConnection **ret_connection)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autofree char *guid = g_dbus_generate_guid ();

  g_dbus_connection_new (G_IO_STREAM (stream),
                         flags & G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER ? guid : NULL, flags,
                         NULL, NULL, on_connected, ret_connection);
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  if (!incoming)
    return message;
  g_async_queue_push (data, message);
  return NULL;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call ("org.netnsd1", "/org/netnsd1", NULL, "Member");
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  connect_end (fds[0], G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER, &fixture->theirs);
  connect_end (fds[1], G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, &fixture->ours);
  while (fixture->ours == NULL || fixture->theirs == NULL)
    g_main_context_iteration (NULL, TRUE);
  fixture->received = g_async_queue_new_full (g_object_unref);
  g_dbus_connection_add_filter (fixture->theirs, on_message, fixture->received, NULL);
  g_dbus_message_set_serial (message, 7);
  g_dbus_message_set_sender (message, ":1.7");
  fixture->call = nsd_call_new (fixture->ours, message, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->call, nsd_call_unref);
  g_assert_true (g_dbus_connection_close_sync (fixture->ours, NULL, NULL));
  g_object_unref (fixture->ours);
  g_object_unref (fixture->theirs);
  g_async_queue_unref (fixture->received);
}

static char *
make_text (gsize length)
{
  char *text = g_malloc (length + 1);

  memset (text, 'A', length);
  text[length] = '\0';
  return text;
}

/* The text that comes back, whether as a reply or as an error. */
static char *
receive (Fixture *fixture, const char *error_name)
{
  g_autoptr (GDBusMessage) message = g_async_queue_pop (fixture->received);
  char *text;

  g_assert_cmpuint (g_dbus_message_get_reply_serial (message), ==, 7);
  g_assert_cmpstr (g_dbus_message_get_error_name (message), ==, error_name);
  g_variant_get (g_dbus_message_get_body (message), "(s)", &text);
  return text;
}

static void
test_fits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = make_text (32 * MIB - 200);
  g_autofree char *received = NULL;

  nsd_call_return (fixture->call, g_variant_new ("(s)", text));
  received = receive (fixture, NULL);
  g_assert_true (strcmp (received, text) == 0);
}

static void
test_too_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = make_text (32 * MIB);
  g_autofree char *received = NULL;

  nsd_call_return (fixture->call, g_variant_new ("(s)", text));
  received = receive (fixture, LIMITS_EXCEEDED);
  g_assert_cmpuint (strlen (received), <, 200);
}

static void
test_long_error (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = make_text (32 * MIB);
  g_autofree char *received = NULL;

  nsd_call_fail_literal (fixture->call, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                         "Cannot make %s: too long", text);
  received = receive (fixture, "org.freedesktop.DBus.Error.InvalidArgs");
  g_assert_true (g_str_has_prefix (received, "Cannot make AAA"));
  g_assert_true (g_str_has_suffix (received, "AAA: too long"));
  g_assert_cmpuint (strlen (received), <, 1100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/call/fits", test_fits);
  ADD ("/call/too-large", test_too_large);
  ADD ("/call/long-error", test_long_error);
  return g_test_run ();
}
