/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a next hop object: struct nhmsg and NHA_* (net/ipv4/nexthop.c). */
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "nexthop.h"
#include "route-encap.h"
#include "rtwords.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define CREATE NSD_ATTR_CREATE

/* row.arg: which byte of struct nhmsg. */
#define AT(field) offsetof (struct nhmsg, field)

/* The largest weight, which a group has less one in 16 bits, and which the kernel keeps
 * in 16 bits (nexthop_grp_weight()).  Before Linux 6.12 the upper byte must be 0. */
#define LAST_WEIGHT 65535

/* struct nexthop_grp, one of whose names is not the same in all headers. */
typedef struct {
  guint32 id;
  guint8 weight; /* less one */
  guint8 weight_high;
  guint16 reserved;
} Member;

static const NsdAttrTable member_table;

/* ---- the header ---- */

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

/* Groups have none. */
static GVariant *
get_family (const NsdAttrView *view, const NsdAttr *attr)
{
  return ((const struct nhmsg *)view->header)->nh_family != AF_UNSPEC ? get_header_word (view, attr)
                                                                      : NULL;
}

/* It was found before anything is written. */
static gboolean
put_family (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return TRUE;
}

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_flag_words_variant (attr->data, ((const struct nhmsg *)view->header)->nh_flags);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!nsd_flag_words_parse (attr->data, value, &flags, error))
    return FALSE;
  ((struct nhmsg *)builder->header)->nh_flags = flags;
  return TRUE;
}

/* ---- the rest ---- */

static GVariant *
get_gateway (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);

  return nla != NULL
             ? g_variant_new_take_string (nsd_ip_text (nla_data (nla), (gsize)nla_len (nla)))
             : NULL;
}

static gboolean
put_gateway (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[16];
  gsize length;

  if (*text == '\0')
    return TRUE;
  length = nsd_ip_parse (text, &builder->family, bytes, error);
  return length != 0 && nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

static GVariant *
get_link (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_link.get (view, attr);
}

static gboolean
put_link (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return strcmp (g_variant_get_string (value, NULL), "/") == 0 ||
         nsd_attr_link.put (builder, attr, value, error);
}

static GVariant *
get_group (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);
  GVariantBuilder group;

  if (nla == NULL)
    return NULL;
  g_variant_builder_init (&group, G_VARIANT_TYPE ("aa{sv}"));
  for (int at = 0; at + (int)sizeof (Member) <= nla_len (nla); at += (int)sizeof (Member)) {
    Member member;

    memcpy (&member, (const char *)nla_data (nla) + at, sizeof member);
    g_variant_builder_add_parsed (&group, "{'Id': <%u>, 'Weight': <%u>}", member.id,
                                  (member.weight | (guint32)member.weight_high << 8) + 1);
  }
  return g_variant_builder_end (&group);
}

static gboolean
parse_member (GVariant *dict, Member *member, GError **error)
{
  const NsdAttrTable *const tables[] = { &member_table, NULL };
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, CREATE, error);
  GVariant *id, *weight;
  guint32 number;

  if (settings == NULL)
    return FALSE;
  id = nsd_settings_get (settings, "Id");
  weight = nsd_settings_get (settings, "Weight");
  number = weight != NULL ? g_variant_get_uint32 (weight) : 1;
  if (id == NULL || g_variant_get_uint32 (id) == 0) {
    nsd_error_set_invalid (error, id == NULL ? "Id is missing" : "Id: 0 is not an id");
    return FALSE;
  }
  if (number < 1 || number > LAST_WEIGHT) {
    nsd_error_set_invalid (error, "Weight %u is out of range, 1 to %d", number, LAST_WEIGHT);
    return FALSE;
  }
  member->id = g_variant_get_uint32 (id);
  member->weight = (guint8)(number - 1);
  member->weight_high = (guint8)((number - 1) >> 8);
  return TRUE;
}

static gboolean
put_group (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  gsize n = g_variant_n_children (value);
  g_autofree Member *members = g_new0 (Member, n);

  if (n == 0) {
    nsd_error_set_invalid (error, "a group has at least one next hop");
    return FALSE;
  }
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) dict = g_variant_get_child_value (value, i);

    if (!parse_member (dict, &members[i], error))
      return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, members, n * sizeof *members, error);
}

/* What resilient groups have, in a nest; row.arg: which of NHA_RES_GROUP_*.  It is written by
 * nsd_nexthop_put_resilient(), all of it at once. */
static const struct nlattr *
find_resilient (const NsdAttrView *view, const NsdAttr *attr, int length)
{
  const struct nlattr *nest = nsd_attr_view_get (view, attr->id, 0);
  NsdAttrView nested;

  nsd_attr_view_init_nested (&nested, view, nest);
  return nsd_attr_view_get (&nested, attr->arg, length);
}

static GVariant *
get_resilient_u16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = find_resilient (view, attr, sizeof (guint16));

  return nla != NULL ? g_variant_new_uint16 (nla_get_u16 (nla)) : NULL;
}

static GVariant *
get_resilient_u32 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = find_resilient (view, attr, sizeof (guint32));

  return nla != NULL ? g_variant_new_uint32 (nla_get_u32 (nla)) : NULL;
}

static GVariant *
get_resilient_u64 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = find_resilient (view, attr, sizeof (guint64));

  return nla != NULL ? g_variant_new_uint64 (nla_get_u64 (nla)) : NULL;
}

static const NsdAttrType header_word = { "s", get_header_word, put_header_word };
static const NsdAttrType family_word = { "s", get_family, put_family };
static const NsdAttrType flags_words = { "as", get_flags, put_flags };
static const NsdAttrType gateway = { "s", get_gateway, put_gateway };
static const NsdAttrType link_path = { "o", get_link, put_link };
static const NsdAttrType group = { "aa{sv}", get_group, put_group };
static const NsdAttrType resilient_u16 = { "q", get_resilient_u16, NULL };
static const NsdAttrType resilient_u32 = { "u", get_resilient_u32, NULL };
static const NsdAttrType resilient_u64 = { "t", get_resilient_u64, NULL };

static const NsdWord group_words[] = {
  { NEXTHOP_GRP_TYPE_MPATH, "mpath" },
  { NEXTHOP_GRP_TYPE_RES, "resilient" },
  { 0, NULL },
};

static const NsdAttr member_rows[] = {
  { 0, "Id", &nsd_attr_option_u, CREATE },
  { 0, "Weight", &nsd_attr_option_u, CREATE },
};
static const NsdAttrTable member_table = { NULL, member_rows, G_N_ELEMENTS (member_rows) };

static const NsdAttr rows[] = {
  { NHA_ID, "Id", &nsd_attr_u32, R | CREATE },
  { 0, "Family", &family_word, R | CREATE, nsd_family_words, AT (nh_family) },
  { NHA_GATEWAY, "Gateway", &gateway, R | CREATE },
  { NHA_OIF, "Link", &link_path, R_OPT | CREATE },
  { NHA_BLACKHOLE, "Blackhole", &nsd_attr_flag, R | CREATE },
  { NHA_FDB, "Fdb", &nsd_attr_flag, R | CREATE },
  { NHA_GROUP, "Group", &group, R | CREATE },
  { NHA_GROUP_TYPE, "GroupType", &nsd_attr_word16, R_OPT | CREATE, group_words },
  { NHA_RES_GROUP, "Buckets", &resilient_u16, R | CREATE, NULL, NHA_RES_GROUP_BUCKETS },
  { NHA_RES_GROUP, "IdleTimer", &resilient_u32, R | CREATE, NULL, NHA_RES_GROUP_IDLE_TIMER },
  { NHA_RES_GROUP, "UnbalancedTimer", &resilient_u32, R | CREATE, NULL,
    NHA_RES_GROUP_UNBALANCED_TIMER },
  { NHA_RES_GROUP, "UnbalancedTime", &resilient_u64, R, NULL, NHA_RES_GROUP_UNBALANCED_TIME },
  { NHA_ENCAP_TYPE, "Encapsulation", &nsd_route_encap, R_OPT | CREATE, NULL, NHA_ENCAP },
  { 0, "Protocol", &header_word, R | CREATE, nsd_protocol_words, AT (nh_protocol) },
  { 0, "Scope", &header_word, R, nsd_scope_words, AT (nh_scope) },
  { 0, "Flags", &flags_words, R | CREATE, nsd_nexthop_words },
};

const NsdAttrTable nsd_nexthop_table = { NULL, rows, G_N_ELEMENTS (rows) };

gboolean
nsd_nexthop_put_resilient (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  guint32 start = nlmsg_hdr (builder->msg)->nlmsg_len;
  struct nlattr *nest = nsd_attr_builder_open (builder, NHA_RES_GROUP, error);
  gboolean any = FALSE;

  if (nest == NULL)
    return FALSE;
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    /* Both numbers are in the message as GVariant has them. */
    if (setting->attr->id != NHA_RES_GROUP)
      continue;
    if (!nsd_attr_builder_add (builder, (int)setting->attr->arg,
                               g_variant_get_data (setting->value),
                               g_variant_get_size (setting->value), error))
      return FALSE;
    any = TRUE;
  }
  nsd_attr_builder_close (builder, nest);
  if (any)
    nsd_settings_note (settings, &nsd_nexthop_table, start, builder);
  else
    nlmsg_hdr (builder->msg)->nlmsg_len = start;
  return TRUE;
}
