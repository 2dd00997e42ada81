/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-callers.h"

#include "error.h"

/* A dead caller's question stays with polkit until it is cancelled; a living one's may wait for a
 * person. */
#define MAX_CHECKS_OF_SENDER 4
#define MAX_CHECKS_OF_USER   16
#define MAX_CHECKS           256

struct _NsdCallers {
  GDBusConnection *connection;
  guint watch;
  GHashTable *by_name;       /* unique name -> NsdCaller, owned */
  GHashTable *checks_of_uid; /* uid -> number */
  guint n_checks;
  NsdCallerGoneFunc gone;
  gpointer gone_data;
};

struct _NsdCaller {
  NsdCallers *callers;
  char *name;
  gboolean known; /* uid has been learnt */
  guint32 uid;
  GArray *waiting;   /* Waiter, until then */
  GPtrArray *checks; /* GCancellable */
  GArray *watched;   /* guint64: namespaces where it has something; NULL: nowhere */
};

typedef struct {
  NsdCallerFunc func;
  gpointer data;
} Waiter;

static void
cancel_checks (NsdCaller *caller)
{
  for (guint i = 0; i < caller->checks->len; i++)
    g_cancellable_cancel (caller->checks->pdata[i]);
}

static void
caller_free (gpointer data)
{
  NsdCaller *caller = data;

  cancel_checks (caller);
  g_clear_pointer (&caller->watched, g_array_unref);
  g_ptr_array_unref (caller->checks);
  g_array_unref (caller->waiting);
  g_free (caller->name);
  g_free (caller);
}

void
nsd_callers_cancel (NsdCallers *self)
{
  GHashTableIter iter;
  gpointer caller;

  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    cancel_checks (caller);
}

static void on_name_owner_changed (GDBusConnection *connection, const char *sender,
                                   const char *path, const char *interface, const char *signal,
                                   GVariant *parameters, gpointer data);

NsdCallers *
nsd_callers_new (GDBusConnection *connection)
{
  NsdCallers *self = g_new0 (NsdCallers, 1);

  self->connection = g_object_ref (connection);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, caller_free);
  self->checks_of_uid = g_hash_table_new (NULL, NULL);
  /* One rule for all: a bus allows some hundred of a connection, and there may be more callers. */
  self->watch = g_dbus_connection_signal_subscribe (
      connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
      "/org/freedesktop/DBus", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_name_owner_changed, self, NULL);
  return self;
}

void
nsd_callers_free (NsdCallers *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->watch);
  g_hash_table_unref (self->by_name);
  g_hash_table_unref (self->checks_of_uid);
  g_object_unref (self->connection);
  g_free (self);
}

guint32
nsd_caller_uid (const NsdCaller *caller)
{
  return caller->uid;
}

/* ---- what it leaves behind ---- */

static void
tell_gone (NsdCallers *self, const char *sender, guint64 netns)
{
  if (self->gone != NULL)
    self->gone (sender, netns, self->gone_data);
}

static void
remove_caller (NsdCallers *self, NsdCaller *caller)
{
  for (guint i = 0; caller->watched != NULL && i < caller->watched->len; i++)
    tell_gone (self, caller->name, g_array_index (caller->watched, guint64, i));
  g_hash_table_remove (self->by_name, caller->name);
}

void
nsd_callers_set_gone_func (NsdCallers *self, NsdCallerGoneFunc func, gpointer data)
{
  self->gone = func;
  self->gone_data = data;
}

void
nsd_callers_watch (NsdCallers *self, const char *sender, guint64 netns)
{
  NsdCaller *caller = g_hash_table_lookup (self->by_name, sender);

  /* It left while the worker did what it had asked for. */
  if (caller == NULL) {
    tell_gone (self, sender, netns);
    return;
  }
  if (caller->watched == NULL)
    caller->watched = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint i = 0; i < caller->watched->len; i++)
    if (g_array_index (caller->watched, guint64, i) == netns)
      return;
  g_array_append_val (caller->watched, netns);
}

/* ---- who it is ---- */

typedef struct {
  NsdCallers *callers;
  char *name;
} Question;

static void
on_name_owner_changed (GDBusConnection *connection, const char *sender, const char *path,
                       const char *interface, const char *signal, GVariant *parameters,
                       gpointer data)
{
  NsdCallers *self = data;
  const char *name, *new_owner;
  NsdCaller *caller;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  caller = g_hash_table_lookup (self->by_name, name);
  /* One that is still being identified learns it from that answer. */
  if (*new_owner == '\0' && caller != NULL && caller->known)
    remove_caller (self, caller);
}

static void
on_user (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  NsdCallers *self = question->callers;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  NsdCaller *caller = g_hash_table_lookup (self->by_name, question->name);
  g_autoptr (GArray) waiting = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &caller->uid);
  caller->known = TRUE;
  waiting = g_steal_pointer (&caller->waiting);
  caller->waiting = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiting->len; i++) {
    Waiter *waiter = &g_array_index (waiting, Waiter, i);

    waiter->func (error == NULL ? caller : NULL, error, waiter->data);
  }
  if (error != NULL)
    remove_caller (self, caller);
  g_free (question->name);
  g_free (question);
}

static NsdCaller *
add_caller (NsdCallers *self, const char *sender)
{
  NsdCaller *caller = g_new0 (NsdCaller, 1);
  Question *question = g_new (Question, 1);

  caller->callers = self;
  caller->name = g_strdup (sender);
  caller->waiting = g_array_new (FALSE, FALSE, sizeof (Waiter));
  caller->checks = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_insert (self->by_name, caller->name, caller);
  *question = (Question){ self, g_strdup (sender) };
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixUser",
                          g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_user, question);
  return caller;
}

void
nsd_callers_identify (NsdCallers *self, const char *sender, NsdCallerFunc func, gpointer data)
{
  NsdCaller *caller = g_hash_table_lookup (self->by_name, sender);
  Waiter waiter = { func, data };

  if (caller == NULL)
    caller = add_caller (self, sender);
  if (caller->known)
    func (caller, NULL, data);
  else
    g_array_append_val (caller->waiting, waiter);
}

/* ---- what it has under way ---- */

static guint
checks_of_uid (NsdCallers *self, guint32 uid)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->checks_of_uid, GUINT_TO_POINTER (uid)));
}

static void
count_check (NsdCallers *self, guint32 uid, int change)
{
  guint number = checks_of_uid (self, uid) + (guint)change;

  self->n_checks += (guint)change;
  if (number > 0)
    g_hash_table_insert (self->checks_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (number));
  else
    g_hash_table_remove (self->checks_of_uid, GUINT_TO_POINTER (uid));
}

gboolean
nsd_callers_begin_check (NsdCallers *self, const char *sender, GCancellable *cancellable,
                         GError **error)
{
  NsdCaller *caller = g_hash_table_lookup (self->by_name, sender);

  if (caller == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_ABORTED, "The caller is gone");
    return FALSE;
  }
  if (caller->checks->len >= MAX_CHECKS_OF_SENDER ||
      checks_of_uid (self, caller->uid) >= MAX_CHECKS_OF_USER || self->n_checks >= MAX_CHECKS) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "Too many calls wait for authorization: at most %d of a connection, %d of a user",
                 MAX_CHECKS_OF_SENDER, MAX_CHECKS_OF_USER);
    return FALSE;
  }
  g_ptr_array_add (caller->checks, g_object_ref (cancellable));
  count_check (self, caller->uid, 1);
  return TRUE;
}

void
nsd_callers_end_check (NsdCallers *self, const char *sender, guint32 uid, GCancellable *cancellable)
{
  NsdCaller *caller = g_hash_table_lookup (self->by_name, sender);

  count_check (self, uid, -1);
  if (caller != NULL)
    g_ptr_array_remove_fast (caller->checks, cancellable);
}
