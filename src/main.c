/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <locale.h>
#include <unistd.h>

#include "daemon.h"

/* GLib before 2.76 has an allocator of its own, which keeps some 22 KB for each thread: half of
 * what a namespace costs.  It asks the environment how it shall be, before main() runs: run once
 * more. */
static void
disable_slices (char **argv)
{
  g_autofree char *program = NULL;

  if (glib_check_version (2, 76, 0) == NULL || g_getenv ("G_SLICE") != NULL)
    return;
  g_setenv ("G_SLICE", "always-malloc", TRUE);
  /* By its own name, which ps(1) shows. */
  program = g_file_read_link ("/proc/self/exe", NULL);
  if (program != NULL)
    execv (program, argv);
  g_info ("Cannot run again with G_SLICE=always-malloc: %m");
}

int
main (int argc, char **argv)
{
  NsdDaemonOptions options = { 0 };
  gboolean version = FALSE;
  g_autofree char *address = NULL;
  g_autofree char *config_file = NULL;
  const GOptionEntry entries[] = {
    { "session", 0, 0, G_OPTION_ARG_NONE, &options.session,
      "Serve on the session bus, for root alone", NULL },
    { "address", 0, 0, G_OPTION_ARG_STRING, &address, "Serve on the bus at ADDR", "ADDR" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &config_file, "Read FILE instead of " NSD_CONFIG_FILE,
      "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- manage network namespaces over D-Bus");
  g_autoptr (GError) error = NULL;

  disable_slices (argv);
  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("netnsd: %s\n", error->message);
    return 1;
  }
  if (argc > 1 || (options.session && address != NULL)) {
    g_printerr (argc > 1 ? "netnsd: unexpected argument (see netnsd --help)\n"
                         : "netnsd: --session and --address exclude each other\n");
    return 1;
  }
  if (version) {
    g_print ("netnsd " NSD_VERSION "\n");
    return 0;
  }
  options.address = address;
  options.config_file = config_file;
  return nsd_daemon_run (&options);
}
