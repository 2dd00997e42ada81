/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of IPsec: net/xfrm/xfrm_interface_core.c. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R  NSD_ATTR_READ
#define RC (R | NSD_ATTR_CREATE)

/* The kernel has a text for this, but no attribute: it would not say which property. */
static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  GVariant *id = nsd_settings_get (settings, "IfId");
  gboolean metadata = FALSE;

  if (builder->current != NULL)
    g_variant_lookup (builder->current, "CollectMetadata", "b", &metadata);
  if (id == NULL || g_variant_get_uint32 (id) != 0 ||
      nsd_settings_get_boolean (settings, "CollectMetadata", metadata))
    return TRUE;
  nsd_error_set_invalid (error, "Property IfId: must not be 0 without CollectMetadata");
  return FALSE;
}

static const NsdAttr rows[] = {
  { IFLA_XFRM_LINK, "Link", &nsd_attr_lower_link, RC },
  { IFLA_XFRM_IF_ID, "IfId", &nsd_attr_u32, RC | NSD_ATTR_CHANGE },
  { IFLA_XFRM_COLLECT_METADATA, "CollectMetadata", &nsd_attr_flag, RC },
};

static const NsdAttrTable table = { &org_netnsd1_link_xfrm_interface, rows, G_N_ELEMENTS (rows) };

/* xfrmi_changelink() begins with xfrmi_netlink_parms(), which begins with a memset(), and refuses
 * another Link than there was. */
const NsdKind nsd_kinds_xfrm[] = {
  { .name = "xfrm", .role = NSD_KIND_LINK, .table = &table, .put = put, .whole = TRUE },
  { 0 },
};
