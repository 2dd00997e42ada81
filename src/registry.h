/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces on the bus: the one that the daemon was started in, and every one that has a name.
 *
 * One entry and one worker for each namespace, however many names it has.  The names are the file
 * system's: whatever changes them, scanning finds out, tells the bus, starts and stops workers.
 * Main thread. */
#pragma once

#include "config.h"
#include "net.h"
#include "netns-watch.h"

typedef struct _NsdRegistry NsdRegistry;

typedef struct {
  NsdNetns *netns;
  NsdNetShared *shared;
  NsdWorker *worker;
  char *path;
  gboolean announced; /* on the bus */
  gboolean host;
  guint32 owner;    /* uid of who made it through this service */
  GPtrArray *names; /* file names, bytes as they are, sorted */
} NsdNamespace;

typedef void (*NsdRegistryFunc) (NsdNamespace *namespace, const GError *error, gpointer data);

/* Starts the worker of the host namespace and those of the names that there are; @ready (main
 * thread) when all of them know their namespaces. */
NsdRegistry *nsd_registry_new (GDBusConnection *connection, const NsdConfig *config,
                               void (*ready) (const GError *error, gpointer data), gpointer data,
                               GError **error);
/* Stops all workers and waits for them.  The namespaces stay: they are the kernel's. */
void nsd_registry_free (NsdRegistry *registry);

NsdNamespace *nsd_registry_find (NsdRegistry *registry, guint64 id);
NsdNamespace *nsd_registry_find_by_inode (NsdRegistry *registry, guint64 inode);
/* @name as text: see text.h. */
NsdNamespace *nsd_registry_find_by_name (NsdRegistry *registry, const char *name);
NsdNamespace *nsd_registry_host (NsdRegistry *registry);
/* In the order of their ids; free the list only. */
GList *nsd_registry_list (NsdRegistry *registry);

/* Makes a namespace and names it. */
void nsd_registry_create (NsdRegistry *registry, const char *name, gboolean loopback_up,
                          guint32 owner, NsdRegistryFunc done, gpointer data);
/* Names the namespace @fd (nsfs, taken over), unless it is the host's. */
void nsd_registry_attach (NsdRegistry *registry, const char *name, int fd, NsdRegistryFunc done,
                          gpointer data);
/* Removes all names; @done when the worker has let go.  On failure some names may be gone. */
void nsd_registry_delete (NsdRegistry *registry, NsdNamespace *namespace, NsdRegistryFunc done,
                          gpointer data);

/* The names of a namespace as text, NULL-terminated. */
char **nsd_namespace_names (const NsdNamespace *namespace);
/* «namespace blue», «the host namespace»: for messages. */
char *nsd_namespace_describe (const NsdNamespace *namespace);
