/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who calls: the connections on the bus that have called, their users, and what each has under way.
 * The place where what one caller may have at once is counted.  Main thread. */
#pragma once

#include <gio/gio.h>

typedef struct _NsdCallers NsdCallers;
typedef struct _NsdCaller NsdCaller;

/* Called once: the user of the caller is known, or @error says that it is gone. */
typedef void (*NsdCallerFunc) (NsdCaller *caller, const GError *error, gpointer data);

/* @sender has left the bus: what it had in namespace @netns is to end. */
typedef void (*NsdCallerGoneFunc) (const char *sender, guint64 netns, gpointer data);

NsdCallers *nsd_callers_new (GDBusConnection *connection);
void nsd_callers_free (NsdCallers *callers);

/* Finds out who @sender is, from the bus, once for each connection.  Calls of one sender are
 * answered in their order. */
void nsd_callers_identify (NsdCallers *callers, const char *sender, NsdCallerFunc func,
                           gpointer data);
/* Ends every question that is under way. */
void nsd_callers_cancel (NsdCallers *callers);
guint32 nsd_caller_uid (const NsdCaller *caller);

/* What watched callers leave behind; NULL: nobody wants to know. */
void nsd_callers_set_gone_func (NsdCallers *callers, NsdCallerGoneFunc func, gpointer data);
/* @sender has something in namespace @netns that lives as long as it is on the bus; said again it
 * is the same. */
void nsd_callers_watch (NsdCallers *callers, const char *sender, guint64 netns);

/* A question to polkit on behalf of @sender begins: FALSE with LimitsExceeded if there are too
 * many.
 * @cancellable is cancelled when the sender leaves the bus. */
gboolean nsd_callers_begin_check (NsdCallers *callers, const char *sender,
                                  GCancellable *cancellable, GError **error);
void nsd_callers_end_check (NsdCallers *callers, const char *sender, guint32 uid,
                            GCancellable *cancellable);
