/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns-known.h"

static GMutex lock;
static GHashTable *known; /* id -> NsdNetns, under the lock */
static gint version;

void
nsd_netns_known_add (NsdNetns *netns)
{
  guint64 id = nsd_netns_id (netns);

  g_mutex_lock (&lock);
  if (known == NULL)
    known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                   (GDestroyNotify)nsd_netns_unref);
  g_hash_table_insert (known, g_memdup2 (&id, sizeof id), nsd_netns_ref (netns));
  g_mutex_unlock (&lock);
  g_atomic_int_inc (&version);
}

void
nsd_netns_known_remove (NsdNetns *netns)
{
  guint64 id = nsd_netns_id (netns);

  g_mutex_lock (&lock);
  if (known != NULL)
    g_hash_table_remove (known, &id);
  g_mutex_unlock (&lock);
  g_atomic_int_inc (&version);
}

NsdNetns *
nsd_netns_known_find (guint64 id)
{
  NsdNetns *netns;

  g_mutex_lock (&lock);
  netns = known != NULL ? g_hash_table_lookup (known, &id) : NULL;
  if (netns != NULL)
    nsd_netns_ref (netns);
  g_mutex_unlock (&lock);
  return netns;
}

GPtrArray *
nsd_netns_known_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)nsd_netns_unref);
  GHashTableIter iter;
  gpointer netns;

  g_mutex_lock (&lock);
  if (known != NULL) {
    g_hash_table_iter_init (&iter, known);
    while (g_hash_table_iter_next (&iter, NULL, &netns))
      g_ptr_array_add (list, nsd_netns_ref (netns));
  }
  g_mutex_unlock (&lock);
  return list;
}

guint
nsd_netns_known_version (void)
{
  return (guint)g_atomic_int_get (&version);
}
