/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VXLAN tunnels: drivers/net/vxlan/vxlan_core.c. */
#include "vxlan.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "fdb.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define RC     (R | NSD_ATTR_CREATE)
#define RC_OPT (RC | NSD_ATTR_OPTIONAL)
#define RW     (RC | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_VXLAN_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define VXLAN_LOCALBYPASS   31 /* Linux 6.5 */
#define VXLAN_LABEL_POLICY  32 /* Linux 6.7 */
#define VXLAN_RESERVED_BITS 33 /* Linux 6.14 */

static GVariant *
get_port_range (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla =
      nsd_attr_view_get (view, attr->id, sizeof (struct ifla_vxlan_port_range));
  const struct ifla_vxlan_port_range *range = nla != NULL ? nla_data (nla) : NULL;

  if (range == NULL)
    return attr->flags & NSD_ATTR_OPTIONAL ? NULL : g_variant_new ("(qq)", 0, 0);
  return g_variant_new ("(qq)", ntohs (range->low), ntohs (range->high));
}

static gboolean
put_port_range (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct ifla_vxlan_port_range range;
  guint16 low, high;

  g_variant_get (value, "(qq)", &low, &high);
  range.low = htons (low);
  range.high = htons (high);
  return nsd_attr_builder_add (builder, attr->id, &range, sizeof range, error);
}

static GVariant *
get_tunnel_ip (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_ip.get (view, attr);
}

/* The kernel refuses the other family on change, even if the address is all zero. */
static gboolean
put_tunnel_ip (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  g_autoptr (GVariant) zero = NULL;
  const char *now = "";

  if (*g_variant_get_string (value, NULL) != '\0')
    return nsd_attr_ip.put (builder, attr, value, error);
  if (builder->current != NULL)
    g_variant_lookup (builder->current, attr->name, "&s", &now);
  if (*now == '\0')
    return TRUE;
  zero = g_variant_ref_sink (g_variant_new_string (strchr (now, ':') != NULL ? "::" : "0.0.0.0"));
  return nsd_attr_ip.put (builder, attr, zero, error);
}

/* Reported as a byte and taken as a flag: vxlan_fill_info(), vxlan_policy. */
static GVariant *
get_ttl_inherit (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_bool8.get (view, attr);
}

static gboolean
put_ttl_inherit (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_flag.put (builder, attr, value, error);
}

static const NsdAttrType ttl_inherit = { "b", get_ttl_inherit, put_ttl_inherit };

/* The two words of struct vxlanhdr, as they are on the wire. */
static GVariant *
get_header_bits (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint64));

  return nla != NULL ? g_variant_new_uint64 (GUINT64_FROM_BE (nla_get_u64 (nla))) : NULL;
}

static gboolean
put_header_bits (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint64 bits = GUINT64_TO_BE (g_variant_get_uint64 (value));

  return nsd_attr_builder_add (builder, attr->id, &bits, sizeof bits, error);
}

static const NsdAttrType header_bits = { "t", get_header_bits, put_header_bits };

/* vxlan_config_validate() puts the default in the place of 0. */
static gboolean
check_not_zero (guint32 number, GError **error)
{
  if (number != 0)
    return TRUE;
  nsd_error_set_invalid (error, "0 is not possible; for the default, leave it out");
  return FALSE;
}

static GVariant *
get_port (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_be16.get (view, attr);
}

static gboolean
put_port (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return check_not_zero (g_variant_get_uint16 (value), error) &&
         nsd_attr_be16.put (builder, attr, value, error);
}

static const NsdAttrType port = { "q", get_port, put_port };

static GVariant *
get_ageing (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_u32.get (view, attr);
}

static gboolean
put_ageing (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return check_not_zero (g_variant_get_uint32 (value), error) &&
         nsd_attr_u32.put (builder, attr, value, error);
}

static const NsdAttrType ageing = { "u", get_ageing, put_ageing };

static GVariant *
get_lower (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_lower_link.get (view, attr);
}

/* The kernel takes 0 on change too, but keeps the link: vxlan_config_apply(). */
static gboolean
put_lower (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *now = "/";

  if (builder->current != NULL)
    g_variant_lookup (builder->current, attr->name, "&o", &now);
  if (strcmp (g_variant_get_string (value, NULL), "/") == 0 && strcmp (now, "/") != 0) {
    nsd_error_set_invalid (error, "the kernel can set another link, and not take it away");
    return FALSE;
  }
  return nsd_attr_lower_link.put (builder, attr, value, error);
}

static const NsdAttrType lower = { "o", get_lower, put_lower };

static const NsdWord df_words[] = {
  { VXLAN_DF_UNSET, "unset" },
  { VXLAN_DF_SET, "set" },
  { VXLAN_DF_INHERIT, "inherit" },
  { 0, NULL },
};

/* VXLAN_LABEL_* */
static const NsdWord label_policies[] = {
  { 0, "fixed" },
  { 1, "inherit" },
  { 0, NULL },
};

/* Left out: MC_ROUTE: Linux 6.17 takes it and reports it nowhere, and an earlier one passes over
 * it. */
static const NsdAttr rows[] = {
  { IFLA_VXLAN_ID, "Id", &nsd_attr_u32, RC, NULL, 0xffffff },
  { IFLA_VXLAN_GROUP, "Group", &nsd_attr_tunnel_ip, RW, NULL, IFLA_VXLAN_GROUP6 },
  { IFLA_VXLAN_LINK, "Link", &lower, RW },
  { IFLA_VXLAN_LOCAL, "Local", &nsd_attr_tunnel_ip, RW, NULL, IFLA_VXLAN_LOCAL6 },
  { IFLA_VXLAN_TTL, "Ttl", &nsd_attr_u8, RW },
  { IFLA_VXLAN_TTL_INHERIT, "TtlInherit", &ttl_inherit, RC },
  { IFLA_VXLAN_TOS, "Tos", &nsd_attr_u8, RW },
  { IFLA_VXLAN_LEARNING, "Learning", &nsd_attr_bool8, RW },
  { IFLA_VXLAN_AGEING, "Ageing", &ageing, RW },
  { IFLA_VXLAN_LIMIT, "Limit", &nsd_attr_u32, RC },
  { IFLA_VXLAN_PORT_RANGE, "PortRange", &nsd_attr_port_range, RC },
  { IFLA_VXLAN_PROXY, "Proxy", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_RSC, "Rsc", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_L2MISS, "L2miss", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_L3MISS, "L3miss", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_PORT, "Port", &port, RC },
  { IFLA_VXLAN_UDP_CSUM, "UdpCsum", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_UDP_ZERO_CSUM6_TX, "UdpZeroCsum6Tx", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_UDP_ZERO_CSUM6_RX, "UdpZeroCsum6Rx", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_REMCSUM_TX, "RemcsumTx", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_REMCSUM_RX, "RemcsumRx", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_GBP, "Gbp", &nsd_attr_flag, RC },
  { IFLA_VXLAN_REMCSUM_NOPARTIAL, "RemcsumNopartial", &nsd_attr_flag, RC },
  { IFLA_VXLAN_COLLECT_METADATA, "CollectMetadata", &nsd_attr_bool8, RC },
  { IFLA_VXLAN_LABEL, "Label", &nsd_attr_be32, RW, NULL, 0xfffff },
  { IFLA_VXLAN_GPE, "Gpe", &nsd_attr_flag, RC },
  { IFLA_VXLAN_DF, "Df", &nsd_attr_word8, RW, df_words },
  { IFLA_VXLAN_VNIFILTER, "Vnifilter", &nsd_attr_bool8, RC },
  { VXLAN_LOCALBYPASS, "Localbypass", &nsd_attr_bool8, RW_OPT },
  { VXLAN_LABEL_POLICY, "LabelPolicy", &nsd_attr_word32, RW_OPT, label_policies },
  { VXLAN_RESERVED_BITS, "ReservedBits", &header_bits, RC_OPT },
};

static const NsdAttrTable table = { &org_netnsd1_link_vxlan_interface, rows, G_N_ELEMENTS (rows) };

static const NsdMethod methods[] = { NSD_FDB_METHODS };

const NsdAttrType nsd_attr_tunnel_ip = { "s", get_tunnel_ip, put_tunnel_ip };
const NsdAttrType nsd_attr_port_range = { "(qq)", get_port_range, put_port_range };
const NsdKind nsd_kinds_vxlan[] = {
  { .name = "vxlan",
    .role = NSD_KIND_LINK,
    .table = &table,
    .methods = methods,
    .n_methods = G_N_ELEMENTS (methods) },
  { 0 },
};
