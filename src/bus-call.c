/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-call.h"

#include <string.h>
#include <unistd.h>

#include "error.h"
#include "log.h"
#include "names.h"
#include "reaper.h"
#include "text.h"

/* The bus closes the connection of whoever sends more in one message: max_message_size of the
 * system bus, dbus-daemon(1). */
#define MOST_BYTES (32 * 1024 * 1024)

/* Errors repeat what the caller said, and the log repeats errors. */
#define MOST_TEXT 1024

static gint stopping; /* atomic: the service ends */

void
nsd_call_begin_stop (void)
{
  g_atomic_int_set (&stopping, TRUE);
}

NsdCall *
nsd_call_new (GDBusConnection *connection, GDBusMessage *message, GUnixFDList *fds)
{
  NsdCall *call = g_new0 (NsdCall, 1);

  g_atomic_ref_count_init (&call->references);
  call->connection = g_object_ref (connection);
  call->message = g_object_ref (message);
  call->cancellable = g_cancellable_new ();
  call->request.object_path = g_dbus_message_get_path (message);
  call->request.interface = g_dbus_message_get_interface (message);
  call->request.sender = g_dbus_message_get_sender (message);
  call->request.fds = fds;
  call->request.target_fd = -1;
  call->request.parameters = g_dbus_message_get_body (message);
  if (call->request.parameters != NULL)
    g_variant_ref (call->request.parameters);
  else
    call->request.parameters = g_variant_ref_sink (g_variant_new_tuple (NULL, 0));
  return call;
}

NsdCall *
nsd_call_ref (NsdCall *call)
{
  g_atomic_ref_count_inc (&call->references);
  return call;
}

/* A call for a namespace waits for a worker, and a worker ends with its namespace or with the
 * service. */
static void
give_up (NsdCall *call)
{
  if (call->request.path.node >= NSD_NODE_NAMESPACE && !g_atomic_int_get (&stopping))
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_GONE,
                           "A namespace went while the call was under way");
  else
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_ABORTED, "The call was given up");
}

void
nsd_call_unref (NsdCall *call)
{
  if (!g_atomic_ref_count_dec (&call->references))
    return;
  if (!g_atomic_int_get (&call->replied))
    give_up (call);
  g_clear_pointer (&call->request.parameters, g_variant_unref);
  g_clear_pointer (&call->request.settle, g_array_unref);
  if (call->request.settle_destroy != NULL)
    call->request.settle_destroy (call->request.settle_data);
  g_clear_pointer (&call->result, g_variant_unref);
  g_clear_object (&call->request.fds_out);
  g_clear_error (&call->error);
  nsd_reaper_take (g_steal_pointer (&call->request.fds));
  if (call->request.target_fd >= 0)
    close (call->request.target_fd);
  g_clear_object (&call->cancellable);
  g_free (call->where);
  g_free (call->link);
  g_free (call->kind);
  g_object_unref (call->message);
  g_object_unref (call->connection);
  g_free (call);
}

/* What is far from the limit need not be measured: none of our types is four times as large on the
 * bus as in memory. */
static gboolean
fits (GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);
  g_autofree guchar *bytes = NULL;
  gsize size;

  if (body == NULL || g_variant_get_size (body) <= MOST_BYTES / 4)
    return TRUE;
  bytes = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  return bytes != NULL && size <= MOST_BYTES;
}

static void
send (NsdCall *call, GDBusMessage *reply)
{
  g_autoptr (GDBusMessage) owned = reply;
  g_autoptr (GError) error = NULL;

  if (g_dbus_message_get_flags (call->message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    return;
  if (!g_dbus_connection_send_message (call->connection, owned, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                       NULL, &error))
    g_debug ("Cannot send a reply: %s", error->message);
}

/* One line for each privileged act, and for each that was refused. */
static void
note (NsdCall *call, const char *result)
{
  const NsdRequest *request = &call->request;

  if (request->method == NULL || strcmp (request->method->action, NSD_READ) == 0)
    return;
  nsd_log_act (request->uid, g_dbus_message_get_sender (call->message), request->method->action,
               request->method->member, request->object_path, request->where, result);
}

void
nsd_call_return (NsdCall *call, GVariant *result)
{
  g_autoptr (GVariant) body = result != NULL ? g_variant_ref_sink (result) : NULL;
  GDBusMessage *reply;

  if (!g_atomic_int_compare_and_exchange (&call->replied, 0, 1))
    return;
  note (call, "done");
  reply = g_dbus_message_new_method_reply (call->message);
  if (body != NULL)
    g_dbus_message_set_body (reply, body);
  if (call->request.fds_out != NULL)
    g_dbus_message_set_unix_fd_list (reply, call->request.fds_out);
  if (!fits (reply)) {
    g_object_unref (reply);
    reply = g_dbus_message_new_method_error_literal (
        call->message, "org.freedesktop.DBus.Error.LimitsExceeded",
        "The answer is larger than a message on the bus can be; ask for less at a time");
  }
  send (call, reply);
}

void
nsd_call_fail (NsdCall *call, const GError *error)
{
  g_autofree char *text = nsd_text_shorten (error->message, MOST_TEXT);
  g_autofree char *name = NULL;

  if (!g_atomic_int_compare_and_exchange (&call->replied, 0, 1))
    return;
  note (call, text);
  if (error->domain == NSD_ERROR || error->domain == G_DBUS_ERROR)
    name = g_dbus_error_encode_gerror (error);
  send (call, g_dbus_message_new_method_error_literal (
                  call->message, name != NULL ? name : "org.freedesktop.DBus.Error.Failed", text));
}

void
nsd_call_fail_literal (NsdCall *call, GQuark domain, int code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (domain, code, format, args);
  va_end (args);
  nsd_call_fail (call, error);
}

/* ---- requests that are answered later ---- */

static void
defer (NsdRequest *request)
{
  nsd_call_ref ((NsdCall *)request);
}

static void
finish (NsdRequest *request, GVariant *reply, GError *error)
{
  NsdCall *call = (NsdCall *)request;

  if (error != NULL)
    nsd_call_fail (call, error);
  else
    nsd_call_return (call, reply);
  g_clear_error (&error);
  nsd_call_unref (call);
}

const NsdRequestHooks nsd_call_request_hooks = { defer, finish };
