/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kind.h"

#include <string.h>

typedef gboolean (*KindFunc) (const NsdKind *kind, gconstpointer data);

/* The first kind that @func says yes to, or NULL. */
static const NsdKind *
find (KindFunc func, gconstpointer data)
{
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    for (const NsdKind *kind = *file; kind->name != NULL; kind++)
      if (func (kind, data))
        return kind;
  return NULL;
}

typedef struct {
  const char *name;
  NsdKindRole role;
} Wanted;

static gboolean
is_wanted (const NsdKind *kind, gconstpointer data)
{
  const Wanted *wanted = data;

  return kind->role == wanted->role && strcmp (kind->name, wanted->name) == 0;
}

const NsdKind *
nsd_kind_find (const char *name, NsdKindRole role)
{
  const Wanted wanted = { name, role };

  return find (is_wanted, &wanted);
}

static gboolean
has_interface (const NsdKind *kind, gconstpointer interface)
{
  return strcmp (kind->table->info->name, interface) == 0;
}

const GDBusInterfaceInfo *
nsd_kind_interface_info (const char *interface)
{
  const NsdKind *kind;

  if (strcmp (nsd_link_table.info->name, interface) == 0)
    return nsd_link_table.info;
  kind = find (has_interface, interface);
  return kind != NULL ? kind->table->info : NULL;
}

static const char *
readable_type (const NsdAttrTable *table, const char *name)
{
  const NsdAttr *attr = nsd_attr_table_find (table, name);

  return attr != NULL && (attr->flags & NSD_ATTR_READ) ? attr->type->signature : NULL;
}

const char *
nsd_kind_property_type (const char *name, const char *preferred)
{
  const char *type = readable_type (&nsd_link_table, name);

  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++) {
    for (const NsdKind *kind = *file; kind->name != NULL; kind++) {
      const char *other = readable_type (kind->table, name);

      if (other != NULL && (type == NULL || strcmp (other, preferred) == 0))
        type = other;
    }
  }
  return type;
}

#define KIND(file) nsd_kinds_##file,
const NsdKind *const nsd_kinds[] = {
#include "kinds.def"
  NULL,
};
#undef KIND
