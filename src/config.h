/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file: netnsd.conf(5). */
#pragma once

#include <glib.h>

typedef struct {
  guint route_object_limit; /* most routes of a namespace that are objects */
} NsdConfig;

/* Reads @file over the defaults.  A file that is not there is no error, unless @must_exist. */
gboolean nsd_config_load (NsdConfig *ret_config, const char *file, gboolean must_exist,
                          GError **error);
