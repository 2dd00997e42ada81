/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of the registry share: registry.c has the entries and their names,
 * registry-start.c the workers on their way to become entries.  Main thread. */
#pragma once

#include "registry.h"

struct _NsdRegistry {
  GDBusConnection *connection;
  NsdConfig config;
  NsdNetnsWatch *watch;
  GHashTable *by_id;    /* id -> NsdNamespace, owned */
  GHashTable *by_inode; /* inode -> NsdNamespace */
  GHashTable *by_name;  /* file name -> NsdNamespace */
  GHashTable *starting; /* inode -> Start: found, and its worker not ready yet */
  GHashTable *starts;   /* all NsdStart on their way */
  NsdNamespace *host;
  guint n_starting; /* workers that the daemon's readiness waits for */
  void (*ready) (const GError *error, gpointer data);
  gpointer ready_data;
};

/* A worker on its way. */
typedef struct {
  NsdRegistry *registry;
  NsdWorker *worker;
  NsdNetOptions options;
  gboolean host;
  gboolean initial; /* the daemon is not ready before */
  guint64 inode;    /* as found by scanning, else 0 */
  char *name;       /* to be mounted once it runs, or NULL */
  GPtrArray *found; /* names that scanning found meanwhile */
  guint32 owner;
  NsdRegistryFunc done;
  gpointer data;
} NsdStart;

/* registry.c */
void nsd_registry_scan (gpointer registry);
void nsd_registry_emit_changed (NsdRegistry *registry, NsdNamespace *namespace,
                                const char *property);
/* Links of namespaces other than @but that refer to those of @news are read again: link-news.h. */
void nsd_registry_tell_links (NsdRegistry *registry, guint64 but, GHashTable *news);
NsdNamespace *nsd_registry_add (NsdRegistry *registry, NsdWorker *worker, NsdNetns *netns,
                                const NsdStart *start);
void nsd_registry_announce (NsdRegistry *registry, NsdNamespace *namespace);
void nsd_registry_remove (NsdRegistry *registry, NsdNamespace *namespace, GSourceFunc stopped,
                          gpointer data);
void nsd_registry_take_names (NsdRegistry *registry, NsdNamespace *namespace,
                              const NsdStart *start);

/* registry-start.c: takes @start over. */
void nsd_registry_start (NsdRegistry *registry, NsdWorkerOrigin origin, int fd, NsdStart *start);
/* The registry ends: workers on their way are stopped and the names that they took given back; what
 * workers still tell is not for anybody. */
void nsd_registry_start_end (NsdRegistry *registry);
