/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the parts together and runs until it is told to stop.  Main thread. */
#pragma once

#include <glib.h>

typedef struct {
  gboolean session;        /* the session bus instead of the system bus */
  const char *address;     /* or a bus at this address, or NULL */
  const char *config_file; /* or NULL for the default, which need not exist */
} NsdDaemonOptions;

/* Returns the exit status: 0 after SIGTERM or SIGINT, or when the bus goes away in good order; 1
 * after a failure, which is logged. */
int nsd_daemon_run (const NsdDaemonOptions *options);
