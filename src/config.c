/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "error.h"

typedef struct {
  const char *group;
  const char *key;
  gsize offset; /* of a guint in NsdConfig */
} Setting;

static const NsdConfig defaults = { .route_object_limit = 10000 };
static const Setting settings[];
static const gsize n_settings;

static const Setting *
find_setting (const char *group, const char *key)
{
  for (gsize i = 0; i < n_settings; i++)
    if (strcmp (settings[i].group, group) == 0 && strcmp (settings[i].key, key) == 0)
      return &settings[i];
  return NULL;
}

static gboolean
read_setting (GKeyFile *key_file, const char *group, const char *key, NsdConfig *config,
              GError **error)
{
  const Setting *setting = find_setting (group, key);
  g_autofree char *text = NULL;
  guint64 number;

  if (setting == NULL) {
    nsd_error_set_invalid (error, "unknown setting %s in group [%s]", key, group);
    return FALSE;
  }
  text = g_key_file_get_string (key_file, group, key, error);
  if (text == NULL)
    return FALSE;
  g_strstrip (text);
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT, &number, NULL)) {
    nsd_error_set_invalid (error, "%s=%s is not a number from 0 to %u", key, text, G_MAXUINT);
    return FALSE;
  }
  *(guint *)((char *)config + setting->offset) = (guint)number;
  return TRUE;
}

static gboolean
read_all (GKeyFile *key_file, NsdConfig *config, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (key_file, NULL);

  for (char **group = groups; *group != NULL; group++) {
    g_auto (GStrv) keys = g_key_file_get_keys (key_file, *group, NULL, NULL);

    for (char **key = keys; key != NULL && *key != NULL; key++)
      if (!read_setting (key_file, *group, *key, config, error))
        return FALSE;
  }
  return TRUE;
}

gboolean
nsd_config_load (NsdConfig *ret_config, const char *file, gboolean must_exist, GError **error)
{
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (GError) inner = NULL;
  NsdConfig config = defaults;

  if (g_key_file_load_from_file (key_file, file, G_KEY_FILE_NONE, &inner))
    read_all (key_file, &config, &inner);
  else if (!must_exist && g_error_matches (inner, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_clear_error (&inner);
  if (inner != NULL) {
    g_propagate_prefixed_error (error, g_steal_pointer (&inner), "Cannot read %s: ", file);
    return FALSE;
  }
  *ret_config = config;
  return TRUE;
}

static const Setting settings[] = {
  { "Limits", "RouteObjectLimit", offsetof (NsdConfig, route_object_limit) },
};
static const gsize n_settings = G_N_ELEMENTS (settings);
