/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kind.h"

#include <string.h>

const NsdKind *
nsd_kind_find (const char *name, NsdKindRole role)
{
  for (const NsdKind *const *kind = nsd_kinds; *kind != NULL; kind++)
    if ((*kind)->role == role && strcmp ((*kind)->name, name) == 0)
      return *kind;
  return NULL;
}

const GDBusInterfaceInfo *
nsd_kind_interface_info (const char *interface)
{
  if (strcmp (nsd_link_table.info->name, interface) == 0)
    return nsd_link_table.info;
  for (const NsdKind *const *kind = nsd_kinds; *kind != NULL; kind++)
    if (strcmp ((*kind)->table->info->name, interface) == 0)
      return (*kind)->table->info;
  return NULL;
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

  for (const NsdKind *const *kind = nsd_kinds; *kind != NULL; kind++) {
    const char *other = readable_type ((*kind)->table, name);

    if (other != NULL && (type == NULL || strcmp (other, preferred) == 0))
      type = other;
  }
  return type;
}

const NsdKind *const nsd_kinds[] = {
  &nsd_kind_bridge,
  &nsd_kind_bridge_port,
  &nsd_kind_veth,
  NULL,
};
