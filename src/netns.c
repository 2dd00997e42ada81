/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "error.h"
#include "names.h"
#include "text.h"

/* include/uapi/linux/nsfs.h of Linux 6.18 */
#ifndef NS_GET_ID
#  define NS_GET_ID _IOR (NSIO, 13, guint64)
#endif
/* include/uapi/asm-generic/socket.h of Linux 5.14 */
#ifndef SO_NETNS_COOKIE
#  define SO_NETNS_COOKIE 71
#endif

/* How long we wait for the lock on the directory: half a second (microseconds). */
#define LOCK_TRIES 50
#define LOCK_PAUSE 10000

struct _NsdNetns {
  gatomicrefcount references;
  int fd;
  guint64 id;
  guint64 inode;
};

static gboolean
set_errno (GError **error, const char *what)
{
  nsd_error_set_errno (error, errno, NULL);
  g_prefix_error (error, "%s: ", what);
  return FALSE;
}

/* ---- a namespace, held ---- */

static gboolean
read_cookie (guint64 *ret_id)
{
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socklen_t length = sizeof *ret_id;
  int result;

  if (fd < 0)
    return FALSE;
  result = getsockopt (fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_id, &length);
  close (fd);
  return result == 0;
}

NsdNetns *
nsd_netns_new_from_thread (GError **error)
{
  g_autoptr (NsdNetns) self = g_new0 (NsdNetns, 1);
  struct stat st;

  g_atomic_ref_count_init (&self->references);
  /* Of the thread, and not by the name in /run/netns: a descriptor of that would hold the mount. */
  self->fd = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &st) < 0) {
    set_errno (error, "Cannot open /proc/thread-self/ns/net");
    return NULL;
  }
  self->inode = st.st_ino;
  if (ioctl (self->fd, NS_GET_ID, &self->id) < 0 && !read_cookie (&self->id)) {
    set_errno (error, "Cannot read the id of a network namespace");
    return NULL;
  }
  return g_steal_pointer (&self);
}

NsdNetns *
nsd_netns_ref (NsdNetns *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
nsd_netns_unref (NsdNetns *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

guint64
nsd_netns_id (const NsdNetns *self)
{
  return self->id;
}

guint64
nsd_netns_inode (const NsdNetns *self)
{
  return self->inode;
}

int
nsd_netns_fd (const NsdNetns *self)
{
  return self->fd;
}

/* «net:[4026531840]» -> 4026531840 */
static guint64
parse_link_text (const char *text)
{
  guint64 inode = 0;
  g_autofree char *digits = NULL;

  if (!g_str_has_prefix (text, "net:[") || !g_str_has_suffix (text, "]"))
    return 0;
  digits = g_strndup (text + 5, strlen (text) - 6);
  return g_ascii_string_to_unsigned (digits, 10, 1, G_MAXUINT64, &inode, NULL) ? inode : 0;
}

guint64
nsd_netns_of_process (guint32 pid, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/ns/net", pid);
  g_autofree char *text = g_file_read_link (path, NULL);
  guint64 inode = text != NULL ? parse_link_text (text) : 0;

  if (inode == 0)
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no process %u", pid);
  return inode;
}

GArray *
nsd_netns_list_processes (guint64 inode)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (guint32));
  const char *name;

  while (proc != NULL && (name = g_dir_read_name (proc)) != NULL) {
    guint64 number;
    guint32 pid;

    if (!g_ascii_string_to_unsigned (name, 10, 1, G_MAXUINT32, &number, NULL))
      continue;
    pid = (guint32)number;
    if (nsd_netns_of_process (pid, NULL) == inode)
      g_array_append_val (pids, pid);
  }
  return pids;
}

gboolean
nsd_netns_enter (int fd, GError **error)
{
  return setns (fd, CLONE_NEWNET) == 0 || set_errno (error, "Cannot enter the network namespace");
}

gboolean
nsd_netns_unshare (GError **error)
{
  return unshare (CLONE_NEWNET) == 0 || set_errno (error, "Cannot make a network namespace");
}

/* ---- the directory ---- */

/* The optional fields of the topmost mount on /run/netns, as in proc(5): «shared:N», «master:N». */
static char *
read_dir_propagation (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *found = NULL;

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_auto (GStrv) fields = g_strsplit (*line, " ", 7);
    char *separator;

    if (g_strv_length (fields) < 7 || strcmp (fields[4], NSD_NETNS_DIR) != 0)
      continue;
    separator = g_str_has_prefix (fields[6], "- ") ? fields[6] : strstr (fields[6], " - ");
    if (separator != NULL) {
      *separator = '\0';
      g_free (found);
      found = g_strdup (fields[6]);
    }
  }
  return g_steal_pointer (&found);
}

static gboolean
check_propagation (GError **error)
{
  g_autofree char *fields = read_dir_propagation ();

  if (fields == NULL || strstr (fields, "shared:") == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 NSD_NETNS_DIR " is not a shared mount and cannot be made one");
    return FALSE;
  }
  /* Slave of another mount: ours would stay in this mount namespace.  That is what systemd's
   * ProtectSystem=, PrivateTmp= and their like do to a unit. */
  if (strstr (fields, "master:") != NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "Mounts on " NSD_NETNS_DIR
                 " do not propagate to the rest of the system: the daemon "
                 "runs in a mount namespace of its own (a unit with ProtectSystem=, PrivateTmp=, "
                 "PrivateMounts= or the like?)");
    return FALSE;
  }
  return TRUE;
}

static gboolean
make_shared (GError **error)
{
  if (mount ("", NSD_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) == 0)
    return TRUE;
  /* EINVAL: not a mount yet. */
  if (errno != EINVAL || mount (NSD_NETNS_DIR, NSD_NETNS_DIR, "none", MS_BIND | MS_REC, NULL) < 0 ||
      mount ("", NSD_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) < 0)
    return set_errno (error, "Cannot make " NSD_NETNS_DIR " a shared mount");
  return TRUE;
}

/* Anybody who can read the directory can hold the lock for as long as he likes: after a while we go
 * on without, as iproute2 does when it cannot lock. */
static gboolean
lock_dir (int dir)
{
  for (int i = 0; i < LOCK_TRIES; i++) {
    if (flock (dir, LOCK_EX | LOCK_NB) == 0)
      return TRUE;
    if (errno != EWOULDBLOCK && errno != EINTR)
      return FALSE;
    g_usleep (LOCK_PAUSE);
  }
  g_warning ("Another process holds the lock on " NSD_NETNS_DIR "; going on without it");
  return TRUE;
}

gboolean
nsd_netns_dir_prepare (GError **error)
{
  gboolean ok;
  int lock;

  if (g_mkdir_with_parents (NSD_NETNS_DIR, 0755) < 0)
    return set_errno (error, "Cannot make " NSD_NETNS_DIR);
  /* Done once in the life of the machine, usually. */
  if (check_propagation (NULL))
    return TRUE;
  /* The lock of iproute2's netns_add(): without it, several processes that do this at once stack
   * mounts without end (Debian bug 949235). */
  lock = open (NSD_NETNS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 || !lock_dir (lock)) {
    set_errno (error, "Cannot lock " NSD_NETNS_DIR);
    if (lock >= 0)
      close (lock);
    return FALSE;
  }
  ok = make_shared (error) && check_propagation (error);
  close (lock);
  return ok;
}

/* ---- names ---- */

gboolean
nsd_netns_check_name (const char *name, GError **error)
{
  g_autofree char *bytes = nsd_text_to_bytes (name);
  const char *problem = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    problem = "it is not UTF-8";
  else if (*name == '\0')
    problem = "it is empty";
  else if (strlen (name) > NAME_MAX)
    problem = "it is longer than 255 bytes";
  else if (*name == '-' || *name == '.')
    problem = "it begins with “-” or “.”";
  else if (strchr (name, '/') != NULL)
    problem = "it contains “/”";
  else if (g_strcmp0 (bytes, name) != 0)
    problem = "it contains an escape (\\xHH)";
  for (const char *p = name; problem == NULL && *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      problem = "it contains a control character";
  if (problem != NULL)
    nsd_error_set_invalid (error, "“%s” cannot be the name of a namespace: %s", name, problem);
  return problem == NULL;
}

static int
open_dir (void)
{
  return open (NSD_NETNS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Every nsfs file is on the one nsfs that the kernel has. */
static dev_t
nsfs_device (void)
{
  static gsize device = 0;
  struct stat st;

  if (g_once_init_enter (&device))
    g_once_init_leave (&device, stat ("/proc/self/ns/net", &st) == 0 ? (gsize)st.st_dev : 1);
  return (dev_t)device;
}

/* What the kernel knows by itself is enough: a file system of a user's would take its time, and
 * DONT_SYNC keeps it out (fuse_update_get_attr in fs/fuse/dir.c). */
guint64
nsd_netns_inode_of_fd (int fd)
{
  struct statx st;

  if (statx (fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st) < 0 ||
      makedev (st.stx_dev_major, st.stx_dev_minor) != nsfs_device ())
    return 0;
  return st.stx_ino;
}

/* The inode of the namespace that is mounted on @name, 0 if there is none. */
static guint64
inode_of_name (int dir, const char *name)
{
  struct stat st;

  if (fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
      st.st_dev != nsfs_device ())
    return 0;
  return st.st_ino;
}

GHashTable *
nsd_netns_list_names (void)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GDir) entries = g_dir_open (NSD_NETNS_DIR, 0, NULL);
  int dir = open_dir ();
  const char *name;

  while (entries != NULL && dir >= 0 && (name = g_dir_read_name (entries)) != NULL) {
    guint64 inode = inode_of_name (dir, name);

    if (inode != 0)
      g_hash_table_insert (names, g_strdup (name), g_memdup2 (&inode, sizeof inode));
  }
  if (dir >= 0)
    close (dir);
  return names;
}

gboolean
nsd_netns_name_is (const char *name, guint64 inode)
{
  int dir = open_dir ();
  gboolean result = dir >= 0 && inode_of_name (dir, name) == inode;

  if (dir >= 0)
    close (dir);
  return result;
}

int
nsd_netns_open_name (const char *name, guint64 inode)
{
  int dir = open_dir ();
  int fd = dir >= 0 ? openat (dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
  int result = -1;
  struct stat st;

  /* O_PATH first, so that nothing but a namespace is ever really opened. */
  if (fd >= 0 && fstat (fd, &st) == 0 && st.st_dev == nsfs_device () && st.st_ino == inode) {
    g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

    result = open (path, O_RDONLY | O_CLOEXEC);
    if (result >= 0 && ioctl (result, NS_GET_NSTYPE) != CLONE_NEWNET) {
      close (result);
      result = -1;
    }
  }
  if (fd >= 0)
    close (fd);
  if (dir >= 0)
    close (dir);
  return result;
}

gboolean
nsd_netns_reserve_name (const char *name, GError **error)
{
  int dir = open_dir ();
  int fd = dir >= 0 ? openat (dir, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0) : -1;
  int saved = errno;

  if (dir >= 0)
    close (dir);
  if (fd >= 0) {
    close (fd);
    return TRUE;
  }
  if (saved == EEXIST) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS, "There is already a file %s/%s", NSD_NETNS_DIR,
                 name);
    return FALSE;
  }
  errno = saved;
  return set_errno (error, "Cannot make a file in " NSD_NETNS_DIR);
}

gboolean
nsd_netns_mount_name (const char *name, const NsdNetns *netns, GError **error)
{
  g_autofree char *source = g_strdup_printf ("/proc/self/fd/%d", netns->fd);
  g_autofree char *target = g_build_filename (NSD_NETNS_DIR, name, NULL);

  return mount (source, target, "none", MS_BIND, NULL) == 0 ||
         set_errno (error, "Cannot mount the namespace in " NSD_NETNS_DIR);
}

void
nsd_netns_release_name (const char *name)
{
  g_autofree char *path = g_build_filename (NSD_NETNS_DIR, name, NULL);

  if (unlink (path) < 0)
    g_warning ("Cannot remove %s: %m", path);
}

gboolean
nsd_netns_remove_name (const char *name, guint64 inode, GError **error)
{
  g_autofree char *path = g_build_filename (NSD_NETNS_DIR, name, NULL);

  if (!nsd_netns_name_is (name, inode))
    return TRUE;
  if (umount2 (path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
    return set_errno (error, "Cannot unmount the namespace from " NSD_NETNS_DIR);
  if (unlink (path) < 0 && errno != ENOENT)
    return set_errno (error, "Cannot remove the file from " NSD_NETNS_DIR);
  return TRUE;
}
