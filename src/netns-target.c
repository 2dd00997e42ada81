/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns-target.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "error.h"
#include "netns.h"

static int
set_not_found (guint32 pid, GError **error)
{
  if (pid != 0)
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no process %u", pid);
  else
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND,
                 "The process of the descriptor has ended, or has no number here");
  return -1;
}

/* The number cannot have been another's if the process is there after it was used. */
static int
open_of_pidfd (int pidfd, guint32 pid, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/ns/net", pid);
  int fd = pid > 0 ? open (path, O_RDONLY | O_CLOEXEC) : -1;

  if (fd >= 0 && pidfd_send_signal (pidfd, 0, NULL, 0) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return set_not_found (pid, error);
}

int
nsd_netns_open_process (guint32 pid, GError **error)
{
  int pidfd = pid > 0 && pid <= G_MAXINT ? pidfd_open ((pid_t)pid, 0) : -1;
  int fd;

  if (pidfd < 0)
    return set_not_found (pid, error);
  fd = open_of_pidfd (pidfd, pid, error);
  close (pidfd);
  return fd;
}

/* «Pid:	4711», negative if it has ended, 0 if the process has no number here
 * (pid_namespaces(7)). */
static guint32
pid_of_pidfd (int pidfd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", pidfd);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  line = strstr (text, "\nPid:\t");
  return line != NULL ? (guint32)MAX (g_ascii_strtoll (line + strlen ("\nPid:\t"), NULL, 10), 0)
                      : 0;
}

static gboolean
is_pidfd (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *text = g_file_read_link (path, NULL);

  return g_strcmp0 (text, "anon_inode:[pidfd]") == 0;
}

static int
open_again (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  int result = open (path, O_RDONLY | O_CLOEXEC);

  if (result >= 0 && ioctl (result, NS_GET_NSTYPE) == CLONE_NEWNET)
    return result;
  if (result >= 0)
    close (result);
  return -1;
}

int
nsd_netns_open_target (int fd, guint32 *ret_pid, GError **error)
{
  int target;

  *ret_pid = 0;
  if (is_pidfd (fd)) {
    *ret_pid = pid_of_pidfd (fd);
    return open_of_pidfd (fd, *ret_pid, error);
  }
  target = nsd_netns_inode_of_fd (fd) != 0 ? open_again (fd) : -1;
  if (target < 0)
    nsd_error_set_invalid (error,
                           "The descriptor is neither a network namespace nor that of a process");
  return target;
}
