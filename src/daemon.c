/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <linux/capability.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "authority.h"
#include "bus-callers.h"
#include "bus-dispatch.h"
#include "bus-props.h"
#include "bus.h"
#include "config.h"
#include "error.h"
#include "interfaces.h"
#include "names.h"
#include "reaper.h"
#include "registry.h"
#include "route-transfer.h"

/* glibc gives a thread an arena of its own until there are so many. */
#define MAX_ARENAS 2

typedef struct {
  GMainLoop *loop;
  NsdConfig config;
  NsdBus *bus;
  NsdAuthority *authority;
  NsdCallers *callers;
  NsdRegistry *registry;
  NsdDispatch *dispatch;
  int status;
} Daemon;

/* ---- what must be there ---- */

static gboolean
read_capabilities (guint64 *ret_effective)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return FALSE;
  line = strstr (text, "\nCapEff:");
  if (line == NULL)
    return FALSE;
  *ret_effective = g_ascii_strtoull (line + strlen ("\nCapEff:"), NULL, 16);
  return TRUE;
}

static gboolean
check_capabilities (GError **error)
{
  static const struct {
    int number;
    const char *name;
  } needed[] = { { CAP_NET_ADMIN, "CAP_NET_ADMIN" }, { CAP_SYS_ADMIN, "CAP_SYS_ADMIN" } };
  guint64 effective = 0;

  if (!read_capabilities (&effective)) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "Cannot read /proc/self/status");
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++) {
    if (!(effective & (1ULL << needed[i].number))) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                   "The daemon needs %s, and has not got it (is it run by root?)", needed[i].name);
      return FALSE;
    }
  }
  return TRUE;
}

/* A namespace takes four descriptors; the soft limit is usually 1024. */
static void
raise_limits (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit (RLIMIT_NOFILE, &limit) < 0)
      g_info ("Cannot raise the limit of open files: %m");
  }
  mallopt (M_ARENA_MAX, MAX_ARENAS);
  /* Without fast bins the heap is not tidied at every larger request, as each message is. */
  mallopt (M_MXFAST, 0);
}

/* sd_notify(3), which is one datagram. */
static void
notify_service_manager (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t length;
  int fd;

  if (path == NULL || (*path != '/' && *path != '@') || strlen (path) >= sizeof address.sun_path)
    return;
  memcpy (address.sun_path, path, strlen (path));
  if (*path == '@')
    address.sun_path[0] = '\0';
  length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + strlen (path));
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 ||
      sendto (fd, state, strlen (state), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
    g_warning ("Cannot notify the service manager: %m");
  if (fd >= 0)
    close (fd);
}

/* ---- life ---- */

static void
fail (Daemon *self, const GError *error)
{
  g_printerr ("netnsd: %s\n", error->message);
  self->status = 1;
  g_main_loop_quit (self->loop);
}

static void
on_lost (const GError *error, gpointer data)
{
  Daemon *self = data;

  g_message ("Stopping: %s", error->message);
  g_main_loop_quit (self->loop);
}

static gboolean
on_signal (gpointer data)
{
  g_main_loop_quit (((Daemon *)data)->loop);
  return G_SOURCE_REMOVE;
}

static void
on_call (GDBusConnection *connection, GDBusMessage *message, GUnixFDList *fds, gpointer data)
{
  nsd_dispatch_message (((Daemon *)data)->dispatch, connection, message, fds);
}

static void
on_registry_ready (const GError *error, gpointer data)
{
  Daemon *self = data;
  g_autoptr (GError) own = NULL;

  if (error == NULL) {
    nsd_bus_serve (self->bus, on_call, self);
    nsd_bus_own_name (self->bus, &own);
    error = own;
  }
  if (error != NULL) {
    fail (self, error);
    return;
  }
  g_info ("Ready");
  notify_service_manager ("READY=1");
}

static gboolean
start (Daemon *self, const NsdDaemonOptions *options, GError **error)
{
  const char *file = options->config_file != NULL ? options->config_file : NSD_CONFIG_FILE;

  if (!nsd_config_load (&self->config, file, options->config_file != NULL, error) ||
      !check_capabilities (error))
    return FALSE;
  /* The connection first: its thread must not be made in a namespace of a worker. */
  self->bus = nsd_bus_new (options->session, options->address, on_lost, self, error);
  if (self->bus == NULL)
    return FALSE;
  nsd_reaper_start ();
  self->authority = nsd_authority_new (nsd_bus_connection (self->bus));
  self->callers = nsd_callers_new (nsd_bus_connection (self->bus));
  self->registry = nsd_registry_new (nsd_bus_connection (self->bus), &self->config,
                                     on_registry_ready, self, error);
  if (self->registry == NULL)
    return FALSE;
  self->dispatch = nsd_dispatch_new (self->registry, self->authority, self->callers);
  return TRUE;
}

static void
stop (Daemon *self)
{
  notify_service_manager ("STOPPING=1");
  /* Workers end before the connection does: what is under way is answered, by them or as Aborted.
   */
  if (self->dispatch != NULL)
    nsd_dispatch_stop (self->dispatch);
  if (self->callers != NULL)
    nsd_callers_cancel (self->callers);
  nsd_route_transfer_stop ();
  g_clear_pointer (&self->registry, nsd_registry_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_pointer (&self->bus, nsd_bus_free);
  g_clear_pointer (&self->callers, nsd_callers_free);
  g_clear_pointer (&self->authority, nsd_authority_free);
  g_clear_pointer (&self->dispatch, nsd_dispatch_free);
}

int
nsd_daemon_run (const NsdDaemonOptions *options)
{
  Daemon self = { 0 };
  g_autoptr (GError) error = NULL;

  raise_limits ();
  nsd_interfaces_init ();
  nsd_props_init ();
  self.loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, &self);
  g_unix_signal_add (SIGINT, on_signal, &self);
  if (start (&self, options, &error))
    g_main_loop_run (self.loop);
  else
    fail (&self, error);
  stop (&self);
  g_main_loop_unref (self.loop);
  return self.status;
}
