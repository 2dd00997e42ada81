/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link-lower.h"

#include <string.h>

#include "link/kind.h"

guint64
nsd_link_foreign_namespace (const NsdLink *link)
{
  guint64 id = nsd_link_lower_namespace (link);

  return link->foreign && id == 0 ? NSD_NETNS_HIDDEN : id;
}

/* Such a link is the whole of its lower device: they have one MAC address (macvlan_set_mac_address
 * in drivers/net/macvlan.c), and a master can give the link another. */
static gboolean
is_passthru (const NsdLink *link, const NsdKind *kind)
{
  g_autoptr (GVariant) properties = nsd_link_properties (link, kind->table->info->name);
  const char *mode = "";

  if (properties != NULL)
    g_variant_lookup (properties, "Mode", "&s", &mode);
  return strcmp (mode, "passthru") == 0;
}

static gboolean
reaches_lower (const NsdLink *link, const NsdKind *kind, const NsdSetting *setting)
{
  const char *name = setting->attr->name;

  if (setting->table != kind->table)
    return (strcmp (name, "MacAddress") == 0 || strcmp (name, "Master") == 0) &&
           is_passthru (link, kind);
  /* Of a pair both ends are links of their own. */
  return nsd_attr_table_find (kind->table, "PeerNamespace") == NULL ||
         g_str_has_prefix (name, "Peer");
}

gboolean
nsd_link_reaches_lower (const NsdLink *link, const NsdSettings *settings)
{
  const NsdKind *kind = nsd_kind_find (link->kind, NSD_KIND_LINK);

  for (gsize i = 0; kind != NULL && i < nsd_settings_count (settings); i++)
    if (reaches_lower (link, kind, nsd_settings_nth (settings, i)))
      return TRUE;
  return FALSE;
}

void
nsd_link_set_lower (const NsdLink *link, NsdAttrBuilder *builder)
{
  builder->lower_netns = nsd_link_lower_namespace (link);
  builder->lower_hidden = link->foreign && builder->lower_netns == 0;
  builder->lower_ifindex = link->refers;
}
