/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "registry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "names.h"
#include "namespace.h"
#include "netns-known.h"
#include "nsd-interfaces.h"
#include "owners.h"
#include "text.h"

struct _NsdRegistry {
  GDBusConnection *connection;
  NsdConfig config;
  NsdNetnsWatch *watch;
  GHashTable *by_id;    /* id -> NsdNamespace, owned */
  GHashTable *by_inode; /* inode -> NsdNamespace */
  GHashTable *by_name;  /* file name -> NsdNamespace */
  GHashTable *starting; /* inode -> Start: found, and its worker not ready yet */
  NsdNamespace *host;
  guint n_starting; /* workers that the daemon's readiness waits for */
  void (*ready) (const GError *error, gpointer data);
  gpointer ready_data;
};

/* A worker on its way. */
typedef struct {
  NsdRegistry *registry;
  NsdNetOptions options;
  gboolean host;
  gboolean initial; /* the daemon is not ready before */
  guint64 inode;    /* as found by scanning, else 0 */
  char *name;       /* to be mounted once it runs, or NULL */
  GPtrArray *found; /* names that scanning found meanwhile */
  guint32 owner;
  NsdRegistryFunc done;
  gpointer data;
} Start;

static NsdRegistry *the_registry; /* for the hooks, which come from workers through main */

static void scan (gpointer registry);

/* ---- looking up ---- */

NsdNamespace *
nsd_registry_find (NsdRegistry *self, guint64 id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

NsdNamespace *
nsd_registry_find_by_inode (NsdRegistry *self, guint64 inode)
{
  return g_hash_table_lookup (self->by_inode, &inode);
}

NsdNamespace *
nsd_registry_find_by_name (NsdRegistry *self, const char *name)
{
  g_autofree char *bytes = nsd_text_to_bytes (name);

  return bytes != NULL ? g_hash_table_lookup (self->by_name, bytes) : NULL;
}

NsdNamespace *
nsd_registry_host (NsdRegistry *self)
{
  return self->host;
}

static int
by_id (gconstpointer a, gconstpointer b)
{
  guint64 first = nsd_netns_id (((const NsdNamespace *)a)->netns);
  guint64 second = nsd_netns_id (((const NsdNamespace *)b)->netns);

  return first < second ? -1 : first > second;
}

GList *
nsd_registry_list (NsdRegistry *self)
{
  return g_list_sort (g_hash_table_get_values (self->by_id), by_id);
}

char **
nsd_namespace_names (const NsdNamespace *namespace)
{
  char **names = g_new0 (char *, namespace->names->len + 1);

  for (guint i = 0; i < namespace->names->len; i++)
    names[i] =
        nsd_text_from_bytes (namespace->names->pdata[i], strlen (namespace->names->pdata[i]));
  return names;
}

char *
nsd_namespace_describe (const NsdNamespace *namespace)
{
  g_auto (GStrv) names = nsd_namespace_names (namespace);

  if (namespace->host)
    return g_strdup ("the host namespace");
  if (names[0] == NULL)
    return g_strdup_printf ("namespace %" G_GUINT64_FORMAT, nsd_netns_id (namespace->netns));
  return g_strdup_printf ("namespace %s", names[0]);
}

/* ---- entries ---- */

static void
emit (NsdRegistry *self, const char *path, const char *interface, const char *member,
      GVariant *parameters)
{
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_emit_signal (self->connection, NULL, path, interface, member, parameters,
                                      &error))
    g_debug ("Cannot send the signal %s: %s", member, error->message);
}

/* Property @name has another value now. */
static void
emit_changed (NsdRegistry *self, NsdNamespace *namespace, const char *name)
{
  g_autoptr (GVariant) properties = g_variant_ref_sink (nsd_namespace_properties (namespace));
  g_autoptr (GVariant) value = g_variant_lookup_value (properties, name, NULL);

  emit (self, namespace->path, NSD_IFACE_PROPERTIES, "PropertiesChanged",
        g_variant_new_parsed ("(%s, {%s: %v}, @as [])", NSD_IFACE_NAMESPACE, name, value));
}

static void
namespace_free (gpointer data)
{
  NsdNamespace *namespace = data;

  g_clear_pointer (&namespace->netns, nsd_netns_unref);
  nsd_net_shared_unref (namespace->shared);
  g_ptr_array_unref (namespace->names);
  g_free (namespace->path);
  g_free (namespace);
}

/* Links of other namespaces that refer to one of this set may read otherwise now. */
static void
refresh_foreign (NsdRegistry *self, guint64 but)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    NsdNamespace *namespace = value;

    if (nsd_netns_id (namespace->netns) != but &&
        g_atomic_int_get (&namespace->shared->has_foreign_links))
      nsd_worker_invoke (namespace->worker, nsd_net_refresh_foreign, NULL, NULL);
  }
}

static NsdNamespace *
add_namespace (NsdRegistry *self, NsdWorker *worker, NsdNetns *netns, const Start *start)
{
  NsdNamespace *namespace = g_new0 (NsdNamespace, 1);
  guint64 id = nsd_netns_id (netns);
  guint64 inode = nsd_netns_inode (netns);

  namespace->netns = nsd_netns_ref (netns);
  namespace->shared = nsd_net_shared_ref (start->options.shared);
  namespace->worker = worker;
  namespace->path = nsd_path_namespace (id);
  namespace->host = start->host;
  namespace->owner = start->owner;
  namespace->names = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_insert (self->by_id, g_memdup2 (&id, sizeof id), namespace);
  g_hash_table_insert (self->by_inode, g_memdup2 (&inode, sizeof inode), namespace);
  nsd_netns_known_add (netns);
  return namespace;
}

static void
announce (NsdRegistry *self, NsdNamespace *namespace)
{
  nsd_worker_invoke (namespace->worker, nsd_net_publish, NULL, NULL);
  emit (self, NSD_PATH_MANAGER, NSD_IFACE_OBJECT_MANAGER, "InterfacesAdded",
        g_variant_new ("(o@a{sa{sv}})", namespace->path, nsd_namespace_interfaces (namespace)));
  refresh_foreign (self, nsd_netns_id (namespace->netns));
}

static void
remove_namespace (NsdRegistry *self, NsdNamespace *namespace, GSourceFunc stopped, gpointer data)
{
  static const char *const interfaces[] = { NSD_IFACE_NAMESPACE, NULL };
  guint64 id = nsd_netns_id (namespace->netns);
  guint64 inode = nsd_netns_inode (namespace->netns);

  g_debug ("Namespace %" G_GUINT64_FORMAT " has lost its last name", id);
  emit (self, NSD_PATH_MANAGER, NSD_IFACE_OBJECT_MANAGER, "InterfacesRemoved",
        g_variant_new ("(o^as)", namespace->path, interfaces));
  nsd_netns_known_remove (namespace->netns);
  nsd_owners_forget (id);
  /* Everything that we hold keeps the kernel's namespace alive, and its devices in it. */
  nsd_worker_stop (namespace->worker, stopped, data);
  g_hash_table_remove (self->by_inode, &inode);
  g_hash_table_remove (self->by_id, &id);
  refresh_foreign (self, 0);
}

/* ---- names ---- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
add_name (NsdRegistry *self, NsdNamespace *namespace, const char *name)
{
  g_hash_table_insert (self->by_name, g_strdup (name), namespace);
  g_ptr_array_add (namespace->names, g_strdup (name));
  g_ptr_array_sort (namespace->names, compare_names);
}

static void
drop_name (NsdRegistry *self, NsdNamespace *namespace, const char *name)
{
  for (guint i = 0; i < namespace->names->len; i++) {
    if (strcmp (namespace->names->pdata[i], name) == 0) {
      g_ptr_array_remove_index (namespace->names, i);
      break;
    }
  }
}

/* Names that are gone, or are another namespace's now. */
static void
drop_old_names (NsdRegistry *self, GHashTable *found, GHashTable *changed)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    NsdNamespace *namespace = value;
    const guint64 *inode = g_hash_table_lookup (found, name);

    if (inode != NULL && *inode == nsd_netns_inode (namespace->netns))
      continue;
    drop_name (self, namespace, name);
    g_hash_table_add (changed, namespace);
    g_hash_table_iter_remove (&iter);
  }
}

static void start_worker (NsdRegistry *self, NsdWorkerOrigin origin, int fd, Start *start);

static void
take_new_name (NsdRegistry *self, const char *name, guint64 inode, GHashTable *changed)
{
  NsdNamespace *namespace = nsd_registry_find_by_inode (self, inode);
  Start *start;
  int fd;

  if (namespace != NULL) {
    add_name (self, namespace, name);
    g_hash_table_add (changed, namespace);
    return;
  }
  start = g_hash_table_lookup (self->starting, &inode);
  if (start != NULL) {
    g_ptr_array_add (start->found, g_strdup (name));
    return;
  }
  fd = nsd_netns_open_name (name, inode);
  if (fd < 0)
    return;
  start = g_new0 (Start, 1);
  start->inode = inode;
  start->initial = self->ready != NULL;
  start->found = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (start->found, g_strdup (name));
  start_worker (self, NSD_WORKER_ENTER, fd, start);
}

static void
tell_names (NsdRegistry *self, GHashTable *changed)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, changed);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    NsdNamespace *namespace = key;

    if (namespace->names->len == 0 && !namespace->host)
      remove_namespace (self, namespace, NULL, NULL);
    else
      emit_changed (self, namespace, "Names");
  }
}

static void
scan (gpointer data)
{
  NsdRegistry *self = data;
  g_autoptr (GHashTable) found = nsd_netns_list_names ();
  g_autoptr (GHashTable) changed = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer name, inode;

  drop_old_names (self, found, changed);
  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &name, &inode))
    if (!g_hash_table_contains (self->by_name, name))
      take_new_name (self, name, *(guint64 *)inode, changed);
  tell_names (self, changed);
}

static void
take_name (NsdRegistry *self, NsdNamespace *namespace, const char *name)
{
  if (!g_hash_table_contains (self->by_name, name) &&
      nsd_netns_name_is (name, nsd_netns_inode (namespace->netns)))
    add_name (self, namespace, name);
}

/* Of a namespace that is new here: what it was started for, if that is still so. */
static void
take_names (NsdRegistry *self, NsdNamespace *namespace, const Start *start)
{
  if (start->name != NULL)
    take_name (self, namespace, start->name);
  for (guint i = 0; start->found != NULL && i < start->found->len; i++)
    take_name (self, namespace, start->found->pdata[i]);
}

/* ---- workers ---- */

static void
start_free (Start *start)
{
  nsd_net_shared_unref (start->options.shared);
  g_clear_pointer (&start->found, g_ptr_array_unref);
  g_free (start->name);
  g_free (start);
}

/* The daemon is ready when all that it found at first is. */
static void
check_ready (NsdRegistry *self, const Start *start, const GError *error)
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
mount_name (NsdNetns *netns, Start *start, GError **error)
{
  if (start->name == NULL || nsd_netns_mount_name (start->name, netns, error))
    return TRUE;
  nsd_netns_release_name (start->name);
  return FALSE;
}

static void
finish (Start *start, NsdNamespace *namespace, const GError *error)
{
  if (start->done != NULL)
    start->done (namespace, error, start->data);
}

/* The namespace of a descriptor turns out to be one that is here already: name that. */
static void
name_known (NsdRegistry *self, NsdNamespace *namespace, NsdWorker *worker, Start *start)
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
    scan (self);
  }
  finish (start, error == NULL ? namespace : NULL, error);
}

static void
take_worker (NsdRegistry *self, NsdWorker *worker, NsdNetns *netns, Start *start)
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
  namespace = add_namespace (self, worker, netns, start);
  if (start->host)
    self->host = namespace;
  take_names (self, namespace, start);
  /* A name can go while the worker starts. */
  if (namespace->names->len == 0 && !namespace->host) {
    finish (start, NULL, NULL);
    remove_namespace (self, namespace, NULL, NULL);
    return;
  }
  announce (self, namespace);
  finish (start, namespace, NULL);
}

static void
on_worker_ready (NsdWorker *worker, NsdNetns *netns, const GError *error, gpointer data)
{
  Start *start = data;
  NsdRegistry *self = start->registry;
  NsdNamespace *known =
      netns != NULL ? nsd_registry_find_by_inode (self, nsd_netns_inode (netns)) : NULL;

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
  void (*func) (NsdRegistry *, guint64);
} Report;

static gboolean
run_report (gpointer data)
{
  Report *report = data;

  if (the_registry != NULL)
    report->func (the_registry, report->netns);
  return G_SOURCE_REMOVE;
}

static void
report (guint64 netns, void (*func) (NsdRegistry *, guint64))
{
  Report *message = g_new (Report, 1);

  *message = (Report){ netns, func };
  g_main_context_invoke_full (g_main_context_default (), G_PRIORITY_DEFAULT, run_report, message,
                              g_free);
}

static void
links_moved (guint64 netns)
{
  report (netns, refresh_foreign);
}

static void
tell_routes_exported (NsdRegistry *self, guint64 id)
{
  NsdNamespace *namespace = nsd_registry_find (self, id);

  if (namespace != NULL)
    emit_changed (self, namespace, "RoutesExported");
}

static void
routes_exported_changed (guint64 netns)
{
  report (netns, tell_routes_exported);
}

static const NsdNetHooks hooks = { links_moved, routes_exported_changed };

static void
start_worker (NsdRegistry *self, NsdWorkerOrigin origin, int fd, Start *start)
{
  start->registry = self;
  start->options.connection = self->connection;
  start->options.hooks = &hooks;
  start->options.shared = nsd_net_shared_new ();
  start->options.route_object_limit = self->config.route_object_limit;
  if (start->inode != 0)
    g_hash_table_insert (self->starting, g_memdup2 (&start->inode, sizeof start->inode), start);
  if (start->initial)
    self->n_starting++;
  nsd_worker_new (origin, fd, &nsd_net_worker_hooks, &start->options, on_worker_ready, start);
}

/* ---- what callers ask for ---- */

void
nsd_registry_create (NsdRegistry *self, const char *name, gboolean loopback_up, guint32 owner,
                     NsdRegistryFunc done, gpointer data)
{
  g_autoptr (GError) error = NULL;
  Start *start;

  if (!nsd_netns_dir_prepare (&error) || !nsd_netns_reserve_name (name, &error)) {
    done (NULL, error, data);
    return;
  }
  start = g_new0 (Start, 1);
  start->name = g_strdup (name);
  start->owner = owner;
  start->done = done;
  start->data = data;
  start->options.loopback_up = loopback_up;
  start_worker (self, NSD_WORKER_CREATE, -1, start);
}

void
nsd_registry_attach (NsdRegistry *self, const char *name, int fd, NsdRegistryFunc done,
                     gpointer data)
{
  g_autoptr (GError) error = NULL;
  Start *start;

  if (!nsd_netns_dir_prepare (&error) || !nsd_netns_reserve_name (name, &error)) {
    close (fd);
    done (NULL, error, data);
    return;
  }
  start = g_new0 (Start, 1);
  start->name = g_strdup (name);
  start->done = done;
  start->data = data;
  start_worker (self, NSD_WORKER_ENTER, fd, start);
}

typedef struct {
  NsdRegistryFunc done;
  gpointer data;
} Deletion;

static gboolean
on_deleted (gpointer data)
{
  Deletion *deletion = data;

  deletion->done (NULL, NULL, deletion->data);
  g_free (deletion);
  return G_SOURCE_REMOVE;
}

void
nsd_registry_delete (NsdRegistry *self, NsdNamespace *namespace, NsdRegistryFunc done,
                     gpointer data)
{
  guint64 inode = nsd_netns_inode (namespace->netns);
  g_autoptr (GError) error = NULL;
  Deletion *deletion;

  while (namespace->names->len > 0 && error == NULL) {
    const char *name = namespace->names->pdata[0];

    if (nsd_netns_remove_name (name, inode, &error)) {
      g_hash_table_remove (self->by_name, name);
      drop_name (self, namespace, name);
    }
  }
  if (error != NULL) {
    emit_changed (self, namespace, "Names");
    done (NULL, error, data);
    return;
  }
  deletion = g_new (Deletion, 1);
  *deletion = (Deletion){ done, data };
  remove_namespace (self, namespace, on_deleted, deletion);
}

/* ---- life ---- */

NsdRegistry *
nsd_registry_new (GDBusConnection *connection, const NsdConfig *config,
                  void (*ready) (const GError *error, gpointer data), gpointer data, GError **error)
{
  NsdRegistry *self = g_new0 (NsdRegistry, 1);
  Start *start = g_new0 (Start, 1);

  self->connection = g_object_ref (connection);
  self->config = *config;
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, namespace_free);
  self->by_inode = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->starting = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->ready = ready;
  self->ready_data = data;
  the_registry = self;

  if (!nsd_netns_dir_prepare (error)) {
    g_free (start);
    nsd_registry_free (self);
    return NULL;
  }
  /* Watch first, then look: nothing falls in between. */
  self->watch = nsd_netns_watch_new (scan, self, error);
  if (self->watch == NULL) {
    g_free (start);
    nsd_registry_free (self);
    return NULL;
  }
  start->host = TRUE;
  start->initial = TRUE;
  start_worker (self, NSD_WORKER_STAY, -1, start);
  scan (self);
  return self;
}

void
nsd_registry_free (NsdRegistry *self)
{
  GHashTableIter iter;
  gpointer value;

  the_registry = NULL;
  g_clear_pointer (&self->watch, nsd_netns_watch_free);
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    nsd_netns_known_remove (((NsdNamespace *)value)->netns);
    nsd_worker_stop_and_wait (((NsdNamespace *)value)->worker);
  }
  g_hash_table_unref (self->starting);
  g_hash_table_unref (self->by_name);
  g_hash_table_unref (self->by_inode);
  g_hash_table_unref (self->by_id);
  g_object_unref (self->connection);
  g_free (self);
}
