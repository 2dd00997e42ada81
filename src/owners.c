/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "owners.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "names.h"

#define DIRECTORY NSD_STATE_DIR "/owners"

static char *
file_of (guint64 netns)
{
  return g_strdup_printf (DIRECTORY "/%" G_GUINT64_FORMAT, netns);
}

guint32
nsd_owners_get (guint64 netns)
{
  g_autofree char *file = file_of (netns);
  g_autofree char *text = NULL;
  guint64 uid = 0;

  if (g_file_get_contents (file, &text, NULL, NULL))
    g_ascii_string_to_unsigned (g_strchomp (text), 10, 0, G_MAXUINT32, &uid, NULL);
  return (guint32)uid;
}

void
nsd_owners_set (guint64 netns, guint32 uid)
{
  g_autofree char *file = file_of (netns);
  g_autofree char *text = g_strdup_printf ("%u\n", uid);
  g_autoptr (GError) error = NULL;

  if (g_mkdir_with_parents (DIRECTORY, 0755) < 0 ||
      !g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
    g_warning ("Cannot note the owner of namespace %" G_GUINT64_FORMAT ": %s", netns,
               error != NULL ? error->message : g_strerror (errno));
}

void
nsd_owners_forget (guint64 netns)
{
  g_autofree char *file = file_of (netns);

  g_unlink (file);
}
