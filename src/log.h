/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logging: GLib's structured logging, which goes to the journal under systemd and to stderr
 * elsewhere. G_MESSAGES_DEBUG=netnsd shows info and debug messages too.  Any thread. */
#pragma once

#include <glib.h>

/* A privileged act, or its refusal, as one line with fields (NETNSD_UID, NETNSD_ACTION, …): a
 * message for those who are not root, information for root.  @where may be NULL. */
void nsd_log_act (guint32 uid, const char *sender, const char *action, const char *member,
                  const char *path, const char *where, const char *result);
