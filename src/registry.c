/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "link-news.h"
#include "names.h"
#include "namespace.h"
#include "netns-known.h"
#include "owners.h"
#include "registry-private.h"
#include "text.h"

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
void
nsd_registry_emit_changed (NsdRegistry *self, NsdNamespace *namespace, const char *name)
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

static gsize
refers_to (const NsdNamespace *namespace)
{
  return (gsize)g_atomic_pointer_get (&namespace->shared->refers_to);
}

void
nsd_registry_tell_links (NsdRegistry *self, guint64 but, GHashTable *news)
{
  gsize about = nsd_link_news_about (news);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    NsdNamespace *namespace = value;
    guint64 id = nsd_netns_id (namespace->netns);

    if (id != but && ((refers_to (namespace) & about) ||
                      ((nsd_link_news_bit (id) & about) && nsd_link_news_concern (news, id))))
      nsd_worker_invoke (namespace->worker, nsd_links_hear, g_hash_table_ref (news),
                         (GDestroyNotify)g_hash_table_unref);
  }
}

/* Links of other namespaces may refer to it: they can say so now. */
static void
tell_of_namespace (NsdRegistry *self, const NsdNamespace *new)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    NsdNamespace *namespace = value;

    if (namespace != new && (refers_to (namespace) & nsd_link_news_bit (0)))
      nsd_worker_invoke (namespace->worker, nsd_links_hear_namespace, nsd_netns_ref (new->netns),
                         (GDestroyNotify)nsd_netns_unref);
  }
}

NsdNamespace *
nsd_registry_add (NsdRegistry *self, NsdWorker *worker, NsdNetns *netns, const NsdStart *start)
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

void
nsd_registry_announce (NsdRegistry *self, NsdNamespace *namespace)
{
  nsd_worker_invoke (namespace->worker, nsd_net_publish, NULL, NULL);
  namespace->announced = TRUE;
  emit (self, NSD_PATH_MANAGER, NSD_IFACE_OBJECT_MANAGER, "InterfacesAdded",
        g_variant_new ("(o@a{sa{sv}})", namespace->path, nsd_namespace_interfaces (namespace)));
  tell_of_namespace (self, namespace);
}

void
nsd_registry_remove (NsdRegistry *self, NsdNamespace *namespace, GSourceFunc stopped, gpointer data)
{
  static const char *const interfaces[] = { NSD_IFACE_NAMESPACE, NULL };
  g_autoptr (GHashTable) news = nsd_link_news_new ();
  guint64 id = nsd_netns_id (namespace->netns);
  guint64 inode = nsd_netns_inode (namespace->netns);

  g_debug ("Namespace %" G_GUINT64_FORMAT " has lost its last name", id);
  if (namespace->announced)
    emit (self, NSD_PATH_MANAGER, NSD_IFACE_OBJECT_MANAGER, "InterfacesRemoved",
          g_variant_new ("(o^as)", namespace->path, interfaces));
  nsd_netns_known_remove (namespace->netns);
  nsd_owners_forget (id);
  /* Everything that we hold keeps the kernel's namespace alive, and its devices in it. */
  nsd_worker_stop (namespace->worker, stopped, data);
  g_hash_table_remove (self->by_inode, &inode);
  g_hash_table_remove (self->by_id, &id);
  nsd_link_news_add (news, id, 0);
  nsd_registry_tell_links (self, id, news);
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
drop_name (NsdNamespace *namespace, const char *name)
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
    drop_name (namespace, name);
    g_hash_table_add (changed, namespace);
    g_hash_table_iter_remove (&iter);
  }
}

static void
take_new_name (NsdRegistry *self, const char *name, guint64 inode, GHashTable *changed)
{
  NsdNamespace *namespace = nsd_registry_find_by_inode (self, inode);
  NsdStart *start;
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
  start = g_new0 (NsdStart, 1);
  start->inode = inode;
  start->initial = self->ready != NULL;
  start->found = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (start->found, g_strdup (name));
  nsd_registry_start (self, NSD_WORKER_ENTER, fd, start);
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
      nsd_registry_remove (self, namespace, NULL, NULL);
    else
      nsd_registry_emit_changed (self, namespace, "Names");
  }
}

void
nsd_registry_scan (gpointer data)
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
void
nsd_registry_take_names (NsdRegistry *self, NsdNamespace *namespace, const NsdStart *start)
{
  if (start->name != NULL)
    take_name (self, namespace, start->name);
  for (guint i = 0; start->found != NULL && i < start->found->len; i++)
    take_name (self, namespace, start->found->pdata[i]);
}

/* ---- what callers ask for ---- */

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
      drop_name (namespace, name);
    }
  }
  if (error != NULL) {
    nsd_registry_emit_changed (self, namespace, "Names");
    done (NULL, error, data);
    return;
  }
  deletion = g_new (Deletion, 1);
  *deletion = (Deletion){ done, data };
  nsd_registry_remove (self, namespace, on_deleted, deletion);
}

/* ---- life ---- */

NsdRegistry *
nsd_registry_new (GDBusConnection *connection, const NsdConfig *config,
                  void (*ready) (const GError *error, gpointer data), gpointer data, GError **error)
{
  NsdRegistry *self = g_new0 (NsdRegistry, 1);
  NsdStart *start = g_new0 (NsdStart, 1);

  self->connection = g_object_ref (connection);
  self->config = *config;
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, namespace_free);
  self->by_inode = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->starts = g_hash_table_new (NULL, NULL);
  self->starting = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->ready = ready;
  self->ready_data = data;

  if (!nsd_netns_dir_prepare (error)) {
    g_free (start);
    nsd_registry_free (self);
    return NULL;
  }
  /* Watch first, then look: nothing falls in between. */
  self->watch = nsd_netns_watch_new (nsd_registry_scan, self, error);
  if (self->watch == NULL) {
    g_free (start);
    nsd_registry_free (self);
    return NULL;
  }
  start->host = TRUE;
  start->initial = TRUE;
  /* It may have names too; then the scan finds that it is on its way. */
  start->inode = nsd_netns_of_process ((guint32)getpid (), NULL);
  start->found = g_ptr_array_new_with_free_func (g_free);
  nsd_registry_start (self, NSD_WORKER_STAY, -1, start);
  nsd_registry_scan (self);
  return self;
}

void
nsd_registry_free (NsdRegistry *self)
{
  GHashTableIter iter;
  gpointer value;

  nsd_registry_start_end (self);
  g_clear_pointer (&self->watch, nsd_netns_watch_free);
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    nsd_netns_known_remove (((NsdNamespace *)value)->netns);
    nsd_worker_stop_and_wait (((NsdNamespace *)value)->worker);
  }
  g_hash_table_unref (self->starts);
  g_hash_table_unref (self->starting);
  g_hash_table_unref (self->by_name);
  g_hash_table_unref (self->by_inode);
  g_hash_table_unref (self->by_id);
  g_object_unref (self->connection);
  g_free (self);
}
