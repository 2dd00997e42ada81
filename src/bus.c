/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls come in through a message filter, not through registered objects: the objects below a
 * namespace are its worker's, and GDBus's subtrees would ask the main thread for them, at once and
 * for each introspection.  So Get, GetAll, Set, Introspect and GetManagedObjects go through the one
 * door that methods go through. */
#include "bus.h"

#include <string.h>

#include "error.h"
#include "names.h"
#include "reaper.h"

/* org.freedesktop.DBus.RequestName (D-Bus Specification, «Message Bus Messages») */
#define NAME_FLAG_DO_NOT_QUEUE   4
#define NAME_REPLY_PRIMARY_OWNER 1

struct _NsdBus {
  GDBusConnection *connection;
  guint filter;
  guint name_lost;
  gulong closed;
  NsdBusCallFunc func;
  gpointer func_data;
  NsdBusLostFunc lost;
  gpointer lost_data;
};

typedef struct {
  NsdBus *bus;
  GDBusMessage *message;
  GUnixFDList *fds;
} Delivery;

static void
on_closed (GDBusConnection *connection, gboolean remote_peer_vanished, GError *error, gpointer data)
{
  NsdBus *self = data;
  g_autoptr (GError) local =
      g_error_new_literal (NSD_ERROR, NSD_ERROR_ABORTED, "The connection to the bus is closed");

  self->lost (error != NULL ? error : local, self->lost_data);
}

static void
on_name_lost (GDBusConnection *connection, const char *sender, const char *path,
              const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
  NsdBus *self = data;
  g_autoptr (GError) error = g_error_new_literal (NSD_ERROR, NSD_ERROR_ABORTED,
                                                  "The name " NSD_BUS_NAME " was taken away");

  self->lost (error, self->lost_data);
}

static GDBusConnection *
connect_to (gboolean session, const char *address, GError **error)
{
  if (address != NULL)
    return g_dbus_connection_new_for_address_sync (
        address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, error);
  return g_bus_get_sync (session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, error);
}

NsdBus *
nsd_bus_new (gboolean session, const char *address, NsdBusLostFunc lost, gpointer data,
             GError **error)
{
  GDBusConnection *connection = connect_to (session, address, error);
  NsdBus *self;

  if (connection == NULL) {
    g_prefix_error (error, "Cannot connect to the bus: ");
    return NULL;
  }
  self = g_new0 (NsdBus, 1);
  self->connection = connection;
  self->lost = lost;
  self->lost_data = data;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->closed = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
  return self;
}

void
nsd_bus_free (NsdBus *self)
{
  if (self->filter != 0)
    g_dbus_connection_remove_filter (self->connection, self->filter);
  if (self->name_lost != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->name_lost);
  g_signal_handler_disconnect (self->connection, self->closed);
  /* The last replies go out. */
  g_dbus_connection_flush_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_free (self);
}

GDBusConnection *
nsd_bus_connection (NsdBus *self)
{
  return self->connection;
}

/* ---- calls ---- */

static gboolean
deliver (gpointer data)
{
  Delivery *delivery = data;

  delivery->bus->func (delivery->bus->connection, delivery->message,
                       g_steal_pointer (&delivery->fds), delivery->bus->func_data);
  return G_SOURCE_REMOVE;
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  nsd_reaper_take (delivery->fds);
  g_object_unref (delivery->message);
  g_free (delivery);
}

static gboolean
is_ours (GDBusMessage *message)
{
  const char *path = g_dbus_message_get_path (message);

  return g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL &&
         g_strcmp0 (g_dbus_message_get_interface (message), NSD_IFACE_PEER) != 0 &&
         (strcmp (path, "/") == 0 || strcmp (path, "/org") == 0 ||
          g_str_has_prefix (path, NSD_PATH_MANAGER));
}

static void
close_descriptors (gpointer fds)
{
  nsd_reaper_take (fds);
}

/* To close a descriptor can take any time, and a message is freed by whoever drops it last.  What
 * hangs on it goes after its own reference (g_object_finalize comes last): so it is the reaper that
 * closes. */
static GUnixFDList *
hold_descriptors (GDBusMessage *message)
{
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);

  if (fds != NULL)
    g_object_set_data_full (G_OBJECT (message), "nsd-descriptors", g_object_ref (fds),
                            close_descriptors);
  return fds;
}

/* Runs in GDBus's worker thread, before anything is queued: this is where a flood will be met. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  Delivery *delivery;
  GUnixFDList *fds;

  if (!incoming)
    return message;
  fds = hold_descriptors (message);
  if (!is_ours (message))
    return message;
  delivery = g_new (Delivery, 1);
  *delivery = (Delivery){ data, message, fds != NULL ? g_object_ref (fds) : NULL };
  g_main_context_invoke_full (g_main_context_default (), G_PRIORITY_DEFAULT, deliver, delivery,
                              delivery_free);
  return NULL;
}

void
nsd_bus_serve (NsdBus *self, NsdBusCallFunc func, gpointer data)
{
  self->func = func;
  self->func_data = data;
  self->filter = g_dbus_connection_add_filter (self->connection, on_message, self, NULL);
}

/* ---- the name ---- */

gboolean
nsd_bus_own_name (NsdBus *self, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", NSD_BUS_NAME, NAME_FLAG_DO_NOT_QUEUE),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
  guint32 result;

  if (reply == NULL) {
    g_prefix_error (error, "Cannot own the name " NSD_BUS_NAME ": ");
    return FALSE;
  }
  g_variant_get (reply, "(u)", &result);
  if (result != NAME_REPLY_PRIMARY_OWNER) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS,
                 "Cannot own the name " NSD_BUS_NAME ": another process has it");
    return FALSE;
  }
  self->name_lost = g_dbus_connection_signal_subscribe (
      self->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameLost",
      "/org/freedesktop/DBus", NSD_BUS_NAME, G_DBUS_SIGNAL_FLAGS_NONE, on_name_lost, self, NULL);
  return TRUE;
}
