/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of an entry of a forwarding database: struct ndmsg and NDA_* with the family
 * AF_BRIDGE (fdb_fill_info in net/bridge/br_fdb.c, vxlan_fdb_info in
 * drivers/net/vxlan/vxlan_core.c). */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "attr-types.h"
#include "fdb.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE

/* Bits of NDA_FLAGS_EXT follow those of the header, as in the kernel (NTF_EXT_SHIFT). */
#define EXT_SHIFT 8
/* That the headers of Debian 12 (Linux 6.1) have not got. */
#define EXT_LOCKED (1 << 1) /* Linux 6.2 */

#define LAST_VLAN 4094
#define LAST_VNI  0xffffff

/* In the words and the order of print_fdb() of iproute2. */
static const NsdWord flag_words[] = {
  { NTF_SELF, "self" },
  { NTF_ROUTER, "router" },
  { NTF_EXT_LEARNED, "extern_learn" },
  { NTF_OFFLOADED, "offload" },
  { NTF_MASTER, "master" },
  { NTF_STICKY, "sticky" },
  { EXT_LOCKED << EXT_SHIFT, "locked" },
  { 0, NULL },
};

/* Left out: "offload" and "locked", which only the kernel sets. */
static const NsdWord written_flag_words[] = {
  { NTF_SELF, "self" },     { NTF_ROUTER, "router" }, { NTF_EXT_LEARNED, "extern_learn" },
  { NTF_MASTER, "master" }, { NTF_STICKY, "sticky" }, { 0, NULL },
};

/* The first that has all bits is the word; what bridge(8) writes for it (fdb_modify). */
static const NsdWord state_words[] = {
  { NUD_PERMANENT, "permanent" },
  { NUD_NOARP, "static" },
  { NUD_STALE, "stale" },
  { NUD_REACHABLE, "reachable" },
  { 0, NULL },
};
static const NsdWord written_state_words[] = {
  { NUD_PERMANENT | NUD_NOARP, "permanent" },
  { NUD_NOARP | NUD_REACHABLE, "static" },
  { NUD_REACHABLE, "reachable" },
  { 0, NULL },
};

/* ---- struct ndmsg ---- */

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
  ((struct ndmsg *)builder->header)->ndm_ifindex = ifindex;
  return TRUE;
}

static GVariant *
get_state (const NsdAttrView *view, const NsdAttr *attr)
{
  guint state = ((const struct ndmsg *)view->header)->ndm_state;

  for (const NsdWord *word = state_words; word->word != NULL; word++)
    if (state & word->value)
      return g_variant_new_string (word->word);
  return nsd_word_variant (state_words, state);
}

static gboolean
put_state (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 state = 0;

  if (!nsd_word_parse (written_state_words, NSD_WORDS_ONLY, g_variant_get_string (value, NULL),
                       &state, error))
    return FALSE;
  ((struct ndmsg *)builder->header)->ndm_state = (guint16)state;
  return TRUE;
}

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 more = nsd_attr_view_get_u32 (view, NDA_FLAGS_EXT, 0);

  return nsd_flag_words_variant (flag_words, ((const struct ndmsg *)view->header)->ndm_flags |
                                                 more << EXT_SHIFT);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!nsd_flag_words_parse (written_flag_words, value, &flags, error))
    return FALSE;
  ((struct ndmsg *)builder->header)->ndm_flags = (guint8)flags;
  return TRUE;
}

/* ---- attributes ---- */

static GVariant *
get_destination (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);

  return g_variant_new_take_string (nla != NULL ? nsd_ip_text (nla_data (nla), (gsize)nla_len (nla))
                                                : g_strdup (""));
}

static gboolean
put_destination (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  int family = AF_UNSPEC;
  guint8 bytes[16];
  gsize length = nsd_ip_parse (g_variant_get_string (value, NULL), &family, bytes, error);

  return length > 0 && nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

/* A vxlan that was moved sends where it was made: its NDA_LINK_NETNSID. */
static GVariant *
get_via (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_link_path_variant (view->context,
                                (int)nsd_attr_view_get_u32 (view, NDA_LINK_NETNSID, (guint32)-1),
                                (int)nsd_attr_view_get_u32 (view, attr->id, 0));
}

/* The kernel looks whether the namespace of the vxlan itself has the index (vxlan_fdb_parse in
 * drivers/net/vxlan/vxlan_core.c), but sends by the link of that index where it was made: which is
 * the one that is meant. */
static gboolean
put_via (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_lower_link.put (builder, attr, value, error);
}

/* row.arg: where the member is in struct nda_cacheinfo, which counts ticks of USER_HZ. */
static GVariant *
get_age (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct nda_cacheinfo));
  guint32 ticks = 0;

  if (nla != NULL)
    memcpy (&ticks, (const char *)nla_data (nla) + attr->arg, sizeof ticks);
  return g_variant_new_uint32 (ticks / (guint32)sysconf (_SC_CLK_TCK));
}

gboolean
nsd_fdb_is_remote (const NsdAttr *attr)
{
  switch (attr->id) {
  case NDA_DST:
  case NDA_PORT:
  case NDA_VNI:
  case NDA_SRC_VNI:
  case NDA_IFINDEX:
  case NDA_NH_ID:
    return TRUE;
  default:
    return FALSE;
  }
}

static const NsdAttrType header_link = { "o", get_link, put_link };
static const NsdAttrType header_state = { "s", get_state, put_state };
static const NsdAttrType header_flags = { "as", get_flags, put_flags };
static const NsdAttrType destination = { "s", get_destination, put_destination };
static const NsdAttrType via = { "o", get_via, put_via };
static const NsdAttrType age = { "u", get_age, NULL };

#define KEY_ROWS                                                                                   \
  { 0, "Link", &header_link, R | CREATE },                                                         \
      { NDA_VLAN, "Vlan", &nsd_attr_u16, R | CREATE, NULL, LAST_VLAN },                            \
      { 0, "Flags", &header_flags, R | CREATE },                                                   \
      { NDA_DST, "Destination", &destination, R | CREATE },                                        \
      { NDA_PORT, "Port", &nsd_attr_be16, R | CREATE },                                            \
      { NDA_VNI, "Vni", &nsd_attr_u32, R | CREATE, NULL, LAST_VNI },                               \
      { NDA_SRC_VNI, "SourceVni", &nsd_attr_u32, R | CREATE, NULL, LAST_VNI },                     \
  {                                                                                                \
    NDA_IFINDEX, "Via", &via, R | CREATE                                                           \
  }

/* Left out: PROBES, PROTOCOL, NDM_*_MASK (of neighbours), FDB_EXT_ATTRS (activity that a program
 * wants to be told of). */
static const NsdAttr rows[] = {
  { NDA_LLADDR, "MacAddress", &nsd_attr_mac, R },
  KEY_ROWS,
  { 0, "State", &header_state, R | CREATE },
  { NDA_NH_ID, "NextHopId", &nsd_attr_u32, R | CREATE },
  { NDA_MASTER, "Master", &nsd_attr_link, R },
  { NDA_CACHEINFO, "Updated", &age, R, NULL, offsetof (struct nda_cacheinfo, ndm_updated) },
  { NDA_CACHEINFO, "Used", &age, R, NULL, offsetof (struct nda_cacheinfo, ndm_used) },
};
const NsdAttrTable nsd_fdb_table = { NULL, rows, G_N_ELEMENTS (rows) };

static const NsdAttr key_rows[] = { KEY_ROWS };
const NsdAttrTable nsd_fdb_key_table = { NULL, key_rows, G_N_ELEMENTS (key_rows) };
