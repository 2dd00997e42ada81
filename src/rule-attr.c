/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a rule: struct fib_rule_hdr and FRA_* (net/core/fib_rules.c,
 * net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c). */
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "rtwords.h"
#include "rules.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define CREATE NSD_ATTR_CREATE

/* row.arg: which byte of struct fib_rule_hdr. */
#define AT(field) offsetof (struct fib_rule_hdr, field)

/* Enumerators of FRA_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define DSCP       25 /* Linux 6.12 */
#define FLOWLABEL  26 /* Linux 6.14 */
#define SPORT_MASK 28 /* Linux 6.15 */
#define DPORT_MASK 29 /* Linux 6.15 */
#define DSCP_MASK  30 /* Linux 6.15 */

#define LAST_DSCP 63
/* The largest that fib_rule_port_range_valid() takes. */
#define LAST_PORT 0xfffe

static const NsdWord action_words[] = {
  { FR_ACT_TO_TBL, "lookup" },
  { FR_ACT_GOTO, "goto" },
  { FR_ACT_NOP, "nop" },
  { FR_ACT_BLACKHOLE, "blackhole" },
  { FR_ACT_UNREACHABLE, "unreachable" },
  { FR_ACT_PROHIBIT, "prohibit" },
  { 0, NULL },
};

static const NsdWord flag_words[] = {
  { FIB_RULE_PERMANENT, "permanent" },       { FIB_RULE_UNRESOLVED, "unresolved" },
  { FIB_RULE_IIF_DETACHED, "iif_detached" }, { FIB_RULE_OIF_DETACHED, "oif_detached" },
  { FIB_RULE_FIND_SADDR, "find_saddr" },     { 0, NULL },
};

static struct fib_rule_hdr *
header_of (NsdAttrBuilder *builder)
{
  return builder->header;
}

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

  if (!nsd_word_parse (attr->data, NSD_WORDS_ONLY, g_variant_get_string (value, NULL), &number,
                       error))
    return FALSE;
  ((guint8 *)builder->header)[attr->arg] = (guint8)number;
  return TRUE;
}

static GVariant *
get_invert (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_boolean (
      (((const struct fib_rule_hdr *)view->header)->flags & FIB_RULE_INVERT) != 0);
}

static gboolean
put_invert (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  if (g_variant_get_boolean (value))
    header_of (builder)->flags |= FIB_RULE_INVERT;
  return TRUE;
}

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_flag_words_variant (flag_words, ((const struct fib_rule_hdr *)view->header)->flags &
                                                 ~(guint32)FIB_RULE_INVERT);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!nsd_flag_words_parse (flag_words, value, &flags, error))
    return FALSE;
  header_of (builder)->flags |= flags;
  return TRUE;
}

static GVariant *
get_tos (const NsdAttrView *view, const NsdAttr *attr)
{
  guint8 tos = ((const struct fib_rule_hdr *)view->header)->tos;

  return tos != 0 ? g_variant_new_byte (tos) : NULL;
}

static gboolean
put_tos (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  header_of (builder)->tos = g_variant_get_byte (value);
  return TRUE;
}

/* row.arg: the byte of the header that has the prefix length. */
static GVariant *
get_prefix (const NsdAttrView *view, const NsdAttr *attr)
{
  int length = ((const struct fib_rule_hdr *)view->header)->family == AF_INET ? 4 : 16;
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, length);
  g_autofree char *text = NULL;

  if (nla == NULL)
    return NULL;
  text = nsd_ip_text (nla_data (nla), (gsize)length);
  return g_variant_new_take_string (
      g_strdup_printf ("%s/%u", text, ((const guint8 *)view->header)[attr->arg]));
}

static gboolean
put_prefix (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[16];
  guint8 bits = 0;
  gsize length;

  if (*text == '\0')
    return TRUE;
  length = nsd_network_parse (text, &builder->family, bytes, &bits, error);
  if (length == 0)
    return FALSE;
  ((guint8 *)builder->header)[attr->arg] = bits;
  return bits == 0 || nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

/* ---- conditions ---- */

/* The kernel says no mark where it is 0: then the mask tells that there is one. */
static GVariant *
get_mark (const NsdAttrView *view, const NsdAttr *attr)
{
  if (view->tb[FRA_FWMARK] == NULL && view->tb[FRA_FWMASK] == NULL)
    return NULL;
  return g_variant_new_uint32 (nsd_attr_view_get_u32 (view, attr->id, 0));
}

static gboolean
put_mark (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_u32.put (builder, attr, value, error);
}

static GVariant *
get_link_name (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_string.get (view, attr);
}

/* An empty name would be that of a link that never comes. */
static gboolean
put_link_name (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return *g_variant_get_string (value, NULL) == '\0' ||
         nsd_attr_string.put (builder, attr, value, error);
}

static GVariant *
get_l3_master (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_bool8.get (view, attr);
}

/* The kernel takes no other value than 1 (fib_nl2rule_l3mdev). */
static gboolean
put_l3_master (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return !g_variant_get_boolean (value) || nsd_attr_bool8.put (builder, attr, value, error);
}

/* row.arg: 0 for the first uid, 1 for the last; (uid_t)-1 is none. */
static GVariant *
get_uid (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct fib_rule_uid_range));
  guint32 uids[2];

  if (nla == NULL)
    return NULL;
  memcpy (uids, nla_data (nla), sizeof uids);
  return g_variant_new_uint32 (uids[attr->arg]);
}

static gboolean
put_uid (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nla =
      nlmsg_find_attr (nlmsg_hdr (builder->msg), sizeof (struct fib_rule_hdr), attr->id);
  guint32 uids[2] = { 0, G_MAXUINT32 - 1 };

  if (nla != NULL)
    memcpy (uids, nla_data (nla), sizeof uids);
  uids[attr->arg] = g_variant_get_uint32 (value);
  if (uids[attr->arg] == G_MAXUINT32) {
    nsd_error_set_invalid (error, "%u is no uid", G_MAXUINT32);
    return FALSE;
  }
  if (nla == NULL)
    return nsd_attr_builder_add (builder, attr->id, uids, sizeof uids, error);
  memcpy (nla_data (nla), uids, sizeof uids);
  return TRUE;
}

static GVariant *
get_port_range (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla =
      nsd_attr_view_get (view, attr->id, sizeof (struct fib_rule_port_range));
  struct fib_rule_port_range range;

  if (nla == NULL)
    return NULL;
  memcpy (&range, nla_data (nla), sizeof range);
  return g_variant_new ("(qq)", range.start, range.end);
}

static gboolean
put_port_range (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct fib_rule_port_range range;

  g_variant_get (value, "(qq)", &range.start, &range.end);
  if (range.start == 0 || range.start > range.end || range.end > LAST_PORT) {
    nsd_error_set_invalid (error, "%u to %u is no range of ports from 1 to %d", range.start,
                           range.end, LAST_PORT);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, &range, sizeof range, error);
}

static GVariant *
get_be64 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint64));

  return nla != NULL ? g_variant_new_uint64 (GUINT64_FROM_BE (nla_get_u64 (nla))) : NULL;
}

static gboolean
put_be64 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint64 number = GUINT64_TO_BE (g_variant_get_uint64 (value));

  if (number != 0)
    return nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
  nsd_error_set_invalid (error, "the kernel takes 0 for none");
  return FALSE;
}

/* ---- what is done ---- */

/* 0: the action needs none, or takes that of the l3 master. */
static GVariant *
get_table (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 table =
      nsd_attr_view_get_u32 (view, attr->id, ((const struct fib_rule_hdr *)view->header)->table);

  return table != 0 ? g_variant_new_uint32 (table) : NULL;
}

static gboolean
put_table (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_u32.put (builder, attr, value, error);
}

/* A limit on the answer of the table; -1: none. */
static GVariant *
get_limit (const NsdAttrView *view, const NsdAttr *attr)
{
  gint32 limit = (gint32)nsd_attr_view_get_u32 (view, attr->id, (guint32)-1);

  return limit != -1 ? g_variant_new_int32 (limit) : NULL;
}

static gboolean
put_limit (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  gint32 limit = g_variant_get_int32 (value);

  if (limit >= -1 && (attr->arg == 0 || limit <= (gint32)attr->arg))
    return nsd_attr_s32.put (builder, attr, value, error);
  nsd_error_set_invalid (error, "%d is out of range, -1 to %d", limit,
                         attr->arg != 0 ? (gint32)attr->arg : G_MAXINT32);
  return FALSE;
}

/* row.arg: which half of FRA_FLOW, in bits to the right; 0 is none. */
static GVariant *
get_realm (const NsdAttrView *view, const NsdAttr *attr)
{
  guint16 realm = (guint16)(nsd_attr_view_get_u32 (view, attr->id, 0) >> attr->arg);

  return realm != 0 ? g_variant_new_uint16 (realm) : NULL;
}

static gboolean
put_realm (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nla =
      nlmsg_find_attr (nlmsg_hdr (builder->msg), sizeof (struct fib_rule_hdr), attr->id);
  guint32 realms = (guint32)g_variant_get_uint16 (value) << attr->arg;

  if (nla == NULL)
    return nsd_attr_builder_add_u32 (builder, attr->id, realms, error);
  realms |= nla_get_u32 (nla);
  memcpy (nla_data (nla), &realms, sizeof realms);
  return TRUE;
}

static const NsdAttrType header_word = { "s", get_header_word, put_header_word };
static const NsdAttrType invert = { "b", get_invert, put_invert };
static const NsdAttrType flags_words = { "as", get_flags, put_flags };
static const NsdAttrType tos = { "y", get_tos, put_tos };
static const NsdAttrType prefix = { "s", get_prefix, put_prefix };
static const NsdAttrType mark = { "u", get_mark, put_mark };
static const NsdAttrType link_name = { "s", get_link_name, put_link_name };
static const NsdAttrType l3_master = { "b", get_l3_master, put_l3_master };
static const NsdAttrType uid = { "u", get_uid, put_uid };
static const NsdAttrType port_range = { "(qq)", get_port_range, put_port_range };
static const NsdAttrType be64 = { "t", get_be64, put_be64 };
static const NsdAttrType table_number = { "u", get_table, put_table };
static const NsdAttrType limit = { "i", get_limit, put_limit };
static const NsdAttrType realm = { "q", get_realm, put_realm };

static const NsdAttr rows[] = {
  { 0, "Family", &header_word, R | CREATE, nsd_family_words, AT (family) },
  { FRA_PRIORITY, "Priority", &nsd_attr_u32, R | CREATE },
  { 0, "Invert", &invert, R | CREATE },
  { FRA_SRC, "Source", &prefix, R | CREATE, NULL, AT (src_len) },
  { FRA_DST, "Destination", &prefix, R | CREATE, NULL, AT (dst_len) },
  { 0, "Tos", &tos, R | CREATE },
  { DSCP, "Dscp", &nsd_attr_u8, R_OPT | CREATE, NULL, LAST_DSCP },
  { DSCP_MASK, "DscpMask", &nsd_attr_u8, R_OPT | CREATE, NULL, LAST_DSCP },
  { FLOWLABEL, "FlowLabel", &nsd_attr_be32, R_OPT | CREATE, NULL, NSD_LAST_FLOWLABEL },
  { NSD_FRA_FLOWLABEL_MASK, "FlowLabelMask", &nsd_attr_be32, R_OPT | CREATE, NULL,
    NSD_LAST_FLOWLABEL },
  { FRA_FWMARK, "Mark", &mark, R | CREATE },
  { FRA_FWMASK, "MarkMask", &nsd_attr_u32, R_OPT | CREATE },
  { FRA_IIFNAME, "InputLink", &link_name, R_OPT | CREATE, NULL, IFNAMSIZ - 1 },
  { FRA_OIFNAME, "OutputLink", &link_name, R_OPT | CREATE, NULL, IFNAMSIZ - 1 },
  { FRA_L3MDEV, "L3Master", &l3_master, R | CREATE },
  { FRA_UID_RANGE, "UidRangeStart", &uid, R | CREATE, NULL, 0 },
  { FRA_UID_RANGE, "UidRangeEnd", &uid, R | CREATE, NULL, 1 },
  { FRA_IP_PROTO, "IpProtocol", &nsd_attr_word8, R_OPT | CREATE, nsd_ip_protocol_words },
  { FRA_SPORT_RANGE, "SourcePortRange", &port_range, R | CREATE },
  { SPORT_MASK, "SourcePortMask", &nsd_attr_u16, R_OPT | CREATE },
  { FRA_DPORT_RANGE, "DestinationPortRange", &port_range, R | CREATE },
  { DPORT_MASK, "DestinationPortMask", &nsd_attr_u16, R_OPT | CREATE },
  { FRA_TUN_ID, "TunnelId", &be64, R | CREATE },
  { 0, "Action", &header_word, R | CREATE, action_words, AT (action) },
  { FRA_TABLE, "Table", &table_number, R | CREATE },
  { FRA_GOTO, "Goto", &nsd_attr_u32, R_OPT | CREATE },
  { FRA_SUPPRESS_PREFIXLEN, "SuppressPrefixLength", &limit, R | CREATE, NULL, 128 },
  { FRA_SUPPRESS_IFGROUP, "SuppressInterfaceGroup", &limit, R | CREATE },
  { FRA_FLOW, "RealmFrom", &realm, R | CREATE, NULL, 16 },
  { FRA_FLOW, "RealmTo", &realm, R | CREATE, NULL, 0 },
  { FRA_PROTOCOL, "Protocol", &nsd_attr_word8, R_OPT | CREATE, nsd_protocol_words },
  { 0, "Flags", &flags_words, R },
};

const NsdAttrTable nsd_rule_table = { NULL, rows, G_N_ELEMENTS (rows) };
