/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tunnels of IP in IP: net/ipv4/ipip.c, net/ipv6/sit.c, net/ipv6/ip6_tunnel.c.
 *
 * Their changelink begins with parameters of zeros (memset in ipip_netlink_parms,
 * ipip6_netlink_parms and ip6_tnl_netlink_parms), and the encapsulation is one struct of which all
 * is set if any of it is (ip_tunnel_netlink_encap_parms): hence `whole`. */
#include <netinet/in.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>

#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "tunnel.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE
#define RC     (R | CREATE)
#define RW     (R | CREATE | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* What the kernel found out about the addresses (ip6_tnl_link_config), in the same word as the
 * flags: IP6_TNL_F_CAP_XMIT, _RCV and _PER_PACKET of include/net/ip6_tunnel.h. */
#define IP6_TNL_F_CAPS 0x70000

/* The hop limit of a sit link unless another one is said (ipip6_netlink_parms). */
#define SIT_TTL 64

/* ---- what others have too ---- */

GVariant *
nsd_tunnel_value (const NsdAttrBuilder *builder, const NsdSettings *settings, const char *name)
{
  GVariant *value = nsd_settings_get (settings, name);

  if (value != NULL)
    return g_variant_ref (value);
  return builder->current != NULL ? g_variant_lookup_value (builder->current, name, NULL) : NULL;
}

gboolean
nsd_tunnel_boolean (const NsdAttrBuilder *builder, const NsdSettings *settings, const char *name,
                    gboolean fallback)
{
  g_autoptr (GVariant) value = nsd_tunnel_value (builder, settings, name);

  return value != NULL ? g_variant_get_boolean (value) : fallback;
}

static GVariant *
get_flag_words16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nsd_flag_words_variant (attr->data, nla != NULL ? nla_get_u16 (nla) : 0);
}

static gboolean
put_flag_words16 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;
  guint16 small;

  if (!nsd_flag_words_parse (attr->data, value, &flags, error))
    return FALSE;
  small = (guint16)flags;
  return nsd_attr_builder_add (builder, attr->id, &small, sizeof small, error);
}

static const NsdWord ip6_flags[] = {
  { IP6_TNL_F_IGN_ENCAP_LIMIT, "ign_encap_limit" },
  { IP6_TNL_F_USE_ORIG_TCLASS, "use_orig_tclass" },
  { IP6_TNL_F_USE_ORIG_FLOWLABEL, "use_orig_flowlabel" },
  { IP6_TNL_F_MIP6_DEV, "mip6_dev" },
  { IP6_TNL_F_RCV_DSCP_COPY, "rcv_dscp_copy" },
  { IP6_TNL_F_USE_ORIG_FWMARK, "use_orig_fwmark" },
  { IP6_TNL_F_ALLOW_LOCAL_REMOTE, "allow_local_remote" },
  { 0, NULL },
};

static GVariant *
get_ip6_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 flags = nsd_attr_view_get_u32 (view, attr->id, 0);

  return nsd_flag_words_variant (ip6_flags, flags & ~(guint32)IP6_TNL_F_CAPS);
}

static gboolean
put_ip6_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  return nsd_flag_words_parse (ip6_flags, value, &flags, error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, flags, error);
}

const NsdWord nsd_tunnel_encap_types[] = {
  { TUNNEL_ENCAP_NONE, "none" },
  { TUNNEL_ENCAP_FOU, "fou" },
  { TUNNEL_ENCAP_GUE, "gue" },
  { TUNNEL_ENCAP_MPLS, "mpls" },
  { 0, NULL },
};

const NsdWord nsd_tunnel_encap_flags[] = {
  { TUNNEL_ENCAP_FLAG_CSUM, "csum" },
  { TUNNEL_ENCAP_FLAG_CSUM6, "csum6" },
  { TUNNEL_ENCAP_FLAG_REMCSUM, "remcsum" },
  { 0, NULL },
};

const NsdAttrType nsd_tunnel_flag_words16 = { "as", get_flag_words16, put_flag_words16 };
const NsdAttrType nsd_tunnel_ip6_flags = { "as", get_ip6_flags, put_ip6_flags };

/* ---- hop limits over IPv4 ---- */

static GVariant *
get_ttl (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_u8.get (view, attr);
}

/* A hop limit in a message makes the kernel set DF, whatever IFLA_IPTUN_PMTUDISC says
 * (ip_tunnel_netlink_parms in net/ipv4/ip_tunnel_core.c).  So path MTU discovery is off only with
 * the hop limit that the kernel takes if the message says none: @fallback. */
static gboolean
put_ttl (NsdAttrBuilder *builder, const NsdSettings *settings, guint8 fallback, GError **error)
{
  g_autoptr (GVariant) value = nsd_tunnel_value (builder, settings, "Ttl");
  guint8 ttl = value != NULL ? g_variant_get_byte (value) : fallback;

  if (ttl == 0 || nsd_tunnel_boolean (builder, settings, "Pmtudisc", TRUE))
    return value == NULL || nsd_attr_builder_add (builder, IFLA_IPTUN_TTL, &ttl, sizeof ttl, error);
  if (ttl == fallback)
    return TRUE;
  nsd_error_set_invalid (error, "Property %s: with a Ttl of %u, Pmtudisc cannot be false",
                         nsd_settings_get (settings, "Ttl") != NULL ? "Ttl" : "Pmtudisc", ttl);
  return FALSE;
}

static gboolean
put_ipip (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return put_ttl (builder, settings, 0, error);
}

static gboolean
put_sit (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return put_ttl (builder, settings, SIT_TTL, error);
}

static const NsdAttrType ttl = { "y", get_ttl, NULL };

/* ---- metadata ---- */

static GVariant *
get_metadata (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_flag.get (view, attr);
}

/* A change must not even repeat it (ipip_changelink, ip6_tnl_changelink), and does not end it. */
static gboolean
put_metadata (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return builder->current != NULL || nsd_attr_flag.put (builder, attr, value, error);
}

static const NsdAttrType metadata = { "b", get_metadata, put_metadata };

/* ---- rows ---- */

static const NsdWord ipip_protocols[] = {
  { IPPROTO_IPIP, "ipip" },
  { IPPROTO_MPLS, "mplsip" },
  { 0, "any" },
  { 0, NULL },
};

static const NsdWord sit_protocols[] = {
  { IPPROTO_IPV6, "ip6ip" },
  { IPPROTO_IPIP, "ipip" },
  { IPPROTO_MPLS, "mplsip" },
  { 0, "any" },
  { 0, NULL },
};

static const NsdWord ip6tnl_protocols[] = {
  { IPPROTO_IPV6, "ip6ip6" },
  { IPPROTO_IPIP, "ipip6" },
  { 0, "any" },
  { 0, NULL },
};

static const NsdWord sit_flags[] = {
  { SIT_ISATAP, "isatap" },
  { 0, NULL },
};

/* clang-format off */
#define ENDPOINT(ip)                                                                   \
  { IFLA_IPTUN_LINK, "Link", &nsd_attr_lower_link, RW },                               \
  { IFLA_IPTUN_LOCAL, "Local", &ip, RW },                                              \
  { IFLA_IPTUN_REMOTE, "Remote", &ip, RW },                                            \
  { IFLA_IPTUN_FWMARK, "Fwmark", &nsd_attr_u32, RW }
#define ENCAP                                                                              \
  { IFLA_IPTUN_ENCAP_TYPE, "EncapType", &nsd_attr_word16, RW, nsd_tunnel_encap_types },    \
  { IFLA_IPTUN_ENCAP_FLAGS, "EncapFlags", &nsd_tunnel_flag_words16, RW,                    \
    nsd_tunnel_encap_flags },                                                              \
  { IFLA_IPTUN_ENCAP_SPORT, "EncapSport", &nsd_attr_be16, RW },                            \
  { IFLA_IPTUN_ENCAP_DPORT, "EncapDport", &nsd_attr_be16, RW }
#define IP4                                                                            \
  { IFLA_IPTUN_TTL, "Ttl", &ttl, RW },                                                 \
  { IFLA_IPTUN_TOS, "Tos", &nsd_attr_u8, RW },                                         \
  { IFLA_IPTUN_PMTUDISC, "Pmtudisc", &nsd_attr_bool8, RW }
/* clang-format on */

static const NsdAttr ipip_rows[] = {
  ENDPOINT (nsd_attr_ip4),
  IP4,
  { IFLA_IPTUN_PROTO, "Proto", &nsd_attr_word8, RC, ipip_protocols },
  ENCAP,
  { IFLA_IPTUN_COLLECT_METADATA, "CollectMetadata", &metadata, RC },
};

/* Left out: COLLECT_METADATA (the kernel ignores it).  Without CONFIG_IPV6_SIT_6RD there is no 6RD.
 */
static const NsdAttr sit_rows[] = {
  ENDPOINT (nsd_attr_ip4),
  IP4,
  { IFLA_IPTUN_PROTO, "Proto", &nsd_attr_word8, RC, sit_protocols },
  { IFLA_IPTUN_FLAGS, "Flags", &nsd_tunnel_flag_words16, RC, sit_flags },
  { IFLA_IPTUN_6RD_PREFIX, "SixRdPrefix", &nsd_attr_ip6, RW_OPT },
  { IFLA_IPTUN_6RD_RELAY_PREFIX, "SixRdRelayPrefix", &nsd_attr_ip4, RW_OPT },
  { IFLA_IPTUN_6RD_PREFIXLEN, "SixRdPrefixlen", &nsd_attr_u16, RW_OPT, NULL, 64 },
  { IFLA_IPTUN_6RD_RELAY_PREFIXLEN, "SixRdRelayPrefixlen", &nsd_attr_u16, RW_OPT, NULL, 32 },
  ENCAP,
};

/* Flowinfo: IPV6_FLOWINFO_MASK of include/net/ipv6.h; the kernel keeps other bits, but sends none.
 */
static const NsdAttr ip6tnl_rows[] = {
  ENDPOINT (nsd_attr_ip6),
  { IFLA_IPTUN_TTL, "Ttl", &nsd_attr_u8, RW },
  { IFLA_IPTUN_ENCAP_LIMIT, "EncapLimit", &nsd_attr_u8, RW },
  { IFLA_IPTUN_FLOWINFO, "Flowinfo", &nsd_attr_be32, RW, NULL, 0x0fffffff },
  { IFLA_IPTUN_FLAGS, "Flags", &nsd_tunnel_ip6_flags, RW },
  { IFLA_IPTUN_PROTO, "Proto", &nsd_attr_word8, RW, ip6tnl_protocols },
  ENCAP,
  { IFLA_IPTUN_COLLECT_METADATA, "CollectMetadata", &metadata, RC },
};

static const NsdAttrTable ipip_table = { &org_netnsd1_link_ip_tunnel_interface, ipip_rows,
                                         G_N_ELEMENTS (ipip_rows) };
static const NsdAttrTable sit_table = { &org_netnsd1_link_ip_tunnel_interface, sit_rows,
                                        G_N_ELEMENTS (sit_rows) };
static const NsdAttrTable ip6tnl_table = { &org_netnsd1_link_ip_tunnel_interface, ip6tnl_rows,
                                           G_N_ELEMENTS (ip6tnl_rows) };

const NsdKind nsd_kinds_ip_tunnel[] = {
  { .name = "ipip", .role = NSD_KIND_LINK, .table = &ipip_table, .put = put_ipip, .whole = TRUE },
  { .name = "sit", .role = NSD_KIND_LINK, .table = &sit_table, .put = put_sit, .whole = TRUE },
  { .name = "ip6tnl", .role = NSD_KIND_LINK, .table = &ip6tnl_table, .whole = TRUE },
  { 0 },
};
