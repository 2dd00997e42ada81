/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks polkit.  The only place that knows it.  Main thread.
 *
 * Fails closed: a caller is allowed if polkit says so and nothing went wrong; an error, a timeout,
 * an unknown action, no polkit, a bus that is not polkit's are all a no. */
#pragma once

#include <gio/gio.h>

typedef struct _NsdAuthority NsdAuthority;

/* @error is NULL if the caller is allowed. */
typedef void (*NsdAuthorityFunc) (const GError *error, gpointer data);

/* @connection: where the callers are.  polkit identifies callers by their names on the system bus;
 * on any other bus a name would be somebody else's, and polkit is not asked at all. */
NsdAuthority *nsd_authority_new (GDBusConnection *connection);
void nsd_authority_free (NsdAuthority *authority);

/* Whether @sender may do @action, never synchronously.  @details: const char * -> const char *,
 * what rules see and dialogues say; polkit's own control characters are the caller's to avoid.
 * @cancellable ends the check, and a dialogue with it.  Errors: AccessDenied, Dismissed,
 * InteractionRequired, Aborted. */
void nsd_authority_check (NsdAuthority *authority, const char *sender, const char *action,
                          GHashTable *details, gboolean interactive, GCancellable *cancellable,
                          NsdAuthorityFunc func, gpointer data);
