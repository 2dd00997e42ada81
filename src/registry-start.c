/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Workers on their way: a namespace is an entry of the registry when its worker has read it. */
#include <unistd.h>

#include "error.h"
#include "owners.h"
#include "registry-private.h"

static NsdRegistry *the_registry; /* for the hooks, which come from workers through main */

/* ---- workers ---- */

static void
start_free (NsdStart *start)
{
  nsd_net_shared_unref (start->options.shared);
  g_clear_pointer (&start->found, g_ptr_array_unref);
  g_free (start->name);
  g_free (start);
}

/* The daemon is ready when all that it found at first is. */
static void
check_ready (NsdRegistry *self, const NsdStart *start, const GError *error)
{
  void (*ready) (const GError *, gpointer) = self->ready;

  if (!start->initial || ready == NULL)
    return;
  self->n_starting--;
  if (start->host && error != NULL) {
    self->ready = NULL;
    ready (error, self->ready_data);
  } else if (self->n_starting == 0) {
    self->ready = NULL;
    ready (NULL, self->ready_data);
  }
}

static gboolean
mount_name (NsdNetns *netns, NsdStart *start, GError **error)
{
  if (start->name == NULL || nsd_netns_mount_name (start->name, netns, error))
    return TRUE;
  nsd_netns_release_name (start->name);
  return FALSE;
}

static void
finish (NsdStart *start, NsdNamespace *namespace, const GError *error)
{
  if (start->done != NULL)
    start->done (namespace, error, start->data);
}

/* The namespace of a descriptor turns out to be one that is here already: name that. */
static void
name_known (NsdRegistry *self, NsdNamespace *namespace, NsdWorker *worker, NsdStart *start)
{
  g_autoptr (GError) error = NULL;

  nsd_worker_stop (worker, NULL, NULL);
  if (start->name == NULL)
    return;
  if (namespace->host) {
    nsd_netns_release_name (start->name);
    g_set_error (&error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "The host namespace cannot be given a name");
  } else if (mount_name (namespace->netns, start, &error)) {
    guint64 id = nsd_netns_id (namespace->netns);

    /* The scan may find that all names have gone meanwhile, and the entry with them. */
    nsd_registry_scan (self);
    namespace = nsd_registry_find (self, id);
  }
  finish (start, error == NULL ? namespace : NULL, error);
}

static void
take_worker (NsdRegistry *self, NsdWorker *worker, NsdNetns *netns, NsdStart *start)
{
  g_autoptr (GError) error = NULL;
  NsdNamespace *namespace;

  if (!mount_name (netns, start, &error)) {
    nsd_worker_stop (worker, NULL, NULL);
    finish (start, NULL, error);
    return;
  }
  if (start->name != NULL && start->owner != 0)
    nsd_owners_set (nsd_netns_id (netns), start->owner);
  if (start->name == NULL)
    start->owner = nsd_owners_get (nsd_netns_id (netns));
  namespace = nsd_registry_add (self, worker, netns, start);
  if (start->host)
    self->host = namespace;
  nsd_registry_take_names (self, namespace, start);
  /* A name can go while the worker starts. */
  if (namespace->names->len == 0 && !namespace->host) {
    finish (start, NULL, NULL);
    nsd_registry_remove (self, namespace, NULL, NULL);
    return;
  }
  nsd_registry_announce (self, namespace);
  finish (start, namespace, NULL);
}

static void
on_worker_ready (NsdWorker *worker, NsdNetns *netns, const GError *error, gpointer data)
{
  NsdStart *start = data;
  NsdRegistry *self = start->registry;
  NsdNamespace *known =
      netns != NULL ? nsd_registry_find_by_inode (self, nsd_netns_inode (netns)) : NULL;

  g_hash_table_remove (self->starts, start);
  if (start->inode != 0)
    g_hash_table_remove (self->starting, &start->inode);
  if (error != NULL) {
    if (start->name != NULL)
      nsd_netns_release_name (start->name);
    else
      g_warning ("A namespace is left out: %s", error->message);
    finish (start, NULL, error);
  } else if (known != NULL) {
    name_known (self, known, worker, start);
  } else {
    take_worker (self, worker, netns, start);
  }
  check_ready (self, start, error);
  start_free (start);
}

/* ---- what workers tell ---- */

typedef struct {
  guint64 netns;
  void (*func) (NsdRegistry *, guint64, GHashTable *);
  GHashTable *news;
} Report;

static gboolean
run_report (gpointer data)
{
  Report *report = data;

  if (the_registry != NULL)
    report->func (the_registry, report->netns, report->news);
  return G_SOURCE_REMOVE;
}

static void
report_free (gpointer data)
{
  Report *report = data;

  g_clear_pointer (&report->news, g_hash_table_unref);
  g_free (report);
}

static void
report (guint64 netns, void (*func) (NsdRegistry *, guint64, GHashTable *), GHashTable *news)
{
  Report *message = g_new (Report, 1);

  *message = (Report){ netns, func, news };
  g_main_context_invoke_full (g_main_context_default (), G_PRIORITY_DEFAULT, run_report, message,
                              report_free);
}

static void
links_changed (guint64 netns, GHashTable *news)
{
  report (netns, nsd_registry_tell_links, news);
}

static void
tell_routes_exported (NsdRegistry *self, guint64 id, GHashTable *unused)
{
  NsdNamespace *namespace = nsd_registry_find (self, id);

  if (namespace != NULL)
    nsd_registry_emit_changed (self, namespace, "RoutesExported");
}

static void
routes_exported_changed (guint64 netns)
{
  report (netns, tell_routes_exported, NULL);
}

static const NsdNetHooks hooks = { links_changed, routes_exported_changed };

void
nsd_registry_start (NsdRegistry *self, NsdWorkerOrigin origin, int fd, NsdStart *start)
{
  the_registry = self;
  start->registry = self;
  start->options.connection = self->connection;
  start->options.hooks = &hooks;
  start->options.shared = nsd_net_shared_new ();
  start->options.route_object_limit = self->config.route_object_limit;
  if (start->inode != 0)
    g_hash_table_insert (self->starting, g_memdup2 (&start->inode, sizeof start->inode), start);
  if (start->initial)
    self->n_starting++;
  g_hash_table_add (self->starts, start);
  start->worker =
      nsd_worker_new (origin, fd, &nsd_net_worker_hooks, &start->options, on_worker_ready, start);
}

/* ---- what callers ask for ---- */

void
nsd_registry_create (NsdRegistry *self, const char *name, gboolean loopback_up, guint32 owner,
                     NsdRegistryFunc done, gpointer data)
{
  g_autoptr (GError) error = NULL;
  NsdStart *start;

  if (!nsd_netns_dir_prepare (&error) || !nsd_netns_reserve_name (name, &error)) {
    done (NULL, error, data);
    return;
  }
  start = g_new0 (NsdStart, 1);
  start->name = g_strdup (name);
  start->owner = owner;
  start->done = done;
  start->data = data;
  start->options.loopback_up = loopback_up;
  nsd_registry_start (self, NSD_WORKER_CREATE, -1, start);
}

void
nsd_registry_attach (NsdRegistry *self, const char *name, int fd, NsdRegistryFunc done,
                     gpointer data)
{
  g_autoptr (GError) error = NULL;
  NsdStart *start;

  if (!nsd_netns_dir_prepare (&error) || !nsd_netns_reserve_name (name, &error)) {
    close (fd);
    done (NULL, error, data);
    return;
  }
  start = g_new0 (NsdStart, 1);
  start->name = g_strdup (name);
  start->done = done;
  start->data = data;
  nsd_registry_start (self, NSD_WORKER_ENTER, fd, start);
}

void
nsd_registry_start_end (NsdRegistry *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (NSD_ERROR, NSD_ERROR_ABORTED, "The service is shutting down");
  GHashTableIter iter;
  gpointer key;

  the_registry = NULL;
  g_hash_table_iter_init (&iter, self->starts);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    NsdStart *start = key;

    nsd_worker_stop_and_wait (start->worker);
    if (start->name != NULL)
      nsd_netns_release_name (start->name);
    finish (start, NULL, error);
    start_free (start);
  }
  g_hash_table_remove_all (self->starts);
}
