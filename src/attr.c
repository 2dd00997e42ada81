/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attr.h"

#include <gio/gio.h>
#include <string.h>

#include "error.h"
#include "text.h"

/* Room for nearly any request of ours: a link with all that can be said of it and of its other end,
 * a route with a hundred next hops.  For others there is nsd_attr_builder_make_room(). */
#define MESSAGE_SIZE 4096

typedef struct {
  guint32 start;
  guint32 end;
  const char *name;
} Span;

struct _NsdSettings {
  GArray *entries;
};

const NsdAttr *
nsd_attr_table_find (const NsdAttrTable *table, const char *name)
{
  for (gsize i = 0; i < table->n_rows; i++)
    if (strcmp (table->rows[i].name, name) == 0)
      return &table->rows[i];
  return NULL;
}

/* ---- reading ---- */

void
nsd_attr_view_init (NsdAttrView *view, const NsdAttrContext *context, gconstpointer header,
                    gconstpointer data, int length)
{
  const struct nlattr *nla = data;

  memset (view, 0, sizeof *view);
  view->context = context;
  view->header = header;
  while (nla_ok (nla, length)) {
    int type = nla_type (nla);

    if (type > 0 && type <= NSD_ATTR_MAX)
      view->tb[type] = nla;
    nla = nla_next (nla, &length);
  }
}

void
nsd_attr_view_init_message (NsdAttrView *view, const NsdAttrContext *context,
                            const struct nlmsghdr *nlh, gsize header_size)
{
  nsd_attr_view_init (view, context, nlmsg_data (nlh), nlmsg_attrdata (nlh, (int)header_size),
                      nlmsg_attrlen (nlh, (int)header_size));
}

void
nsd_attr_view_init_nested (NsdAttrView *view, const NsdAttrView *parent, const struct nlattr *nest)
{
  nsd_attr_view_init (view, parent->context, parent->header, nest != NULL ? nla_data (nest) : NULL,
                      nest != NULL ? nla_len (nest) : 0);
  view->parent = parent;
  view->elapsed = parent->elapsed;
}

const struct nlattr *
nsd_attr_view_get (const NsdAttrView *view, guint id, int length)
{
  const struct nlattr *nla = id <= NSD_ATTR_MAX ? view->tb[id] : NULL;

  return nla != NULL && nla_len (nla) >= length ? nla : NULL;
}

guint32
nsd_attr_view_get_u32 (const NsdAttrView *view, guint id, guint32 fallback)
{
  const struct nlattr *nla = nsd_attr_view_get (view, id, sizeof (guint32));

  return nla != NULL ? nla_get_u32 (nla) : fallback;
}

/* Whoever comes first makes it; @made is floating. */
static GVariant *
share (GVariant **place, GVariant *made)
{
  g_variant_ref_sink (made);
  if (g_atomic_pointer_compare_and_exchange (place, NULL, made))
    return made;
  g_variant_unref (made);
  return g_atomic_pointer_get (place);
}

static GVariant *
name_of_row (const NsdAttrTable *table, gsize row)
{
  const char *name = table->rows[row].name;
  GVariant *shared;

  if (table->shared == NULL)
    return g_variant_new_string (name);
  shared = g_atomic_pointer_get (&table->shared[row].name);
  return shared != NULL ? shared : share (&table->shared[row].name, g_variant_new_string (name));
}

static GVariant *
read_row (const NsdAttrTable *table, gsize row, const NsdAttrView *view)
{
  const NsdAttr *attr = &table->rows[row];
  gboolean is_shared =
      table->shared != NULL && attr->type->plain && attr->id != 0 && view->tb[attr->id] == NULL;
  GVariant *entry = is_shared ? g_atomic_pointer_get (&table->shared[row].none) : NULL;
  GVariant *value;

  if (entry != NULL)
    return entry;
  value = attr->type->get (view, attr);
  if (value == NULL)
    return NULL;
  entry = g_variant_new_dict_entry (name_of_row (table, row), g_variant_new_variant (value));
  return is_shared ? share (&table->shared[row].none, entry) : entry;
}

static GVariant *
read_table (const NsdAttrTable *table, const NsdAttrView *view, NsdAttrFlags optional)
{
  GVariant **entries = g_newa (GVariant *, table->n_rows);
  gsize n_entries = 0;

  for (gsize i = 0; i < table->n_rows; i++) {
    const NsdAttr *attr = &table->rows[i];

    if ((attr->flags & NSD_ATTR_READ) &&
        !((attr->flags & optional) && attr->id != 0 && view->tb[attr->id] == NULL)) {
      entries[n_entries] = read_row (table, i, view);
      n_entries += entries[n_entries] != NULL;
    }
  }
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), entries, n_entries);
}

GVariant *
nsd_attr_table_read (const NsdAttrTable *table, const NsdAttrView *view)
{
  return read_table (table, view, NSD_ATTR_OPTIONAL);
}

GVariant *
nsd_attr_table_read_present (const NsdAttrTable *table, const NsdAttrView *view)
{
  return read_table (table, view, NSD_ATTR_READ);
}

/* ---- writing ---- */

void
nsd_attr_builder_init (NsdAttrBuilder *builder, const NsdAttrContext *context, int type, int flags,
                       gsize header_size)
{
  memset (builder, 0, sizeof *builder);
  builder->context = context;
  builder->msg = nlmsg_alloc_size (MESSAGE_SIZE);
  nlmsg_put (builder->msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, (int)header_size,
             NLM_F_REQUEST | NLM_F_ACK | flags);
  builder->header = nlmsg_data (nlmsg_hdr (builder->msg));
  builder->spans = g_array_new (FALSE, FALSE, sizeof (Span));
}

void
nsd_attr_builder_make_room (NsdAttrBuilder *builder, gsize length)
{
  if (length > nlmsg_get_max_size (builder->msg) && nlmsg_expand (builder->msg, length) == 0)
    builder->header = nlmsg_data (nlmsg_hdr (builder->msg));
}

void
nsd_attr_builder_clear (NsdAttrBuilder *builder)
{
  g_clear_pointer (&builder->msg, nlmsg_free);
  g_clear_pointer (&builder->spans, g_array_unref);
  g_clear_pointer (&builder->held, g_ptr_array_unref);
}

void
nsd_attr_builder_hold (NsdAttrBuilder *builder, gpointer data, GDestroyNotify free_func)
{
  if (builder->held == NULL)
    builder->held = g_ptr_array_new_with_free_func (free_func);
  g_ptr_array_add (builder->held, data);
}

static gboolean
message_full (GError **error)
{
  nsd_error_set_invalid (error, "too long for one request to the kernel");
  return FALSE;
}

gboolean
nsd_attr_builder_add (NsdAttrBuilder *builder, int id, gconstpointer data, gsize length,
                      GError **error)
{
  if (length > G_MAXUINT16 - NLA_HDRLEN || nla_put (builder->msg, id, (int)length, data) < 0)
    return message_full (error);
  return TRUE;
}

gboolean
nsd_attr_builder_add_u32 (NsdAttrBuilder *builder, int id, guint32 value, GError **error)
{
  return nsd_attr_builder_add (builder, id, &value, sizeof value, error);
}

struct nlattr *
nsd_attr_builder_open (NsdAttrBuilder *builder, int id, GError **error)
{
  struct nlattr *nest = nla_nest_start (builder->msg, id);

  if (nest == NULL)
    message_full (error);
  return nest;
}

void
nsd_attr_builder_close (NsdAttrBuilder *builder, struct nlattr *nest)
{
  /* Unlike nla_nest_end(), keeps a nest without content, which is what some kinds need. */
  nla_nest_end_keep_empty (builder->msg, nest);
}

const char *
nsd_attr_builder_property_at (const NsdAttrBuilder *builder, guint32 offset)
{
  const Span *best = NULL;

  /* Spans nest (the peer of a veth has properties of its own): the shortest is the closest. */
  for (guint i = 0; i < builder->spans->len; i++) {
    const Span *span = &g_array_index (builder->spans, Span, i);

    if (offset >= span->start && offset < span->end &&
        (best == NULL || span->end - span->start <= best->end - best->start))
      best = span;
  }
  return best != NULL ? best->name : NULL;
}

const char *
nsd_attr_builder_property_in_text (const NsdAttrBuilder *builder, const char *text)
{
  const char *found = NULL;

  for (guint i = 0; i < builder->spans->len; i++) {
    const char *name = g_array_index (builder->spans, Span, i).name;

    if (!nsd_text_mentions (text, name))
      continue;
    if (found != NULL)
      return NULL;
    found = name;
  }
  return found;
}

gboolean
nsd_attr_builder_has_properties (const NsdAttrBuilder *builder)
{
  return builder->spans->len > 0;
}

const char *
nsd_attr_builder_only_property (const NsdAttrBuilder *builder)
{
  return builder->spans->len == 1 ? g_array_index (builder->spans, Span, 0).name : NULL;
}

gboolean
nsd_attr_put (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  Span span = { .start = nlmsg_hdr (builder->msg)->nlmsg_len, .name = attr->name };

  if (attr->type->put == NULL)
    return TRUE;
  if (!attr->type->put (builder, attr, value, error)) {
    /* A nest may have been begun. */
    nlmsg_hdr (builder->msg)->nlmsg_len = span.start;
    g_prefix_error (error, "Property %s: ", attr->name);
    return FALSE;
  }
  span.end = nlmsg_hdr (builder->msg)->nlmsg_len;
  g_array_append_val (builder->spans, span);
  return TRUE;
}

/* ---- settings ---- */

static void
clear_setting (gpointer data)
{
  g_clear_pointer (&((NsdSetting *)data)->value, g_variant_unref);
}

/* The last element of an interface name: «Bridge» of org.netnsd1.Link.Bridge; tables of options
 * have no interface. */
static const char *
short_name (const NsdAttrTable *table)
{
  return table->info != NULL ? strrchr (table->info->name, '.') + 1 : "the options";
}

static gboolean
is_named (const NsdAttrTable *table, const char *key, const char *dot)
{
  return dot == NULL || (strncmp (key, short_name (table), (gsize)(dot - key)) == 0 &&
                         short_name (table)[dot - key] == '\0');
}

/* How well a row of the right name serves: settable as it shall be, and of the type of the value.
 */
static int
rate (const NsdAttr *attr, NsdAttrFlags use, GVariant *value)
{
  return (attr->flags & use ? 2 : 0) +
         (g_variant_is_of_type (value, G_VARIANT_TYPE (attr->type->signature)) ? 1 : 0);
}

/* Tables can know the same name: the row that serves best, of several the first. */
static const NsdAttr *
find_setting (const NsdAttrTable *const *tables, const char *key, NsdAttrFlags use, GVariant *value,
              const NsdAttrTable **ret_table)
{
  const char *dot = strchr (key, '.');
  const NsdAttr *found = NULL;

  for (; *tables != NULL; tables++) {
    const NsdAttr *attr = is_named (*tables, key, dot)
                              ? nsd_attr_table_find (*tables, dot != NULL ? dot + 1 : key)
                              : NULL;

    if (attr == NULL || (found != NULL && rate (attr, use, value) <= rate (found, use, value)))
      continue;
    found = attr;
    *ret_table = *tables;
  }
  return found;
}

static gboolean
check_setting (const NsdSettings *settings, const NsdAttr *attr, GVariant *value, NsdAttrFlags use,
               GError **error)
{
  if (!(attr->flags & use)) {
    if (attr->flags & NSD_ATTR_CHANGE)
      nsd_error_set_invalid (error, "Property %s cannot be set on creation", attr->name);
    else
      g_set_error (error, G_DBUS_ERROR,
                   use & NSD_ATTR_CREATE ? G_DBUS_ERROR_INVALID_ARGS
                                         : G_DBUS_ERROR_PROPERTY_READ_ONLY,
                   attr->flags & NSD_ATTR_CREATE ? "Property %s can be set only on creation"
                                                 : "Property %s is read-only",
                   attr->name);
    return FALSE;
  }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (attr->type->signature))) {
    nsd_error_set_invalid (error, "Property %s: expected a value of type %s, got %s", attr->name,
                           attr->type->signature, g_variant_get_type_string (value));
    return FALSE;
  }
  for (gsize i = 0; i < settings->entries->len; i++) {
    if (nsd_settings_nth (settings, i)->attr == attr) {
      nsd_error_set_invalid (error, "Property %s is given twice", attr->name);
      return FALSE;
    }
  }
  return TRUE;
}

NsdSettings *
nsd_settings_new (GVariant *dict, const NsdAttrTable *const *tables, NsdAttrFlags use,
                  GError **error)
{
  g_autoptr (NsdSettings) settings = g_new0 (NsdSettings, 1);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  settings->entries = g_array_new (FALSE, FALSE, sizeof (NsdSetting));
  g_array_set_clear_func (settings->entries, clear_setting);
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    NsdSetting setting = { .value = value };

    setting.attr = find_setting (tables, key, use, value, &setting.table);
    if (setting.attr == NULL)
      nsd_error_set_invalid (error, "Unknown property %s: not known to %s", key,
                             short_name (tables[0]));
    if (setting.attr == NULL || !check_setting (settings, setting.attr, value, use, error)) {
      g_variant_unref (value);
      return NULL;
    }
    g_array_append_val (settings->entries, setting);
  }
  return g_steal_pointer (&settings);
}

static GVariant *
lookup_property (GVariant *interfaces, const NsdSetting *setting)
{
  g_autoptr (GVariant) properties =
      g_variant_lookup_value (interfaces, setting->table->info->name, G_VARIANT_TYPE_VARDICT);

  return properties != NULL ? g_variant_lookup_value (properties, setting->attr->name, NULL) : NULL;
}

/* Whether a value that differs from what it was may do so because @wanted was set: a number is
 * taken as it is or not at all, a text may be spelt in another way, and a port leaves its master
 * before the next one refuses it (do_set_master in net/core/rtnetlink.c). */
static gboolean
can_be_ours (GVariant *wanted, GVariant *now)
{
  if (g_variant_is_of_type (wanted, G_VARIANT_TYPE_OBJECT_PATH) &&
      (now == NULL || strcmp (g_variant_get_string (now, NULL), "/") == 0))
    return TRUE;
  return now == NULL || !g_variant_type_is_basic (g_variant_get_type (wanted)) ||
         g_variant_is_of_type (wanted, G_VARIANT_TYPE_STRING) || g_variant_equal (wanted, now);
}

static gboolean
is_set (const NsdSettings *settings, const NsdAttr *attr)
{
  for (guint i = 0; i < settings->entries->len; i++)
    if (nsd_settings_nth (settings, i)->attr == attr)
      return TRUE;
  return FALSE;
}

/* Kinds can change one property because of another. */
static void
add_side_effects (NsdSettings *reverse, const NsdSettings *settings, const NsdAttrTable *table,
                  GVariant *before, GVariant *after)
{
  for (gsize i = 0; i < table->n_rows; i++) {
    NsdSetting setting = { table, &table->rows[i], NULL };
    g_autoptr (GVariant) now = NULL;

    if (!(setting.attr->flags & NSD_ATTR_CHANGE) || is_set (settings, setting.attr) ||
        is_set (reverse, setting.attr))
      continue;
    now = lookup_property (after, &setting);
    setting.value = lookup_property (before, &setting);
    if (setting.value == NULL || now == NULL || g_variant_equal (setting.value, now))
      g_clear_pointer (&setting.value, g_variant_unref);
    else
      g_array_append_val (reverse->entries, setting);
  }
}

NsdSettings *
nsd_settings_new_reverse (const NsdSettings *settings, const NsdAttrTable *common, GVariant *before,
                          GVariant *after)
{
  NsdSettings *reverse = g_new0 (NsdSettings, 1);

  reverse->entries = g_array_new (FALSE, FALSE, sizeof (NsdSetting));
  g_array_set_clear_func (reverse->entries, clear_setting);
  for (guint i = 0; i < settings->entries->len; i++) {
    NsdSetting setting = *nsd_settings_nth (settings, i);
    g_autoptr (GVariant) now = lookup_property (after, &setting);
    GVariant *wanted = setting.value;

    setting.value = lookup_property (before, &setting);
    if (setting.value == NULL)
      continue;
    if ((now != NULL && g_variant_equal (setting.value, now)) || !can_be_ours (wanted, now))
      g_variant_unref (setting.value);
    else
      g_array_append_val (reverse->entries, setting);
  }
  for (guint i = 0; i < settings->entries->len; i++)
    if (nsd_settings_nth (settings, i)->table != common)
      add_side_effects (reverse, settings, nsd_settings_nth (settings, i)->table, before, after);
  return reverse;
}

void
nsd_settings_free (NsdSettings *settings)
{
  g_array_unref (settings->entries);
  g_free (settings);
}

GVariant *
nsd_settings_get (const NsdSettings *settings, const char *name)
{
  for (guint i = 0; i < settings->entries->len; i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (strcmp (setting->attr->name, name) == 0)
      return setting->value;
  }
  return NULL;
}

const char *
nsd_settings_get_string (const NsdSettings *settings, const char *name, const char *fallback)
{
  GVariant *value = nsd_settings_get (settings, name);

  return value != NULL ? g_variant_get_string (value, NULL) : fallback;
}

gboolean
nsd_settings_get_boolean (const NsdSettings *settings, const char *name, gboolean fallback)
{
  GVariant *value = nsd_settings_get (settings, name);

  return value != NULL ? g_variant_get_boolean (value) : fallback;
}

gsize
nsd_settings_count (const NsdSettings *settings)
{
  return settings->entries->len;
}

const NsdSetting *
nsd_settings_nth (const NsdSettings *settings, gsize n)
{
  return &g_array_index (settings->entries, NsdSetting, n);
}

gboolean
nsd_settings_touch (const NsdSettings *settings, const NsdAttrTable *table)
{
  for (guint i = 0; i < settings->entries->len; i++)
    if (nsd_settings_nth (settings, i)->table == table)
      return TRUE;
  return FALSE;
}

gboolean
nsd_settings_have (const NsdSettings *settings, NsdAttrFlags use)
{
  for (guint i = 0; i < settings->entries->len; i++)
    if (nsd_settings_nth (settings, i)->attr->flags & use)
      return TRUE;
  return FALSE;
}

gboolean
nsd_settings_put (const NsdSettings *settings, const NsdAttrTable *table, NsdAttrFlags use,
                  NsdAttrBuilder *builder, GError **error)
{
  for (guint i = 0; i < settings->entries->len; i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == table && (setting->attr->flags & use) &&
        !nsd_attr_put (builder, setting->attr, setting->value, error))
      return FALSE;
  }
  return TRUE;
}

void
nsd_settings_note (const NsdSettings *settings, const NsdAttrTable *table, guint32 start,
                   NsdAttrBuilder *builder)
{
  Span span = { .start = start, .end = nlmsg_hdr (builder->msg)->nlmsg_len };

  for (guint i = 0; i < settings->entries->len && span.end > start; i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table != table || setting->attr->type->put != NULL)
      continue;
    span.name = setting->attr->name;
    g_array_append_val (builder->spans, span);
  }
}

gboolean
nsd_settings_put_unchanged (const NsdSettings *settings, const NsdAttrTable *table,
                            NsdAttrBuilder *builder, GError **error)
{
  for (gsize i = 0; i < table->n_rows; i++) {
    const NsdAttr *attr = &table->rows[i];
    g_autoptr (GVariant) value = NULL;

    if (attr->type->put == NULL || !(attr->flags & (NSD_ATTR_CREATE | NSD_ATTR_CHANGE)) ||
        is_set (settings, attr))
      continue;
    value = g_variant_lookup_value (builder->current, attr->name, NULL);
    /* Nobody named it, so no error of the kernel's shall: no span. */
    if (value != NULL && !attr->type->put (builder, attr, value, error))
      return FALSE;
  }
  return TRUE;
}
