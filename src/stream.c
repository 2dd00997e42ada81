/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "error.h"

/* Without any progress (milliseconds).  Libraries of callers wait 25 seconds for a reply: they
 * shall hear of it. */
#define PATIENCE 20000

/* At a time. */
#define PIECE (1024 * 1024)

/* File systems whose files do something when they are written, or wait when they are read: with our
 * rights that is not for a caller to ask for. */
static const unsigned long not_files[] = {
  PROC_SUPER_MAGIC, SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
  DEBUGFS_MAGIC,    TRACEFS_MAGIC,  SECURITYFS_MAGIC,   BPF_FS_MAGIC,
  EFIVARFS_MAGIC,   BINFMTFS_MAGIC, SELINUX_MAGIC,      SMACK_MAGIC,
};

static gboolean
is_file (int fd)
{
  struct statfs system;

  if (fstatfs (fd, &system) < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (not_files); i++)
    if ((unsigned long)system.f_type == not_files[i])
      return FALSE;
  return TRUE;
}

static gboolean
is_stream_socket (int fd)
{
  int type = 0;
  socklen_t length = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

gboolean
nsd_stream_init (NsdStream *stream, int fd, int wake, gboolean to_write, GError **error)
{
  int flags = fcntl (fd, F_GETFL);
  struct stat status;

  *stream = (NsdStream){ .fd = fd, .wake = wake };
  if (flags < 0 || fstat (fd, &status) < 0 || (flags & O_PATH) ||
      (flags & O_ACCMODE) == (to_write ? O_RDONLY : O_WRONLY)) {
    nsd_error_set_invalid (error, "The descriptor cannot be %s", to_write ? "written" : "read");
    return FALSE;
  }
  if (S_ISFIFO (status.st_mode))
    stream->sort = NSD_STREAM_PIPE;
  else if (S_ISSOCK (status.st_mode) && is_stream_socket (fd))
    stream->sort = NSD_STREAM_SOCKET;
  else if (S_ISREG (status.st_mode) && is_file (fd))
    stream->sort = NSD_STREAM_FILE;
  else {
    nsd_error_set_invalid (error,
                           "The descriptor is neither a file nor a pipe nor a stream socket");
    return FALSE;
  }
  return TRUE;
}

/* Until the descriptor is ready. */
static gboolean
wait (NsdStream *stream, short events, GError **error)
{
  struct pollfd fds[] = { { stream->fd, events, 0 }, { stream->wake, POLLIN, 0 } };
  int count;

  do
    count = poll (fds, G_N_ELEMENTS (fds), PATIENCE);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    nsd_error_set_errno (error, errno, NULL);
  else if (fds[1].revents != 0)
    g_set_error (error, NSD_ERROR, NSD_ERROR_ABORTED, "The service is shutting down");
  else if (count == 0)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT,
                 "The other end of the descriptor did nothing for %d seconds", PATIENCE / 1000);
  else
    return TRUE;
  return FALSE;
}

/* A pipe that is ready can be so for little, or not any more if others use it too: without a wait
 * where the kernel knows how to (RWF_NOWAIT for pipes: Linux 6.3), else as much as fits for sure.
 */
static ssize_t
write_some (const NsdStream *stream, gconstpointer data, gsize length)
{
  struct iovec part = { (gpointer)data, MIN (length, PIECE) };
  ssize_t written;

  if (stream->sort == NSD_STREAM_SOCKET)
    return send (stream->fd, data, MIN (length, PIECE), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (stream->sort == NSD_STREAM_FILE)
    return write (stream->fd, data, MIN (length, PIECE));
  written = pwritev2 (stream->fd, &part, 1, -1, RWF_NOWAIT);
  return written < 0 && errno == EOPNOTSUPP ? write (stream->fd, data, MIN (length, PIPE_BUF))
                                            : written;
}

static ssize_t
read_some (const NsdStream *stream, gpointer data, gsize length)
{
  struct iovec part = { data, length };
  ssize_t got;

  if (stream->sort == NSD_STREAM_SOCKET)
    return recv (stream->fd, data, length, MSG_DONTWAIT);
  if (stream->sort == NSD_STREAM_FILE)
    return read (stream->fd, data, length);
  got = preadv2 (stream->fd, &part, 1, -1, RWF_NOWAIT);
  return got < 0 && errno == EOPNOTSUPP ? read (stream->fd, data, length) : got;
}

static gboolean
is_worth_a_try (int errnum)
{
  return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR;
}

gboolean
nsd_stream_write (NsdStream *stream, gconstpointer data, gsize length, GError **error)
{
  const char *rest = data;

  while (length > 0) {
    ssize_t written;

    if (!wait (stream, POLLOUT, error))
      return FALSE;
    written = write_some (stream, rest, length);
    if (written < 0 && !is_worth_a_try (errno)) {
      nsd_error_set_errno (error, errno, NULL);
      return FALSE;
    }
    rest += MAX (written, 0);
    length -= (gsize)MAX (written, 0);
  }
  return TRUE;
}

static gboolean
check_time (gint64 begin, guint seconds, GError **error)
{
  if (g_get_monotonic_time () - begin < seconds * G_TIME_SPAN_SECOND)
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT,
               "The stream has not come to its end in %u seconds", seconds);
  return FALSE;
}

gboolean
nsd_stream_read (NsdStream *stream, GByteArray *ret_bytes, gsize most, guint seconds,
                 GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  gint64 begin = g_get_monotonic_time ();
  ssize_t got = -1;

  while (got != 0) {
    if (!check_time (begin, seconds, error) || !wait (stream, POLLIN, error))
      return FALSE;
    got = read_some (stream, buffer, PIECE);
    if (got < 0 && !is_worth_a_try (errno)) {
      nsd_error_set_errno (error, errno, NULL);
      return FALSE;
    }
    if (ret_bytes->len + (gsize)MAX (got, 0) > most) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "There are more than %" G_GSIZE_FORMAT " MiB", most / 1024 / 1024);
      return FALSE;
    }
    g_byte_array_append (ret_bytes, buffer, (guint)MAX (got, 0));
  }
  return TRUE;
}
