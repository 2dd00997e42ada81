/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Geneve tunnels: drivers/net/geneve.c. */
#include <linux/if_link.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "vxlan.h"

#define R      NSD_ATTR_READ
#define RC     (R | NSD_ATTR_CREATE)
#define RC_OPT (RC | NSD_ATTR_OPTIONAL)
#define RW     (RC | NSD_ATTR_CHANGE)

/* Enumerators of IFLA_GENEVE_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define GENEVE_PORT_RANGE 15 /* Linux 6.15 */

static GVariant *
get_ttl_inherit (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_bool8.get (view, attr);
}

/* Written by put(). */
static const NsdAttrType ttl_inherit = { "b", get_ttl_inherit, NULL };

/* Where both are in one message, geneve_nl2info() passes over TTL, even if TTL_INHERIT is 0.  TTL
 * alone ends the inheriting. */
static gboolean
put_ttl_inherit_of (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  GVariant *value = nsd_settings_get (settings, "TtlInherit");
  guint8 inherit;

  if (value == NULL)
    return TRUE;
  inherit = g_variant_get_boolean (value);
  if (nsd_settings_get (settings, "Ttl") == NULL)
    return nsd_attr_builder_add (builder, IFLA_GENEVE_TTL_INHERIT, &inherit, sizeof inherit, error);
  if (inherit)
    nsd_error_set_invalid (error, "Property TtlInherit: Ttl is given too");
  return !inherit;
}

static gboolean
refuse (const char *name, const char *why, GError **error)
{
  nsd_error_set_invalid (error, "Property %s: %s", name, why);
  return FALSE;
}

/* What geneve_nl2info() takes and forgets. */
static gboolean
check_checksums (const NsdSettings *settings, GError **error)
{
  gboolean inet6 = strchr (nsd_settings_get_string (settings, "Remote", ""), ':') != NULL;

  if (inet6 && nsd_settings_get (settings, "UdpCsum") != NULL)
    return refuse ("UdpCsum", "this is for IPv4, and Remote is IPv6", error);
  if (!inet6 && nsd_settings_get (settings, "UdpZeroCsum6Tx") != NULL)
    return refuse ("UdpZeroCsum6Tx", "this is for IPv6, and Remote is not", error);
  if (!inet6 && !nsd_settings_get_boolean (settings, "UdpZeroCsum6Rx", TRUE))
    return refuse ("UdpZeroCsum6Rx", "false is for IPv6, and Remote is not", error);
  return TRUE;
}

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return check_checksums (settings, error) && put_ttl_inherit_of (builder, settings, error);
}

static const NsdWord df_words[] = {
  { GENEVE_DF_UNSET, "unset" },
  { GENEVE_DF_SET, "set" },
  { GENEVE_DF_INHERIT, "inherit" },
  { 0, NULL },
};

/* Left out: GRO_HINT (Linux 7.0): where it is not reported, it may be off or unknown to the kernel;
 * LOCAL, LOCAL6, which are newer still. */
static const NsdAttr rows[] = {
  { IFLA_GENEVE_ID, "Id", &nsd_attr_u32, RC, NULL, 0xffffff },
  { IFLA_GENEVE_REMOTE, "Remote", &nsd_attr_tunnel_ip, RW, NULL, IFLA_GENEVE_REMOTE6 },
  { IFLA_GENEVE_TTL, "Ttl", &nsd_attr_u8, RW },
  { IFLA_GENEVE_TTL_INHERIT, "TtlInherit", &ttl_inherit, RW },
  { IFLA_GENEVE_TOS, "Tos", &nsd_attr_u8, RW },
  { IFLA_GENEVE_DF, "Df", &nsd_attr_word8, RW, df_words },
  { IFLA_GENEVE_LABEL, "Label", &nsd_attr_be32, RW, NULL, 0xfffff },
  { IFLA_GENEVE_PORT, "Port", &nsd_attr_be16, RC },
  { IFLA_GENEVE_COLLECT_METADATA, "CollectMetadata", &nsd_attr_flag, RC },
  { IFLA_GENEVE_UDP_CSUM, "UdpCsum", &nsd_attr_bool8, RC_OPT },
  { IFLA_GENEVE_UDP_ZERO_CSUM6_TX, "UdpZeroCsum6Tx", &nsd_attr_bool8, RC_OPT },
  { IFLA_GENEVE_UDP_ZERO_CSUM6_RX, "UdpZeroCsum6Rx", &nsd_attr_bool8, RC_OPT },
  { IFLA_GENEVE_INNER_PROTO_INHERIT, "InnerProtoInherit", &nsd_attr_flag, RC },
  { GENEVE_PORT_RANGE, "PortRange", &nsd_attr_port_range, RC_OPT },
};

static const NsdAttrTable table = { &org_netnsd1_link_geneve_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_geneve[] = {
  { .name = "geneve", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
