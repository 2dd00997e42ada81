/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

void
nsd_log_act (guint32 uid, const char *sender, const char *action, const char *member,
             const char *path, const char *where, const char *result)
{
  GLogLevelFlags level = uid != 0 ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO;
  g_autofree char *user = NULL;
  g_autofree char *escaped = NULL;

  if (level == G_LOG_LEVEL_INFO && g_log_writer_default_would_drop (level, G_LOG_DOMAIN))
    return;
  user = g_strdup_printf ("%u", uid);
  /* What callers say must not look like a line of ours. */
  escaped = g_strescape (result, NULL);
  g_log_structured (G_LOG_DOMAIN, level, "NETNSD_UID", user, "NETNSD_SENDER", sender,
                    "NETNSD_ACTION", action, "NETNSD_OBJECT", path, "NETNSD_RESULT", escaped,
                    "MESSAGE", "uid %s: %s on %s (%s): %s", user, member, path,
                    where != NULL ? where : "the service", escaped);
}
