/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "error.h"
#include "names.h"

struct _NsdNetnsWatch {
  NsdNetnsWatchFunc func;
  gpointer data;
  int inotify_fd;
  int mountinfo_fd;
  guint inotify_source;
  guint mountinfo_source;
};

static gboolean
on_inotify (int fd, GIOCondition condition, gpointer data)
{
  NsdNetnsWatch *self = data;
  char buffer[4096] __attribute__ ((aligned (__alignof__(struct inotify_event))));

  /* Which file it was does not matter: the owner lists them all. */
  while (read (fd, buffer, sizeof buffer) > 0)
    ;
  self->func (self->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_mountinfo (int fd, GIOCondition condition, gpointer data)
{
  NsdNetnsWatch *self = data;

  self->func (self->data);
  return G_SOURCE_CONTINUE;
}

NsdNetnsWatch *
nsd_netns_watch_new (NsdNetnsWatchFunc func, gpointer data, GError **error)
{
  g_autoptr (NsdNetnsWatch) self = g_new0 (NsdNetnsWatch, 1);

  self->func = func;
  self->data = data;
  self->mountinfo_fd = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  self->inotify_fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  if (self->mountinfo_fd < 0 || self->inotify_fd < 0 ||
      inotify_add_watch (self->inotify_fd, NSD_NETNS_DIR,
                         IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR) < 0) {
    nsd_error_set_errno (error, errno, NULL);
    g_prefix_error (error, "Cannot watch " NSD_NETNS_DIR ": ");
    return NULL;
  }
  self->inotify_source = g_unix_fd_add (self->inotify_fd, G_IO_IN, on_inotify, self);
  self->mountinfo_source =
      g_unix_fd_add (self->mountinfo_fd, G_IO_PRI | G_IO_ERR, on_mountinfo, self);
  return g_steal_pointer (&self);
}

void
nsd_netns_watch_free (NsdNetnsWatch *self)
{
  g_clear_handle_id (&self->inotify_source, g_source_remove);
  g_clear_handle_id (&self->mountinfo_source, g_source_remove);
  if (self->inotify_fd >= 0)
    close (self->inotify_fd);
  if (self->mountinfo_fd >= 0)
    close (self->mountinfo_fd);
  g_free (self);
}
