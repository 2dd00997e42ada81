/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network namespaces and their names.
 *
 * A name is what iproute2 makes it: a file in /run/netns on which the namespace is mounted.  A file
 * that is not a mount of nsfs is not a name, whoever left it there, and is never touched.
 *
 * NsdNetns is immutable and counted, any thread; the functions on names are for the main thread. */
#pragma once

#include <glib.h>

/* ---- a namespace, held ---- */

/* Holding one keeps the kernel's namespace alive (and its physical devices away from home), so
 * nobody keeps a reference longer than a call, but the registry and the worker. */
typedef struct _NsdNetns NsdNetns;

/* The namespace of the calling thread.  Its id is the kernel's: NS_GET_ID (Linux 6.18), else
 * SO_NETNS_COOKIE (5.14); the same number where there are both. */
NsdNetns *nsd_netns_new_from_thread (GError **error);
NsdNetns *nsd_netns_ref (NsdNetns *netns);
void nsd_netns_unref (NsdNetns *netns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdNetns, nsd_netns_unref)

guint64 nsd_netns_id (const NsdNetns *netns);
guint64 nsd_netns_inode (const NsdNetns *netns);
int nsd_netns_fd (const NsdNetns *netns); /* an nsfs descriptor, owned by @netns */

/* The inode of the network namespace of process @pid; 0 with NotFound. */
guint64 nsd_netns_of_process (guint32 pid, GError **error);
/* The inode of the namespace that @fd is a file of (nsfs), 0 if it is none of any sort.  No file
 * system is asked. */
guint64 nsd_netns_inode_of_fd (int fd);
/* The processes whose main thread is in the namespace with @inode: guint32, unsorted.  Any thread.
 */
GArray *nsd_netns_list_processes (guint64 inode);

/* The thread enters @fd (nsfs), or a namespace that it makes.  For threads that were made for this
 * alone. */
gboolean nsd_netns_enter (int fd, GError **error);
gboolean nsd_netns_unshare (GError **error);

/* ---- names ---- */

/* Makes /run/netns a shared mount as `ip netns add` does, under the same lock.  Fails if mounts
 * made there would not reach the rest of the system. */
gboolean nsd_netns_dir_prepare (GError **error);

/* Refuses what is not fit to be a new name: 1 to 255 bytes of UTF-8 without «/», control characters
 * and `\xHH`, not beginning with «-» or «.». */
gboolean nsd_netns_check_name (const char *name, GError **error);

/* All names: file name (bytes as they are) -> inode of the namespace (guint64, boxed). */
GHashTable *nsd_netns_list_names (void);
/* Whether @name is the namespace with @inode. */
gboolean nsd_netns_name_is (const char *name, guint64 inode);
/* An nsfs descriptor for @name if it is the network namespace with @inode, else -1. */
int nsd_netns_open_name (const char *name, guint64 inode);

/* The steps of naming: take the name (Exists), then mount, or give it back. */
gboolean nsd_netns_reserve_name (const char *name, GError **error);
gboolean nsd_netns_mount_name (const char *name, const NsdNetns *netns, GError **error);
void nsd_netns_release_name (const char *name);
/* Removes @name if it is still the namespace with @inode; a name that is gone is no error. */
gboolean nsd_netns_remove_name (const char *name, guint64 inode, GError **error);
