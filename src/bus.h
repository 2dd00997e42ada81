/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to the bus.  Main thread. */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef struct _NsdBus NsdBus;

/* A method call to a path of ours, on the main thread; @fds came with it (taken over, or NULL). */
typedef void (*NsdBusCallFunc) (GDBusConnection *connection, GDBusMessage *message,
                                GUnixFDList *fds, gpointer data);
/* The connection or the name is lost; @error says how. */
typedef void (*NsdBusLostFunc) (const GError *error, gpointer data);

/* Connects to the system bus, to the session bus, or to @address. */
NsdBus *nsd_bus_new (gboolean session, const char *address, NsdBusLostFunc lost, gpointer data,
                     GError **error);
void nsd_bus_free (NsdBus *bus);
GDBusConnection *nsd_bus_connection (NsdBus *bus);

/* From now on @func gets the calls. */
void nsd_bus_serve (NsdBus *bus, NsdBusCallFunc func, gpointer data);
/* Takes the name; Exists if somebody else has it. */
gboolean nsd_bus_own_name (NsdBus *bus, GError **error);
