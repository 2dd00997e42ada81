/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "authority.h"

#include <polkit/polkit.h>

#include "error.h"

/* A check without a dialogue that takes longer is not answered at all (seconds). */
#define TIMEOUT 25

struct _NsdAuthority {
  gboolean usable; /* the callers are on polkit's bus */
  PolkitAuthority *polkit;
};

typedef struct {
  NsdAuthority *authority;
  PolkitSubject *subject;
  char *action;
  PolkitDetails *details;
  gboolean interactive;
  GCancellable *cancellable; /* ours, chained to the caller's */
  GCancellable *outer;
  gulong outer_handler;
  guint timeout;
  NsdAuthorityFunc func;
  gpointer data;
} Check;

/* ---- which bus ---- */

static char *
bus_id (GDBusConnection *connection)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
      NULL, G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  char *id = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(s)", &id);
  return id;
}

static gboolean
is_system_bus (GDBusConnection *connection)
{
  g_autoptr (GDBusConnection) system = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  if (system == NULL || system == connection)
    return system != NULL;
  g_dbus_connection_set_exit_on_close (system, FALSE);
  ours = bus_id (connection);
  theirs = bus_id (system);
  return ours != NULL && g_strcmp0 (ours, theirs) == 0;
}

NsdAuthority *
nsd_authority_new (GDBusConnection *connection)
{
  NsdAuthority *self = g_new0 (NsdAuthority, 1);

  self->usable = is_system_bus (connection);
  if (!self->usable)
    g_message (
        "This is not the system bus: polkit is not asked, and only root may change anything");
  return self;
}

void
nsd_authority_free (NsdAuthority *self)
{
  g_clear_object (&self->polkit);
  g_free (self);
}

/* ---- a check ---- */

static void
check_free (Check *check)
{
  if (check->outer_handler != 0)
    g_cancellable_disconnect (check->outer, check->outer_handler);
  g_clear_handle_id (&check->timeout, g_source_remove);
  g_clear_object (&check->outer);
  g_clear_object (&check->cancellable);
  g_clear_object (&check->subject);
  g_clear_object (&check->details);
  g_free (check->action);
  g_free (check);
}

static void
finish (Check *check, int domain_code, GQuark domain, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (domain, domain_code, message);

  check->func (error, check->data);
  check_free (check);
}

static void
finish_error (Check *check, const GError *error)
{
  if (g_cancellable_is_cancelled (check->outer)) {
    finish (check, NSD_ERROR_ABORTED, NSD_ERROR, "The caller is gone");
    return;
  }
  g_warning ("polkit cannot be asked about %s: %s", check->action, error->message);
  finish (check, G_DBUS_ERROR_ACCESS_DENIED, G_DBUS_ERROR,
          "Not authorized: polkit cannot be asked");
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Check *check = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PolkitAuthorizationResult) answer =
      polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), result, &error);

  if (error != NULL || answer == NULL) {
    finish_error (check, error);
  } else if (polkit_authorization_result_get_is_authorized (answer)) {
    check->func (NULL, check->data);
    check_free (check);
  } else if (polkit_authorization_result_get_dismissed (answer)) {
    finish (check, NSD_ERROR_DISMISSED, NSD_ERROR,
            "Not authorized: the authentication dialogue was dismissed");
  } else if (polkit_authorization_result_get_is_challenge (answer) && !check->interactive) {
    finish (check, NSD_ERROR_INTERACTION_REQUIRED, NSD_ERROR,
            "Not authorized without authentication, and the call does not allow a dialogue");
  } else {
    g_autofree char *message = g_strdup_printf ("Not authorized: %s", check->action);

    finish (check, G_DBUS_ERROR_ACCESS_DENIED, G_DBUS_ERROR, message);
  }
}

static void
ask (Check *check)
{
  polkit_authority_check_authorization (
      check->authority->polkit, check->subject, check->action, check->details,
      check->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                         : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
      check->cancellable, on_checked, check);
}

static void
on_authority (GObject *source, GAsyncResult *result, gpointer data)
{
  Check *check = data;
  g_autoptr (GError) error = NULL;
  PolkitAuthority *polkit = polkit_authority_get_finish (result, &error);

  if (polkit == NULL) {
    finish_error (check, error);
    return;
  }
  g_set_object (&check->authority->polkit, polkit);
  g_object_unref (polkit);
  ask (check);
}

static gboolean
on_timeout (gpointer data)
{
  Check *check = data;

  check->timeout = 0;
  g_cancellable_cancel (check->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable *outer, gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

static PolkitDetails *
make_details (GHashTable *details)
{
  PolkitDetails *result = polkit_details_new ();
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, details);
  while (g_hash_table_iter_next (&iter, &key, &value))
    polkit_details_insert (result, key, value);
  return result;
}

void
nsd_authority_check (NsdAuthority *self, const char *sender, const char *action,
                     GHashTable *details, gboolean interactive, GCancellable *cancellable,
                     NsdAuthorityFunc func, gpointer data)
{
  Check *check = g_new0 (Check, 1);

  check->authority = self;
  check->action = g_strdup (action);
  check->interactive = interactive;
  check->func = func;
  check->data = data;
  check->outer = g_object_ref (cancellable);
  if (!self->usable) {
    finish (check, G_DBUS_ERROR_ACCESS_DENIED, G_DBUS_ERROR,
            "Not authorized: only root may do this on a bus that is not the system bus");
    return;
  }
  /* The name on the bus is the caller for as long as it lives; a pid could be somebody else's next.
   */
  check->subject = polkit_system_bus_name_new (sender);
  check->details = make_details (details);
  check->cancellable = g_cancellable_new ();
  check->outer_handler = g_cancellable_connect (cancellable, G_CALLBACK (on_outer_cancelled),
                                                g_object_ref (check->cancellable), g_object_unref);
  if (!interactive)
    check->timeout = g_timeout_add_seconds (TIMEOUT, on_timeout, check);
  if (self->polkit != NULL)
    ask (check);
  else
    polkit_authority_get_async (check->cancellable, on_authority, check);
}
