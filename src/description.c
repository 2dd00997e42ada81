/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "description.h"

#include <sys/socket.h>

#include "attr-types.h"
#include "rtwords.h"

/* What contradicts the family is found when it is written. */
static gboolean
find_family (const NsdDescription *description, int *ret_family, GError **error)
{
  const char *word = nsd_settings_get_string (description->settings, "Family", NULL);
  guint32 number = AF_UNSPEC;
  guint8 bytes[16], bits;

  if (word != NULL && !nsd_word_parse (nsd_family_words, NSD_WORDS_ONLY, word, &number, error)) {
    g_prefix_error (error, "Property Family: ");
    return FALSE;
  }
  *ret_family = (int)number;
  for (const char *const *name = description->kind->properties;
       *name != NULL && *ret_family == AF_UNSPEC; name++) {
    const char *text = nsd_settings_get_string (description->settings, *name, "");

    if (*text != '\0' && nsd_prefix_parse (text, ret_family, bytes, &bits, error) == 0) {
      g_prefix_error (error, "Property %s: ", *name);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
nsd_description_init (NsdDescription *description, const NsdDescriptionKind *kind,
                      const NsdAttrContext *context, GVariant *dict, GError **error)
{
  NsdAttrBuilder *builder = &description->builder;
  int family = AF_UNSPEC;

  description->kind = kind;
  description->settings = nsd_settings_new (dict, kind->tables, kind->use, error);
  if (description->settings == NULL || !find_family (description, &family, error))
    return FALSE;
  nsd_attr_builder_init (builder, context, kind->type, kind->flags, kind->header_size);
  builder->family = family;
  *(guint8 *)builder->header = (guint8)family;
  if (!nsd_settings_put (description->settings, kind->tables[0], kind->use, builder, error))
    return FALSE;
  nsd_attr_view_init_message (&description->view, context, nlmsg_hdr (builder->msg),
                              kind->header_size);
  return TRUE;
}

void
nsd_description_clear (NsdDescription *description)
{
  g_clear_pointer (&description->settings, nsd_settings_free);
  nsd_attr_builder_clear (&description->builder);
}

/* As nsd_attr_table_read() has it: NULL where there is no such property. */
static GVariant *
read_value (const NsdAttrView *view, const NsdAttr *attr)
{
  GVariant *value = NULL;

  if (!(attr->flags & NSD_ATTR_OPTIONAL) || attr->id == 0 || view->tb[attr->id] != NULL)
    value = attr->type->get (view, attr);
  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

static gboolean
is_same (const NsdAttrView *wanted, const NsdAttrView *view, const NsdAttr *attr)
{
  g_autoptr (GVariant) a = read_value (wanted, attr);
  g_autoptr (GVariant) b = read_value (view, attr);

  return a == NULL || b == NULL ? a == b : g_variant_equal (a, b);
}

const NsdAttr *
nsd_description_mismatch (const NsdDescription *description, const NsdAttrView *view)
{
  for (gsize i = 0; i < nsd_settings_count (description->settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (description->settings, i);

    if (setting->table == description->kind->tables[0] &&
        !is_same (&description->view, view, setting->attr))
      return setting->attr;
  }
  return NULL;
}

gboolean
nsd_description_is_whole (const NsdDescription *description, const NsdAttrView *view,
                          const char *const *ignored)
{
  const NsdAttrTable *table = description->kind->tables[0];

  for (gsize i = 0; i < table->n_rows; i++)
    if (!g_strv_contains (ignored, table->rows[i].name) &&
        !is_same (&description->view, view, &table->rows[i]))
      return FALSE;
  return TRUE;
}
