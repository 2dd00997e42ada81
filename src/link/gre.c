/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRE and ERSPAN: net/ipv4/ip_gre.c, net/ipv6/ip6_gre.c.
 *
 * Their changelink begins with parameters of zeros (memset in ipgre_netlink_parms and
 * ip6gre_netlink_parms), and the encapsulation is one struct of which all is set if any of it is
 * (ipgre_netlink_encap_parms): hence `whole`. */
#include <arpa/inet.h>
#include <linux/if_tunnel.h>

#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "tunnel.h"

#define R  NSD_ATTR_READ
#define RC (R | NSD_ATTR_CREATE)
#define RW (RC | NSD_ATTR_CHANGE)

/* Bits of the GRE header as the host sees them: GRE_CSUM, GRE_KEY, GRE_SEQ. */
#define CSUM 0x8000
#define KEY  0x2000
#define SEQ  0x1000

/* include/net/erspan.h: ID_MASK, INDEX_MASK, HWID_MASK >> HWID_OFFSET. */
#define ERSPAN_MAX_ID    0x3ff
#define ERSPAN_MAX_INDEX 0xfffff
#define ERSPAN_MAX_HWID  0x3f

/* ---- flags and keys ---- */

static const NsdWord header_flags[] = {
  { CSUM, "csum" },
  { KEY, "key" },
  { SEQ, "seq" },
  { 0, NULL },
};

static GVariant *
get_header_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nsd_flag_words_variant (header_flags, nla != NULL ? ntohs (nla_get_u16 (nla)) : 0);
}

static gboolean
add_header_flags (NsdAttrBuilder *builder, int id, guint32 flags, GError **error)
{
  guint16 big = htons ((guint16)flags);

  return nsd_attr_builder_add (builder, id, &big, sizeof big, error);
}

static gboolean
put_header_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  return nsd_flag_words_parse (header_flags, value, &flags, error) &&
         add_header_flags (builder, attr->id, flags, error);
}

static const NsdAttrType header_flags_type = { "as", get_header_flags, put_header_flags };

/* What one direction of the tunnel has. */
typedef struct {
  int flags_id;
  const char *flags;
  const char *key;
} Direction;

#define N_DIRECTIONS 2

static const Direction directions[N_DIRECTIONS] = {
  { IFLA_GRE_IFLAGS, "IFlags", "IKey" },
  { IFLA_GRE_OFLAGS, "OFlags", "OKey" },
};

/* A key without its flag is not compared with that of packets, but the kernel files the tunnel
 * under it, and finds it for none (ip_bucket in net/ipv4/ip_tunnel.c).  So on creation a key brings
 * its flag, unless the flags are said too; and else they must agree. */
static gboolean
put_direction (NsdAttrBuilder *builder, const NsdSettings *settings, const Direction *direction,
               guint32 fallback, guint32 *ret_flags, GError **error)
{
  g_autoptr (GVariant) key = nsd_tunnel_value (builder, settings, direction->key);
  g_autoptr (GVariant) words = nsd_tunnel_value (builder, settings, direction->flags);
  gboolean keyed = key != NULL && g_variant_get_uint32 (key) != 0;
  gboolean key_given = nsd_settings_get (settings, direction->key) != NULL;
  guint32 flags = fallback | (keyed ? KEY : 0);

  if (words == NULL) {
    *ret_flags = flags;
    return flags == 0 || add_header_flags (builder, direction->flags_id, flags, error);
  }
  if (!nsd_flag_words_parse (header_flags, words, &flags, error))
    return FALSE;
  *ret_flags = flags;
  if (!keyed || (flags & KEY) ||
      (!key_given && nsd_settings_get (settings, direction->flags) == NULL))
    return TRUE;
  nsd_error_set_invalid (error, "Property %s: a key other than 0 needs “key” in %s",
                         key_given ? direction->key : direction->flags, direction->flags);
  return FALSE;
}

/* @fallback: flags that creation sets unless it is told the flags. */
static gboolean
put_directions (NsdAttrBuilder *builder, const NsdSettings *settings, guint32 fallback,
                guint32 ret_flags[N_DIRECTIONS], GError **error)
{
  for (gsize i = 0; i < N_DIRECTIONS; i++)
    if (!put_direction (builder, settings, &directions[i], fallback, &ret_flags[i], error))
      return FALSE;
  return TRUE;
}

/* ---- the Don't Fragment bit ---- */

/* ipgre_netlink_parms() compares Pmtudisc with the IgnoreDf that was as well as with the one that
 * shall be. */
static gboolean
check_ignore_df (const NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  gboolean pmtudisc = nsd_tunnel_boolean (builder, settings, "Pmtudisc", TRUE);
  gboolean was = FALSE;

  if (builder->current != NULL)
    g_variant_lookup (builder->current, "IgnoreDf", "b", &was);
  if (!pmtudisc || (!was && !nsd_tunnel_boolean (builder, settings, "IgnoreDf", FALSE)))
    return TRUE;
  if (nsd_settings_get (settings, "Pmtudisc") != NULL)
    nsd_error_set_invalid (error, "Property Pmtudisc: IgnoreDf must be false before");
  else
    nsd_error_set_invalid (error, "Property IgnoreDf: Pmtudisc must be false");
  return FALSE;
}

/* ---- the other end ---- */

static const NsdAttrType *
address_type (const NsdAttr *attr)
{
  return attr->arg == AF_INET6 ? &nsd_attr_ip6 : &nsd_attr_ip4;
}

static GVariant *
get_remote (const NsdAttrView *view, const NsdAttr *attr)
{
  return address_type (attr)->get (view, attr);
}

/* Ethernet tunnels refuse an address of zeros, and take none at all for it (ipgre_tap_validate,
 * ip6gre_tap_validate). */
static gboolean
put_remote (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return *g_variant_get_string (value, NULL) == '\0' ||
         address_type (attr)->put (builder, attr, value, error);
}

/* row.arg: the address family */
static const NsdAttrType remote = { "s", get_remote, put_remote };

/* ---- ERSPAN ---- */

static const NsdWord erspan_directions[] = {
  { 0, "ingress" },
  { 1, "egress" },
  { 0, NULL },
};

static GVariant *
get_erspan_dir (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_word8.get (view, attr);
}

static gboolean
put_erspan_dir (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *word = g_variant_get_string (value, NULL);
  guint32 number = 0;
  guint8 byte;

  if (*word == '\0')
    return TRUE;
  if (!nsd_word_parse (attr->data, NSD_WORDS_ONLY, word, &number, error))
    return FALSE;
  byte = (guint8)number;
  return nsd_attr_builder_add (builder, attr->id, &byte, sizeof byte, error);
}

static const NsdAttrType erspan_dir = { "s", get_erspan_dir, put_erspan_dir };

static guint8
erspan_version (const NsdAttrBuilder *builder, const NsdSettings *settings)
{
  g_autoptr (GVariant) value = nsd_tunnel_value (builder, settings, "ErspanVer");

  return value != NULL ? g_variant_get_byte (value) : 1;
}

/* The kernel ignores what another version has (erspan_netlink_parms, ip6erspan_set_version). */
static gboolean
check_erspan_fields (const NsdSettings *settings, guint8 version, GError **error)
{
  GVariant *index = nsd_settings_get (settings, "ErspanIndex");
  GVariant *hwid = nsd_settings_get (settings, "ErspanHwid");
  const char *dir = nsd_settings_get_string (settings, "ErspanDir", "");
  const char *wrong = NULL;

  if (version != 1 && index != NULL && g_variant_get_uint32 (index) != 0)
    wrong = "ErspanIndex";
  else if (version != 2 && hwid != NULL && g_variant_get_uint16 (hwid) != 0)
    wrong = "ErspanHwid";
  else if (version != 2 && *dir != '\0')
    wrong = "ErspanDir";
  if (wrong != NULL)
    nsd_error_set_invalid (error, "Property %s: not known to version %u", wrong, version);
  return wrong == NULL;
}

/* The property among @settings that made the flags wrong. */
static const char *
wrong_erspan_flags (const NsdSettings *settings, const guint32 flags[N_DIRECTIONS])
{
  const char *given = nsd_settings_get (settings, "ErspanVer") != NULL ? "ErspanVer" : NULL;

  for (gsize i = 0; i < N_DIRECTIONS; i++) {
    if (nsd_settings_get (settings, directions[i].flags) == NULL)
      continue;
    given = directions[i].flags;
    if (flags[i] & ~(guint32)(KEY | SEQ))
      break;
  }
  return given;
}

/* erspan_validate() and ip6erspan_tap_validate(), which do not say what they miss. */
static gboolean
put_erspan_flags (NsdAttrBuilder *builder, const NsdSettings *settings, guint8 version,
                  GError **error)
{
  gboolean exact =
      version != 0 && !nsd_tunnel_boolean (builder, settings, "CollectMetadata", FALSE);
  guint32 flags[N_DIRECTIONS];
  const char *wrong;

  if (!put_directions (builder, settings, exact ? KEY | SEQ : 0, flags, error))
    return FALSE;
  if (!exact || (flags[0] | flags[1]) == (KEY | SEQ))
    return TRUE;
  wrong = wrong_erspan_flags (settings, flags);
  if (wrong != NULL)
    nsd_error_set_invalid (error, "Property %s: version %u needs “key” and “seq”, and no more",
                           wrong, version);
  return wrong == NULL;
}

/* ---- put() of each kind ---- */

static gboolean
put_gre (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  guint32 flags[N_DIRECTIONS];

  return check_ignore_df (builder, settings, error) &&
         put_directions (builder, settings, 0, flags, error);
}

static gboolean
put_erspan (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  guint8 version = erspan_version (builder, settings);

  return check_ignore_df (builder, settings, error) &&
         check_erspan_fields (settings, version, error) &&
         put_erspan_flags (builder, settings, version, error);
}

static gboolean
put_ip6gre (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  guint32 flags[N_DIRECTIONS];

  return put_directions (builder, settings, 0, flags, error);
}

static gboolean
put_ip6erspan (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use,
               GError **error)
{
  guint8 version = erspan_version (builder, settings);

  if (version == 0) {
    nsd_error_set_invalid (error, "Property ErspanVer: over IPv6 it is 1 or 2");
    return FALSE;
  }
  return check_erspan_fields (settings, version, error) &&
         put_erspan_flags (builder, settings, version, error);
}

/* ---- rows ---- */

/* clang-format off */
#define COMMON(max_key)                                                                 \
  { IFLA_GRE_LINK, "Link", &nsd_attr_lower_link, RW },                                  \
  { IFLA_GRE_TTL, "Ttl", &nsd_attr_u8, RW },                                            \
  { IFLA_GRE_IFLAGS, "IFlags", &header_flags_type, RW },                                \
  { IFLA_GRE_OFLAGS, "OFlags", &header_flags_type, RW },                                \
  { IFLA_GRE_IKEY, "IKey", &nsd_attr_be32, RW, NULL, max_key },                         \
  { IFLA_GRE_OKEY, "OKey", &nsd_attr_be32, RW, NULL, max_key },                         \
  { IFLA_GRE_FWMARK, "Fwmark", &nsd_attr_u32, RW },                                     \
  { IFLA_GRE_ENCAP_TYPE, "EncapType", &nsd_attr_word16, RW, nsd_tunnel_encap_types },   \
  { IFLA_GRE_ENCAP_FLAGS, "EncapFlags", &nsd_tunnel_flag_words16, RW,                   \
    nsd_tunnel_encap_flags },                                                           \
  { IFLA_GRE_ENCAP_SPORT, "EncapSport", &nsd_attr_be16, RW },                           \
  { IFLA_GRE_ENCAP_DPORT, "EncapDport", &nsd_attr_be16, RW },                           \
  { IFLA_GRE_COLLECT_METADATA, "CollectMetadata", &nsd_attr_flag, RC }
#define IP4                                                                             \
  { IFLA_GRE_LOCAL, "Local", &nsd_attr_ip4, RW },                                       \
  { IFLA_GRE_REMOTE, "Remote", &remote, RW, NULL, AF_INET },                                         \
  { IFLA_GRE_TOS, "Tos", &nsd_attr_u8, RW },                                            \
  { IFLA_GRE_PMTUDISC, "Pmtudisc", &nsd_attr_bool8, RW },                               \
  { IFLA_GRE_IGNORE_DF, "IgnoreDf", &nsd_attr_bool8, RW }
/* Flowinfo: IPV6_FLOWINFO_MASK of include/net/ipv6.h; the kernel keeps other bits, but sends none.
 */
#define IP6                                                                             \
  { IFLA_GRE_LOCAL, "Local", &nsd_attr_ip6, RW },                                       \
  { IFLA_GRE_REMOTE, "Remote", &remote, RW, NULL, AF_INET6 },                                         \
  { IFLA_GRE_ENCAP_LIMIT, "EncapLimit", &nsd_attr_u8, RW },                             \
  { IFLA_GRE_FLOWINFO, "Flowinfo", &nsd_attr_be32, RW, NULL, 0x0fffffff },              \
  { IFLA_GRE_FLAGS, "Flags", &nsd_tunnel_ip6_flags, RW }
#define ERSPAN                                                                          \
  { IFLA_GRE_ERSPAN_VER, "ErspanVer", &nsd_attr_u8, RW, NULL, 2 },                      \
  { IFLA_GRE_ERSPAN_INDEX, "ErspanIndex", &nsd_attr_u32, RW, NULL, ERSPAN_MAX_INDEX },  \
  { IFLA_GRE_ERSPAN_DIR, "ErspanDir", &erspan_dir, RW, erspan_directions },             \
  { IFLA_GRE_ERSPAN_HWID, "ErspanHwid", &nsd_attr_u16, RW, NULL, ERSPAN_MAX_HWID }
/* clang-format on */

static const NsdAttr gre_rows[] = { COMMON (0), IP4 };
static const NsdAttr erspan_rows[] = { COMMON (ERSPAN_MAX_ID), IP4, ERSPAN };
static const NsdAttr ip6gre_rows[] = { COMMON (0), IP6 };
static const NsdAttr ip6erspan_rows[] = { COMMON (ERSPAN_MAX_ID), IP6, ERSPAN };

static const NsdAttrTable gre_table = { &org_netnsd1_link_gre_interface, gre_rows,
                                        G_N_ELEMENTS (gre_rows) };
static const NsdAttrTable erspan_table = { &org_netnsd1_link_gre_interface, erspan_rows,
                                           G_N_ELEMENTS (erspan_rows) };
static const NsdAttrTable ip6gre_table = { &org_netnsd1_link_gre_interface, ip6gre_rows,
                                           G_N_ELEMENTS (ip6gre_rows) };
static const NsdAttrTable ip6erspan_table = { &org_netnsd1_link_gre_interface, ip6erspan_rows,
                                              G_N_ELEMENTS (ip6erspan_rows) };

const NsdKind nsd_kinds_gre[] = {
  { .name = "gre", .role = NSD_KIND_LINK, .table = &gre_table, .put = put_gre, .whole = TRUE },
  { .name = "gretap", .role = NSD_KIND_LINK, .table = &gre_table, .put = put_gre, .whole = TRUE },
  { .name = "erspan",
    .role = NSD_KIND_LINK,
    .table = &erspan_table,
    .put = put_erspan,
    .whole = TRUE },
  { .name = "ip6gre",
    .role = NSD_KIND_LINK,
    .table = &ip6gre_table,
    .put = put_ip6gre,
    .whole = TRUE },
  { .name = "ip6gretap",
    .role = NSD_KIND_LINK,
    .table = &ip6gre_table,
    .put = put_ip6gre,
    .whole = TRUE },
  { .name = "ip6erspan",
    .role = NSD_KIND_LINK,
    .table = &ip6erspan_table,
    .put = put_ip6erspan,
    .whole = TRUE },
  { 0 },
};
