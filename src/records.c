/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "records.h"

#include <netlink/msg.h>
#include <string.h>

#include "net.h"
#include "signals.h"

struct _NsdRecords {
  const NsdRecordClass *class;
  GHashTable *current; /* key -> NsdRecord */
  GHashTable *touched; /* key -> NsdRecord as the bus knows it, or NULL if it does not */
  guint generation;
};

static void
record_free (gpointer data)
{
  NsdRecord *record = data;

  if (record == NULL)
    return;
  record_free (record->told);
  g_free (record->key);
  g_free (record);
}

static NsdRecord *
record_new (const char *key, int ifindex, guint generation, const struct nlmsghdr *nlh)
{
  NsdRecord *record = g_malloc0 (sizeof *record + nlh->nlmsg_len);

  record->key = g_strdup (key);
  record->ifindex = ifindex;
  record->generation = generation;
  record->received = g_get_monotonic_time ();
  record->length = nlh->nlmsg_len;
  memcpy (record->message, nlh, nlh->nlmsg_len);
  return record;
}

static NsdRecord *
record_copy (const NsdRecord *other)
{
  NsdRecord *record = record_new (other->key, other->ifindex, other->generation, other->message);

  record->received = other->received;
  return record;
}

NsdRecords *
nsd_records_new (const NsdRecordClass *class)
{
  NsdRecords *self = g_new0 (NsdRecords, 1);

  self->class = class;
  self->current = g_hash_table_new (g_str_hash, g_str_equal);
  self->touched = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, record_free);
  return self;
}

void
nsd_records_free (NsdRecords *self)
{
  if (self == NULL)
    return;
  nsd_records_remove_all (self);
  g_hash_table_unref (self->current);
  g_hash_table_unref (self->touched);
  g_free (self);
}

guint
nsd_records_count (NsdRecords *self)
{
  return g_hash_table_size (self->current);
}

NsdRecord *
nsd_records_find (NsdRecords *self, const char *key)
{
  return g_hash_table_lookup (self->current, key);
}

const NsdRecordClass *
nsd_records_class (NsdRecords *self)
{
  return self->class;
}

/* Sets aside what the bus knows of @key, the first time that it changes.  Takes @known over. */
static void
touch (NsdRecords *self, const char *key, NsdRecord *known)
{
  if (g_hash_table_contains (self->touched, key))
    record_free (known);
  else
    g_hash_table_insert (self->touched, g_strdup (key), known);
}

static gboolean
says_the_same (NsdRecords *self, const NsdRecord *record, const struct nlmsghdr *nlh)
{
  return record->length == nlh->nlmsg_len &&
         nlmsg_find_attr ((struct nlmsghdr *)nlh, (int)self->class->header_size,
                          self->class->ageing_attribute) == NULL &&
         memcmp (nlmsg_data (record->message), nlmsg_data (nlh), (gsize)nlmsg_datalen (nlh)) == 0;
}

void
nsd_records_set (NsdRecords *self, const char *key, int ifindex, const struct nlmsghdr *nlh)
{
  NsdRecord *known = g_hash_table_lookup (self->current, key);
  NsdRecord *record;

  if (known != NULL && says_the_same (self, known, nlh)) {
    known->generation = self->generation;
    return;
  }
  if (known != NULL)
    g_hash_table_remove (self->current, key);
  touch (self, key, known);

  record = record_new (key, ifindex, self->generation, nlh);
  g_hash_table_insert (self->current, record->key, record);
}

gboolean
nsd_records_remove (NsdRecords *self, const char *key)
{
  NsdRecord *known = g_hash_table_lookup (self->current, key);

  if (known == NULL)
    return FALSE;
  g_hash_table_remove (self->current, key);
  touch (self, known->key, known);
  return TRUE;
}

static void
remove_matching (NsdRecords *self, gboolean (*match) (const NsdRecord *, gpointer), gpointer data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->current);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    if (match (value, data)) {
      g_hash_table_iter_remove (&iter);
      touch (self, ((NsdRecord *)value)->key, value);
    }
  }
}

static gboolean
is_of_link (const NsdRecord *record, gpointer data)
{
  return record->ifindex == GPOINTER_TO_INT (data);
}

void
nsd_records_remove_link (NsdRecords *self, int ifindex)
{
  remove_matching (self, is_of_link, GINT_TO_POINTER (ifindex));
}

static gboolean
is_any (const NsdRecord *record, gpointer data)
{
  return TRUE;
}

void
nsd_records_remove_all (NsdRecords *self)
{
  remove_matching (self, is_any, NULL);
}

void
nsd_records_begin (NsdRecords *self)
{
  self->generation++;
}

typedef struct {
  guint generation;
  int family;
} Sweep;

static gboolean
is_old (const NsdRecord *record, gpointer data)
{
  const Sweep *sweep = data;
  /* The family is the first byte of every header of rtnetlink. */
  guint8 family = *(const guint8 *)nlmsg_data (record->message);

  return record->generation != sweep->generation &&
         (sweep->family == AF_UNSPEC || sweep->family == family);
}

void
nsd_records_sweep (NsdRecords *self, int family)
{
  Sweep sweep = { self->generation, family };

  remove_matching (self, is_old, &sweep);
}

void
nsd_record_view (const NsdRecord *record, const NsdRecordClass *class,
                 const NsdAttrContext *context, NsdAttrView *ret_view)
{
  const struct nlmsghdr *nlh = record->message;

  nsd_attr_view_init_message (ret_view, context, nlh, class->header_size);
  ret_view->elapsed = (guint)((g_get_monotonic_time () - record->received) / G_USEC_PER_SEC);
}

GVariant *
nsd_record_read (const NsdRecord *record, const NsdRecordClass *class,
                 const NsdAttrContext *context)
{
  NsdAttrView view;

  nsd_record_view (record, class, context, &view);
  return nsd_attr_table_read (class->table, &view);
}

void
nsd_records_foreach (NsdRecords *self, GFunc func, gpointer data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->current);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    func (value, data);
}

static GVariant *
interfaces_of (const NsdRecord *record, const NsdRecordClass *class, NsdNet *net)
{
  GVariant *entry = g_variant_new_dict_entry (g_variant_new_string (class->table->info->name),
                                              nsd_record_read (record, class, &net->context));

  return g_variant_new_array (NULL, &entry, 1);
}

static void
tell_changes (const NsdRecordClass *class, NsdNet *net, const NsdRecord *before, NsdRecord *after)
{
  const NsdRecord *told = before->told != NULL ? before->told : before;
  g_autoptr (GVariant) old = g_variant_ref_sink (nsd_record_read (told, class, &net->context));
  g_autoptr (GVariant) new = g_variant_ref_sink (nsd_record_read (after, class, &net->context));

  /* Else many small differences would add up to a large one that nobody has been told. */
  if (!nsd_signal_changed (net, class->node, after->key, class->table->info, old, new,
                           class->ages) &&
      !g_variant_equal (old, new))
    after->told = record_copy (told);
}

static void
tell (NsdRecords *self, NsdNet *net, const char *key, const NsdRecord *before)
{
  NsdRecord *after = g_hash_table_lookup (self->current, key);
  const NsdRecordClass *class = self->class;

  if (before == NULL && after != NULL)
    nsd_signal_added (net, class->node, key, interfaces_of (after, class, net));
  else if (before != NULL && after == NULL)
    nsd_signal_removed (net, class->node, key,
                        (const char *const[]){ class->table->info->name, NULL });
  else if (before != NULL && after != NULL)
    tell_changes (class, net, before, after);
}

void
nsd_records_flush (NsdRecords *self, NsdNet *net, gboolean signals)
{
  GHashTableIter iter;
  gpointer key, before;

  if (g_hash_table_size (self->touched) == 0)
    return;
  if (signals && net->published) {
    g_hash_table_iter_init (&iter, self->touched);
    while (g_hash_table_iter_next (&iter, &key, &before))
      tell (self, net, key, before);
  }
  g_hash_table_remove_all (self->touched);
}

void
nsd_records_append_managed (NsdRecords *self, NsdNet *net, GVariantBuilder *builder)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->current);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    NsdRecord *record = value;
    g_autofree char *path = nsd_path_object (net->id, self->class->node, record->key);

    g_variant_builder_add (builder, "{o@a{sa{sv}}}", path,
                           interfaces_of (record, self->class, net));
  }
}
