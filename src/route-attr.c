/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a route: struct rtmsg and RTA_* (net/ipv4/fib_frontend.c, net/ipv6/route.c). */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "nsd-interfaces.h"
#include "route-encap.h"
#include "routes.h"
#include "rtwords.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE

/* row.arg of the header_word codec: which byte of struct rtmsg. */
#define AT(field) offsetof (struct rtmsg, field)

static int
family_length (int family)
{
  return family == AF_INET ? 4 : 16;
}

static int
family_of (const NsdAttrView *view)
{
  return ((const struct rtmsg *)view->header)->rtm_family;
}

static struct rtmsg *
header_of (NsdAttrBuilder *builder)
{
  return builder->header;
}

/* ---- bytes of the header ---- */

static GVariant *
get_header_word (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (attr->data, ((const guint8 *)view->header)[attr->arg]);
}

static gboolean
put_header_word (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = 0;

  if (!nsd_word_parse (attr->data, G_MAXUINT8, g_variant_get_string (value, NULL), &number, error))
    return FALSE;
  ((guint8 *)builder->header)[attr->arg] = (guint8)number;
  return TRUE;
}

/* The handler has taken the family from this or from the destination before anything is written. */
static gboolean
put_family (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 family = 0;

  if (!nsd_word_parse (attr->data, NSD_WORDS_ONLY, g_variant_get_string (value, NULL), &family,
                       error))
    return FALSE;
  if ((int)family == builder->family)
    return TRUE;
  nsd_error_set_invalid (error, "“%s” is not the family of the destination",
                         g_variant_get_string (value, NULL));
  return FALSE;
}

static GVariant *
get_tos (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_byte (((const struct rtmsg *)view->header)->rtm_tos);
}

static gboolean
put_tos (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  header_of (builder)->rtm_tos = g_variant_get_byte (value);
  return TRUE;
}

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_flag_words_variant (nsd_nexthop_words,
                                 ((const struct rtmsg *)view->header)->rtm_flags);
}

/* The kernel takes RTNH_F_PERVASIVE as well, does nothing with it, and never shows it. */
static gboolean
parse_chosen_flags (GVariant *value, guint32 *ret_flags, GError **error)
{
  if (!nsd_flag_words_parse (nsd_nexthop_words, value, ret_flags, error))
    return FALSE;
  if ((*ret_flags & ~(guint32)RTNH_F_ONLINK) == 0)
    return TRUE;
  nsd_error_set_invalid (error, "only “onlink” can be chosen");
  return FALSE;
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!parse_chosen_flags (value, &flags, error))
    return FALSE;
  header_of (builder)->rtm_flags |= flags;
  return TRUE;
}

/* ---- prefixes and addresses ---- */

/* row.arg: the byte of the header that has the prefix length. */
static GVariant *
get_prefix (const NsdAttrView *view, const NsdAttr *attr)
{
  static const guint8 zero[16];
  int length = family_length (family_of (view));
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, length);
  guint bits = ((const guint8 *)view->header)[attr->arg];
  g_autofree char *text = NULL;

  if (nla == NULL && attr->id == RTA_SRC)
    return g_variant_new_string ("");
  text = nsd_ip_text (nla != NULL ? nla_data (nla) : zero, (gsize)length);
  return g_variant_new_take_string (g_strdup_printf ("%s/%u", text, bits));
}

static gboolean
put_prefix (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[16];
  guint8 bits = 0;
  gsize length;

  if (attr->id == RTA_DST && strcmp (text, "default") == 0)
    return TRUE;
  if (attr->id == RTA_SRC && *text == '\0')
    return TRUE;
  length = nsd_network_parse (text, &builder->family, bytes, &bits, error);
  if (length == 0)
    return FALSE;
  ((guint8 *)builder->header)[attr->arg] = bits;
  return bits == 0 || nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

static GVariant *
get_ip (const NsdAttrView *view, const NsdAttr *attr)
{
  int length = family_length (family_of (view));
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, length);

  return g_variant_new_take_string (nla != NULL ? nsd_ip_text (nla_data (nla), (gsize)length)
                                                : g_strdup (""));
}

static gboolean
put_ip (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[16];
  gsize length;

  if (*text == '\0')
    return TRUE;
  length = nsd_ip_parse (text, &builder->family, bytes, error);
  return length != 0 && nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

/* A gateway of the other family is in RTA_VIA: a family, then the address. */
static GVariant *
get_gateway (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *via = nsd_attr_view_get (view, RTA_VIA, sizeof (struct rtvia));
  const struct rtvia *content;
  int length;

  if (via == NULL)
    return get_ip (view, attr);
  content = nla_data (via);
  length = family_length (content->rtvia_family);
  if (nla_len (via) < (int)sizeof *content + length)
    return g_variant_new_string ("");
  return g_variant_new_take_string (nsd_ip_text (content->rtvia_addr, (gsize)length));
}

static gboolean
put_gateway (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct {
    struct rtvia via;
    guint8 bytes[16];
  } other = { 0 };
  int family = AF_UNSPEC;
  gsize length;

  if (*g_variant_get_string (value, NULL) == '\0')
    return TRUE;
  length = nsd_ip_parse (g_variant_get_string (value, NULL), &family, other.bytes, error);
  if (length == 0)
    return FALSE;
  if (family == builder->family)
    return nsd_attr_builder_add (builder, RTA_GATEWAY, other.bytes, length, error);
  if (builder->family != AF_INET) {
    nsd_error_set_invalid (error, "an IPv6 route cannot have the IPv4 gateway “%s”",
                           g_variant_get_string (value, NULL));
    return FALSE;
  }
  memmove (other.via.rtvia_addr, other.bytes, length);
  other.via.rtvia_family = (guint16)family;
  return nsd_attr_builder_add (builder, RTA_VIA, &other, sizeof other.via + length, error);
}

/* ---- the rest ---- */

static GVariant *
get_table (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_uint32 (
      nsd_attr_view_get_u32 (view, attr->id, ((const struct rtmsg *)view->header)->rtm_table));
}

static gboolean
put_table (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 table = g_variant_get_uint32 (value);

  if (table == 0) {
    nsd_error_set_invalid (error, "0 is not a table");
    return FALSE;
  }
  header_of (builder)->rtm_table = table < 256 ? (guint8)table : RT_TABLE_UNSPEC;
  return nsd_attr_builder_add_u32 (builder, attr->id, table, error);
}

static GVariant *
get_metrics (const NsdAttrView *view, const NsdAttr *attr)
{
  GVariantBuilder builder;
  NsdAttrView metrics;

  nsd_attr_view_init_nested (&metrics, view, view->tb[attr->id]);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{su}"));
  for (const NsdWord *w = nsd_metric_words; w->word != NULL; w++) {
    const struct nlattr *nla = nsd_attr_view_get (&metrics, w->value, sizeof (guint32));

    if (nla != NULL)
      g_variant_builder_add (&builder, "{su}", w->word, nla_get_u32 (nla));
  }
  return g_variant_builder_end (&builder);
}

static gboolean
put_metrics (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, attr->id, error);
  GVariantIter iter;
  const char *word;
  guint32 number;

  if (nest == NULL)
    return FALSE;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&su}", &word, &number)) {
    guint32 id = 0;

    if (!nsd_word_parse (nsd_metric_words, NSD_WORDS_ONLY, word, &id, error) ||
        !nsd_attr_builder_add_u32 (builder, (int)id, number, error))
      return FALSE;
  }
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static GVariant *
get_expires (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, RTA_CACHEINFO, sizeof (struct rta_cacheinfo));
  gint32 ticks = 0;
  guint32 seconds;

  /* rta_expires is in USER_HZ, which is 100 on every architecture that we build for. */
  if (nla != NULL)
    memcpy (&ticks, (const char *)nla_data (nla) + offsetof (struct rta_cacheinfo, rta_expires),
            sizeof ticks);
  if (ticks <= 0)
    return g_variant_new_uint32 (0);
  seconds = (guint32)ticks / 100;
  return g_variant_new_uint32 (seconds > view->elapsed ? seconds - view->elapsed : 1);
}

static gboolean
put_expires (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_builder_add_u32 (builder, RTA_EXPIRES, g_variant_get_uint32 (value), error);
}

/* ---- next hops ---- */

/* Where hop_rows has what codecs read and write. */
#define HOP_GATEWAY 0
#define HOP_ENCAP   4
#define N_HOP_ROWS  5
static const NsdAttr hop_rows[N_HOP_ROWS];

static void
append_hop (GVariantBuilder *hops, const NsdAttrView *route, const struct rtnexthop *hop)
{
  GVariantBuilder builder;
  NsdAttrView view;

  nsd_attr_view_init (&view, route->context, route->header, RTNH_DATA (hop),
                      hop->rtnh_len - (int)sizeof *hop);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "Gateway", get_gateway (&view, &hop_rows[HOP_GATEWAY]));
  g_variant_builder_add (&builder, "{sv}", "Link",
                         nsd_link_path_variant (route->context, -1, hop->rtnh_ifindex));
  g_variant_builder_add (&builder, "{sv}", "Weight",
                         g_variant_new_uint32 ((guint32)hop->rtnh_hops + 1));
  g_variant_builder_add (&builder, "{sv}", "Flags",
                         nsd_flag_words_variant (nsd_nexthop_words, hop->rtnh_flags));
  g_variant_builder_add (&builder, "{sv}", "Encapsulation",
                         nsd_route_encap.get (&view, &hop_rows[HOP_ENCAP]));
  g_variant_builder_add_value (hops, g_variant_builder_end (&builder));
}

static GVariant *
get_next_hops (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = view->tb[attr->id];
  const struct rtnexthop *hop = nla != NULL ? nla_data (nla) : NULL;
  int rest = nla != NULL ? nla_len (nla) : 0;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  while (rest >= (int)sizeof *hop && RTNH_OK (hop, rest)) {
    append_hop (&builder, view, hop);
    rest -= NLMSG_ALIGN (hop->rtnh_len);
    hop = RTNH_NEXT (hop);
  }
  return g_variant_builder_end (&builder);
}

/* Without a span: an error of the kernel's is about all of NextHops. */
static gboolean
put_of_hop (NsdAttrBuilder *builder, const NsdSettings *settings, const NsdAttr *attr,
            GError **error)
{
  GVariant *value = nsd_settings_get (settings, attr->name);
  gboolean ok = value == NULL || attr->type->put (builder, attr, value, error);

  if (!ok)
    g_prefix_error (error, "%s: ", attr->name);
  return ok;
}

static gboolean
fill_hop (NsdAttrBuilder *builder, struct rtnexthop *hop, const NsdSettings *settings,
          GError **error)
{
  GVariant *value = nsd_settings_get (settings, "Weight");
  guint32 weight = value != NULL ? g_variant_get_uint32 (value) : 1;
  guint32 flags = 0;

  if (weight < 1 || weight > 256) {
    nsd_error_set_invalid (error, "Weight %u is out of range, 1 to 256", weight);
    return FALSE;
  }
  hop->rtnh_hops = (guint8)(weight - 1);
  value = nsd_settings_get (settings, "Flags");
  if (value != NULL && !parse_chosen_flags (value, &flags, error)) {
    g_prefix_error (error, "Flags: ");
    return FALSE;
  }
  hop->rtnh_flags = (guint8)flags;
  value = nsd_settings_get (settings, "Link");
  if (value != NULL && !nsd_link_path_parse (builder->context, g_variant_get_string (value, NULL),
                                             &hop->rtnh_ifindex, error)) {
    g_prefix_error (error, "Link: ");
    return FALSE;
  }
  return put_of_hop (builder, settings, &hop_rows[HOP_GATEWAY], error) &&
         put_of_hop (builder, settings, &hop_rows[HOP_ENCAP], error);
}

static gboolean
put_hop (NsdAttrBuilder *builder, GVariant *dict, GError **error)
{
  static const NsdAttrTable table = { &org_netnsd1_route_interface, hop_rows, N_HOP_ROWS };
  const NsdAttrTable *const tables[] = { &table, NULL };
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, CREATE, error);
  struct rtnexthop *hop;
  guint32 start = nlmsg_hdr (builder->msg)->nlmsg_len;

  if (settings == NULL)
    return FALSE;
  hop = nlmsg_reserve (builder->msg, sizeof *hop, NLMSG_ALIGNTO);
  if (hop == NULL) {
    nsd_error_set_invalid (error, "too many next hops");
    return FALSE;
  }
  memset (hop, 0, sizeof *hop);
  if (!fill_hop (builder, hop, settings, error))
    return FALSE;
  hop->rtnh_len = (guint16)(nlmsg_hdr (builder->msg)->nlmsg_len - start);
  return TRUE;
}

static gboolean
put_next_hops (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest;
  GVariantIter iter;
  GVariant *child;

  if (g_variant_n_children (value) == 0)
    return TRUE;
  nest = nsd_attr_builder_open (builder, attr->id, error);
  if (nest == NULL)
    return FALSE;
  g_variant_iter_init (&iter, value);
  while ((child = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) dict = child;

    if (!put_hop (builder, dict, error))
      return FALSE;
  }
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

/* "" is what IPv4 routes have. */
static gboolean
put_preference (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return *g_variant_get_string (value, NULL) == '\0' ||
         nsd_attr_word8.put (builder, attr, value, error);
}

static GVariant *
get_preference (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_word8.get (view, attr);
}

static const NsdAttrType preference = { "s", get_preference, put_preference, TRUE };
static const NsdAttrType family_word = { "s", get_header_word, put_family };
static const NsdAttrType header_word = { "s", get_header_word, put_header_word };
static const NsdAttrType tos = { "y", get_tos, put_tos };
static const NsdAttrType flags_words = { "as", get_flags, put_flags };
static const NsdAttrType prefix = { "s", get_prefix, put_prefix };
static const NsdAttrType ip = { "s", get_ip, put_ip, TRUE };
static const NsdAttrType gateway = { "s", get_gateway, put_gateway };
static const NsdAttrType table_number = { "u", get_table, put_table };
static const NsdAttrType metrics = { "a{su}", get_metrics, put_metrics, TRUE };
static const NsdAttrType next_hops = { "aa{sv}", get_next_hops, put_next_hops, TRUE };
static const NsdAttrType expires = { "u", get_expires, put_expires, TRUE };

/* One next hop of several. */
static const NsdAttr hop_rows[N_HOP_ROWS] = {
  { RTA_GATEWAY, "Gateway", &gateway, CREATE },
  { 0, "Link", &nsd_attr_option_o, CREATE },
  { 0, "Weight", &nsd_attr_option_u, CREATE },
  { 0, "Flags", &nsd_attr_option_as, CREATE },
  { RTA_ENCAP_TYPE, "Encapsulation", &nsd_route_encap, CREATE, NULL, RTA_ENCAP },
};

static const NsdAttr rows[] = {
  { RTA_DST, "Destination", &prefix, R | CREATE, NULL, AT (rtm_dst_len) },
  { 0, "Family", &family_word, R | CREATE, nsd_family_words, AT (rtm_family) },
  { RTA_SRC, "Source", &prefix, R | CREATE, NULL, AT (rtm_src_len) },
  { RTA_GATEWAY, "Gateway", &gateway, R | CREATE },
  { RTA_OIF, "Link", &nsd_attr_link, R | CREATE },
  { RTA_PREFSRC, "PreferredSource", &ip, R | CREATE },
  { RTA_TABLE, "Table", &table_number, R | CREATE },
  { 0, "Protocol", &header_word, R | CREATE, nsd_protocol_words, AT (rtm_protocol) },
  { 0, "Scope", &header_word, R | CREATE, nsd_scope_words, AT (rtm_scope) },
  { 0, "Type", &header_word, R | CREATE, nsd_type_words, AT (rtm_type) },
  { RTA_PRIORITY, "Metric", &nsd_attr_u32, R | CREATE },
  { 0, "Tos", &tos, R | CREATE },
  { 0, "Flags", &flags_words, R | CREATE },
  { RTA_METRICS, "Metrics", &metrics, R | CREATE },
  { RTA_MULTIPATH, "NextHops", &next_hops, R | CREATE },
  { RTA_NH_ID, "NextHopId", &nsd_attr_u32, R | CREATE },
  { RTA_ENCAP_TYPE, "Encapsulation", &nsd_route_encap, R | CREATE, NULL, RTA_ENCAP },
  { RTA_PREF, "Preference", &preference, R | CREATE, nsd_pref_words },
  { RTA_CACHEINFO, "Expires", &expires, R | CREATE },
};

static NsdAttrShared shared[G_N_ELEMENTS (rows)];
const NsdAttrTable nsd_route_table = { &org_netnsd1_route_interface, rows, G_N_ELEMENTS (rows),
                                       shared };
