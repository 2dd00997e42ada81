/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a neighbour: struct ndmsg and NDA_* (neigh_fill_info in net/core/neighbour.c).
 */
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "neighbours.h"
#include "rtwords.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define CREATE NSD_ATTR_CREATE

/* Bits of NDA_FLAGS_EXT follow those of the header, as in the kernel (NTF_EXT_SHIFT). */
#define EXT_SHIFT 8
/* That the headers of Debian 12 (Linux 6.1) have not got. */
#define EXT_VALIDATED (1 << 2) /* Linux 6.18 */

static const NsdWord state_words[] = {
  { NUD_NONE, "none" },           { NUD_INCOMPLETE, "incomplete" },
  { NUD_REACHABLE, "reachable" }, { NUD_STALE, "stale" },
  { NUD_DELAY, "delay" },         { NUD_PROBE, "probe" },
  { NUD_FAILED, "failed" },       { NUD_NOARP, "noarp" },
  { NUD_PERMANENT, "permanent" }, { 0, NULL },
};

static const NsdWord flag_words[] = {
  { NTF_ROUTER, "router" },
  { NTF_EXT_LEARNED, "extern_learn" },
  { NTF_OFFLOADED, "offload" },
  { NTF_EXT_MANAGED << EXT_SHIFT, "managed" },
  { EXT_VALIDATED << EXT_SHIFT, "extern_valid" },
  { 0, NULL },
};

static struct ndmsg *
header_of (NsdAttrBuilder *builder)
{
  return builder->header;
}

/* ---- the header ---- */

static GVariant *
get_link (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_link_path_variant (view->context, -1,
                                ((const struct ndmsg *)view->header)->ndm_ifindex);
}

static gboolean
put_link (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  int ifindex = 0;

  if (!nsd_link_path_parse (builder->context, g_variant_get_string (value, NULL), &ifindex, error))
    return FALSE;
  header_of (builder)->ndm_ifindex = ifindex;
  return TRUE;
}

static GVariant *
get_family (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (attr->data, ((const struct ndmsg *)view->header)->ndm_family);
}

/* The handler has taken the family from this or from the address before anything is written. */
static gboolean
put_family (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 family = 0;

  return nsd_word_parse (attr->data, NSD_WORDS_ONLY, g_variant_get_string (value, NULL), &family,
                         error);
}

static GVariant *
get_proxy (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_boolean ((((const struct ndmsg *)view->header)->ndm_flags & NTF_PROXY) != 0);
}

static gboolean
put_proxy (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  if (g_variant_get_boolean (value))
    header_of (builder)->ndm_flags |= NTF_PROXY;
  return TRUE;
}

static GVariant *
get_state (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (attr->data, ((const struct ndmsg *)view->header)->ndm_state);
}

static gboolean
put_state (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 state = 0;

  if (!nsd_word_parse (attr->data, NSD_WORDS_ONLY, g_variant_get_string (value, NULL), &state,
                       error))
    return FALSE;
  header_of (builder)->ndm_state = (guint16)state;
  return TRUE;
}

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 flags = ((const struct ndmsg *)view->header)->ndm_flags & ~(guint32)NTF_PROXY;
  guint32 more = nsd_attr_view_get_u32 (view, NDA_FLAGS_EXT, 0);

  return nsd_flag_words_variant (attr->data, flags | more << EXT_SHIFT);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!nsd_flag_words_parse (attr->data, value, &flags, error))
    return FALSE;
  header_of (builder)->ndm_flags |= (guint8)flags;
  return flags >> EXT_SHIFT == 0 ||
         nsd_attr_builder_add_u32 (builder, NDA_FLAGS_EXT, flags >> EXT_SHIFT, error);
}

/* ---- addresses ---- */

static GVariant *
get_address (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);

  return g_variant_new_take_string (nla != NULL ? nsd_ip_text (nla_data (nla), (gsize)nla_len (nla))
                                                : g_strdup (""));
}

static gboolean
put_address (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint8 bytes[16];
  gsize length = nsd_ip_parse (g_variant_get_string (value, NULL), &builder->family, bytes, error);

  return length != 0 && nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

/* As ll_addr_n2a() of iproute2: on tunnels over IPv4 it is an address of that. */
static GVariant *
get_mac (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = view->tb[attr->id];
  gsize length = nla != NULL ? (gsize)nla_len (nla) : 0;

  if (length == 4)
    return g_variant_new_take_string (nsd_ip_text (nla_data (nla), length));
  return nsd_mac_variant (nla != NULL ? nla_data (nla) : NULL, length);
}

gsize
nsd_neighbour_mac_parse (const char *text, guint8 bytes[32])
{
  int family = AF_INET;
  gsize length = nsd_ip_parse (text, &family, bytes, NULL);

  return length != 0 ? length : nsd_mac_parse (text, bytes, 32);
}

static gboolean
put_mac (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[32]; /* MAX_ADDR_LEN of linux/netdevice.h */
  gsize length = nsd_neighbour_mac_parse (text, bytes);

  if (length != 0)
    return nsd_attr_builder_add (builder, attr->id, bytes, length, error);
  nsd_error_set_invalid (error, "“%s” is not a MAC address such as 02:00:00:00:00:01", text);
  return FALSE;
}

static const NsdAttrType header_link = { "o", get_link, put_link };
static const NsdAttrType header_family = { "s", get_family, put_family };
static const NsdAttrType header_proxy = { "b", get_proxy, put_proxy };
static const NsdAttrType header_state = { "s", get_state, put_state };
static const NsdAttrType all_flags = { "as", get_flags, put_flags };
static const NsdAttrType address = { "s", get_address, put_address };
static const NsdAttrType mac = { "s", get_mac, put_mac };

#define N_KEY_ROWS 4

static const NsdAttr rows[] = {
  { 0, "Link", &header_link, R | CREATE },
  { 0, "Family", &header_family, R | CREATE, nsd_family_words },
  { NDA_DST, "Address", &address, R | CREATE },
  { 0, "Proxy", &header_proxy, R | CREATE },
  { NDA_LLADDR, "MacAddress", &mac, R_OPT | CREATE },
  { 0, "State", &header_state, R | CREATE, state_words },
  { 0, "Flags", &all_flags, R | CREATE, flag_words },
  { NDA_PROTOCOL, "Protocol", &nsd_attr_word8, R_OPT | CREATE, nsd_protocol_words },
};

/* Left out: CACHEINFO and PROBES, which run by themselves, and what only entries of a forwarding
 * database have. */
const NsdAttrTable nsd_neighbour_table = { NULL, rows, G_N_ELEMENTS (rows) };
const NsdAttrTable nsd_neighbour_key_table = { NULL, rows, N_KEY_ROWS };
