/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lightweight tunnels: RTA_ENCAP_TYPE and what RTA_ENCAP has for each type (net/core/lwtunnel.c).
 */
#include "route-encap.h"

#include <arpa/inet.h>
#include <linux/if_tunnel.h>
#include <linux/lwtunnel.h>
#include <linux/mpls.h>
#include <linux/mpls_iptunnel.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "route-segments.h"
#include "rtwords.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define CREATE NSD_ATTR_CREATE

/* MAX_NEW_LABELS in net/mpls/internal.h, and the largest label (RFC 3032). */
#define MOST_LABELS 30
#define LAST_LABEL  0xfffff

typedef struct {
  guint32 type; /* LWTUNNEL_ENCAP_* */
  NsdAttrTable table;
  const char *needed; /* the key that there must be, or NULL */
  /* Writes what the codecs leave, since several keys are in one attribute; NULL: nothing. */
  gboolean (*put) (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error);
} Encap;

/* NULL for none, and for a type whose keys are not known here. */
static const Encap *find_encap (guint32 type);

/* ---- ip, ip6 ---- */

static GVariant *
get_be64 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint64));

  return g_variant_new_uint64 (nla != NULL ? GUINT64_FROM_BE (nla_get_u64 (nla)) : 0);
}

static gboolean
put_be64 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint64 number = GUINT64_TO_BE (g_variant_get_uint64 (value));

  return nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

/* The bits are in the order of the network, as those of TUNNEL_* are. */
static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nsd_flag_words_variant (attr->data, nla != NULL ? nla_get_u16 (nla) : 0);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;
  guint16 bits;

  if (!nsd_flag_words_parse (attr->data, value, &flags, error))
    return FALSE;
  if (flags > G_MAXUINT16) {
    nsd_error_set_invalid (error, "%x has bits that there are not", flags);
    return FALSE;
  }
  bits = (guint16)flags;
  return nsd_attr_builder_add (builder, attr->id, &bits, sizeof bits, error);
}

/* ---- mpls ---- */

static GVariant *
get_labels (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);
  GString *text = g_string_new (NULL);

  for (int at = 0; nla != NULL && at + (int)sizeof (guint32) <= nla_len (nla); at += 4) {
    guint32 entry;

    memcpy (&entry, (const char *)nla_data (nla) + at, sizeof entry);
    g_string_append_printf (text, "%s%u", at == 0 ? "" : "/", ntohl (entry) >> MPLS_LS_LABEL_SHIFT);
  }
  return g_variant_new_take_string (g_string_free (text, FALSE));
}

static gboolean
put_labels (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (g_variant_get_string (value, NULL), "/", -1);
  guint n = g_strv_length (words);
  guint32 stack[MOST_LABELS];

  if (n == 0 || n > MOST_LABELS) {
    nsd_error_set_invalid (error, "expected from 1 to %d labels, as “100/200”", MOST_LABELS);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    guint64 label;

    if (!g_ascii_string_to_unsigned (words[i], 10, 0, LAST_LABEL, &label, NULL)) {
      nsd_error_set_invalid (error, "“%s” is not a label from 0 to %d", words[i], LAST_LABEL);
      return FALSE;
    }
    stack[i] =
        htonl ((guint32)label << MPLS_LS_LABEL_SHIFT | (i + 1 == n ? 1u << MPLS_LS_S_SHIFT : 0));
  }
  return nsd_attr_builder_add (builder, attr->id, stack, n * sizeof stack[0], error);
}

/* ---- seg6, seg6local ---- */

static GVariant *
get_mode (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (attr->data, nsd_attr_view_get_u32 (view, attr->id, 0));
}

static GVariant *
get_segments (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, (int)attr->arg);
  gboolean inline_mode;

  if (nla == NULL)
    return NULL;
  if (attr->arg == 0)
    inline_mode = nsd_attr_view_get_u32 (view, SEG6_LOCAL_ACTION, 0) == SEG6_LOCAL_ACTION_END_B6;
  else
    inline_mode = nla_get_u32 (nla) == SEG6_IPTUN_MODE_INLINE;
  return nsd_segments_variant ((const guint8 *)nla_data (nla) + attr->arg,
                               (gsize)nla_len (nla) - attr->arg, inline_mode);
}

static GVariant *
get_hmac (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, (int)attr->arg);
  guint32 key = nla != NULL ? nsd_segments_hmac ((const guint8 *)nla_data (nla) + attr->arg,
                                                 (gsize)nla_len (nla) - attr->arg)
                            : 0;

  return key != 0 ? g_variant_new_uint32 (key) : NULL;
}

/* Adds the header of the segments in @settings behind @prefix. */
static gboolean
put_header (NsdAttrBuilder *builder, const NsdSettings *settings, int id, GByteArray *prefix,
            gboolean inline_mode, GError **error)
{
  GVariant *hmac = nsd_settings_get (settings, "Hmac");

  if (!nsd_segments_append (prefix, nsd_settings_get (settings, "Segments"), inline_mode,
                            hmac != NULL ? g_variant_get_uint32 (hmac) : 0, error)) {
    g_prefix_error (error, "Segments: ");
    return FALSE;
  }
  return nsd_attr_builder_add (builder, id, prefix->data, prefix->len, error);
}

static const NsdWord mode_words[] = {
  { SEG6_IPTUN_MODE_INLINE, "inline" },           { SEG6_IPTUN_MODE_ENCAP, "encap" },
  { SEG6_IPTUN_MODE_L2ENCAP, "l2encap" },         { SEG6_IPTUN_MODE_ENCAP_RED, "encap.red" },
  { SEG6_IPTUN_MODE_L2ENCAP_RED, "l2encap.red" }, { 0, NULL },
};

static gboolean
put_seg6 (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  const char *word = nsd_settings_get_string (settings, "Mode", "encap");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 mode = 0;

  if (!nsd_word_parse (mode_words, NSD_WORDS_ONLY, word, &mode, error)) {
    g_prefix_error (error, "Mode: ");
    return FALSE;
  }
  g_byte_array_append (bytes, (const guint8 *)&mode, sizeof mode);
  return put_header (builder, settings, SEG6_IPTUNNEL_SRH, bytes, mode == SEG6_IPTUN_MODE_INLINE,
                     error);
}

static const NsdWord action_words[] = {
  { SEG6_LOCAL_ACTION_END, "End" },
  { SEG6_LOCAL_ACTION_END_X, "End.X" },
  { SEG6_LOCAL_ACTION_END_T, "End.T" },
  { SEG6_LOCAL_ACTION_END_DX2, "End.DX2" },
  { SEG6_LOCAL_ACTION_END_DX6, "End.DX6" },
  { SEG6_LOCAL_ACTION_END_DX4, "End.DX4" },
  { SEG6_LOCAL_ACTION_END_DT6, "End.DT6" },
  { SEG6_LOCAL_ACTION_END_DT4, "End.DT4" },
  { SEG6_LOCAL_ACTION_END_B6, "End.B6" },
  { SEG6_LOCAL_ACTION_END_B6_ENCAP, "End.B6.Encaps" },
  { SEG6_LOCAL_ACTION_END_BPF, "End.BPF" },
  { SEG6_LOCAL_ACTION_END_DT46, "End.DT46" },
  { 0, NULL },
};

/* As with ip(8), the header of End.B6 has room for the destination of the packet, which the kernel
 * puts there (input_action_end_b6() in net/ipv6/seg6_local.c). */
static gboolean
put_seg6_local (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  const char *action = nsd_settings_get_string (settings, "Action", "");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (nsd_settings_get (settings, "Segments") != NULL)
    return put_header (builder, settings, SEG6_LOCAL_SRH, bytes, strcmp (action, "End.B6") == 0,
                       error);
  if (nsd_settings_get (settings, "Hmac") == NULL)
    return TRUE;
  nsd_error_set_invalid (error, "Hmac: there are no Segments");
  return FALSE;
}

/* ---- all ---- */

static GVariant *
get_encap (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));
  guint32 type = nla != NULL ? nla_get_u16 (nla) : LWTUNNEL_ENCAP_NONE;
  const Encap *encap = find_encap (type);
  g_autoptr (GVariant) keys = NULL;
  GVariantBuilder builder;
  NsdAttrView nested;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (type != LWTUNNEL_ENCAP_NONE)
    g_variant_builder_add (&builder, "{sv}", "Type", nsd_word_variant (nsd_encap_words, type));
  if (encap != NULL) {
    nsd_attr_view_init_nested (&nested, view, view->tb[attr->arg]);
    keys = g_variant_ref_sink (nsd_attr_table_read (&encap->table, &nested));
    for (gsize i = 0; i < g_variant_n_children (keys); i++) {
      g_autoptr (GVariant) entry = g_variant_get_child_value (keys, i);

      g_variant_builder_add_value (&builder, entry);
    }
  }
  return g_variant_builder_end (&builder);
}

/* No spans: an error of the kernel's is about the encapsulation as a whole, whose keys have names
 * that the route has too. */
static gboolean
put_keys (NsdAttrBuilder *builder, const Encap *encap, const NsdSettings *settings, GError **error)
{
  if (encap->needed != NULL && nsd_settings_get (settings, encap->needed) == NULL) {
    nsd_error_set_invalid (error, "%s is missing", encap->needed);
    return FALSE;
  }
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->attr->type->put != NULL &&
        !setting->attr->type->put (builder, setting->attr, setting->value, error)) {
      g_prefix_error (error, "%s: ", setting->attr->name);
      return FALSE;
    }
  }
  return encap->put == NULL || encap->put (builder, settings, error);
}

/* The entries of @dict without that of "Type", which may be there once; NULL with an error. */
static GVariant *
split (GVariant *dict, GVariant **ret_type, GError **error)
{
  g_autoptr (GVariant) type = NULL;
  GVariantBuilder rest;
  GVariantIter iter;
  const char *key;
  GVariant *value;
  gboolean twice = FALSE;

  g_variant_builder_init (&rest, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;

    if (strcmp (key, "Type") != 0) {
      g_variant_builder_add (&rest, "{sv}", key, value);
      continue;
    }
    twice |= type != NULL;
    g_clear_pointer (&type, g_variant_unref);
    type = g_steal_pointer (&owned);
  }
  if (!twice && type != NULL && g_variant_is_of_type (type, G_VARIANT_TYPE_STRING)) {
    *ret_type = g_steal_pointer (&type);
    return g_variant_ref_sink (g_variant_builder_end (&rest));
  }
  nsd_error_set_invalid (error, twice ? "Type is given twice" : "Type (s) is missing");
  g_variant_builder_clear (&rest);
  return NULL;
}

/* The type that @dict names, and the rest of it; NULL and no error for an empty one. */
static const Encap *
parse_type (GVariant *dict, GVariant **ret_rest, GError **error)
{
  g_autoptr (GVariant) rest = NULL, type = NULL;
  const Encap *encap;
  const char *word;
  guint32 number;

  if (g_variant_n_children (dict) == 0)
    return NULL;
  rest = split (dict, &type, error);
  if (rest == NULL)
    return NULL;
  word = g_variant_get_string (type, NULL);
  if (!nsd_word_parse (nsd_encap_words, NSD_WORDS_ONLY, word, &number, error)) {
    g_prefix_error (error, "Type: ");
    return NULL;
  }
  encap = find_encap (number);
  if (encap == NULL)
    nsd_error_set_invalid (error, "Type: “%s” can be read only", word);
  else
    *ret_rest = g_steal_pointer (&rest);
  return encap;
}

static gboolean
put_encap (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  g_autoptr (GVariant) rest = NULL;
  g_autoptr (NsdSettings) settings = NULL;
  const Encap *encap = parse_type (value, &rest, error);
  const NsdAttrTable *tables[] = { NULL, NULL };
  struct nlattr *nest;
  guint16 type;

  if (encap == NULL)
    return g_variant_n_children (value) == 0;
  tables[0] = &encap->table;
  settings = nsd_settings_new (rest, tables, CREATE, error);
  if (settings == NULL)
    return FALSE;
  type = (guint16)encap->type;
  if (!nsd_attr_builder_add (builder, attr->id, &type, sizeof type, error))
    return FALSE;
  nest = nsd_attr_builder_open (builder, (int)attr->arg, error);
  if (nest == NULL || !put_keys (builder, encap, settings, error))
    return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

/* ---- rows ---- */

static const NsdAttrType be64 = { "t", get_be64, put_be64 };
static const NsdAttrType flags = { "as", get_flags, put_flags };
static const NsdAttrType labels = { "s", get_labels, put_labels };
static const NsdAttrType mode = { "s", get_mode, NULL };
static const NsdAttrType segments = { "as", get_segments, NULL };
static const NsdAttrType hmac = { "u", get_hmac, NULL };

static const NsdWord tunnel_words[] = {
  { TUNNEL_KEY, "key" },
  { TUNNEL_CSUM, "csum" },
  { TUNNEL_SEQ, "seq" },
  { 0, NULL },
};

static const NsdAttr ip_rows[] = {
  { LWTUNNEL_IP_ID, "Id", &be64, R | CREATE },
  { LWTUNNEL_IP_DST, "Destination", &nsd_attr_ip4, R | CREATE },
  { LWTUNNEL_IP_SRC, "Source", &nsd_attr_ip4, R | CREATE },
  { LWTUNNEL_IP_TTL, "Ttl", &nsd_attr_u8, R | CREATE },
  { LWTUNNEL_IP_TOS, "Tos", &nsd_attr_u8, R | CREATE },
  { LWTUNNEL_IP_FLAGS, "Flags", &flags, R | CREATE, tunnel_words },
};

static const NsdAttr ip6_rows[] = {
  { LWTUNNEL_IP6_ID, "Id", &be64, R | CREATE },
  { LWTUNNEL_IP6_DST, "Destination", &nsd_attr_ip6, R | CREATE },
  { LWTUNNEL_IP6_SRC, "Source", &nsd_attr_ip6, R | CREATE },
  { LWTUNNEL_IP6_HOPLIMIT, "HopLimit", &nsd_attr_u8, R | CREATE },
  { LWTUNNEL_IP6_TC, "TrafficClass", &nsd_attr_u8, R | CREATE },
  { LWTUNNEL_IP6_FLAGS, "Flags", &flags, R | CREATE, tunnel_words },
};

static const NsdAttr mpls_rows[] = {
  { MPLS_IPTUNNEL_DST, "Destination", &labels, R | CREATE },
  { MPLS_IPTUNNEL_TTL, "Ttl", &nsd_attr_u8, R_OPT | CREATE },
};

#define AT_SRH offsetof (struct seg6_iptunnel_encap, srh)
static const NsdAttr seg6_rows[] = {
  { SEG6_IPTUNNEL_SRH, "Mode", &mode, R | CREATE, mode_words },
  { SEG6_IPTUNNEL_SRH, "Segments", &segments, R | CREATE, NULL, AT_SRH },
  { SEG6_IPTUNNEL_SRH, "Hmac", &hmac, R | CREATE, NULL, AT_SRH },
};

static const NsdAttr seg6_local_rows[] = {
  { SEG6_LOCAL_ACTION, "Action", &nsd_attr_word32, R | CREATE, action_words },
  { SEG6_LOCAL_SRH, "Segments", &segments, R | CREATE },
  { SEG6_LOCAL_SRH, "Hmac", &hmac, R | CREATE },
  { SEG6_LOCAL_TABLE, "Table", &nsd_attr_u32, R_OPT | CREATE },
  { SEG6_LOCAL_VRFTABLE, "VrfTable", &nsd_attr_u32, R_OPT | CREATE },
  { SEG6_LOCAL_NH4, "Nh4", &nsd_attr_ip4, R_OPT | CREATE },
  { SEG6_LOCAL_NH6, "Nh6", &nsd_attr_ip6, R_OPT | CREATE },
  { SEG6_LOCAL_IIF, "InputLink", &nsd_attr_link, R_OPT | CREATE },
  { SEG6_LOCAL_OIF, "OutputLink", &nsd_attr_link, R_OPT | CREATE },
};

#define TABLE(rows)                                                                                \
  {                                                                                                \
    NULL, rows, G_N_ELEMENTS (rows)                                                                \
  }
static const Encap encaps[] = {
  { LWTUNNEL_ENCAP_MPLS, TABLE (mpls_rows), "Destination", NULL },
  { LWTUNNEL_ENCAP_IP, TABLE (ip_rows), NULL, NULL },
  { LWTUNNEL_ENCAP_IP6, TABLE (ip6_rows), NULL, NULL },
  { LWTUNNEL_ENCAP_SEG6, TABLE (seg6_rows), "Segments", put_seg6 },
  { LWTUNNEL_ENCAP_SEG6_LOCAL, TABLE (seg6_local_rows), "Action", put_seg6_local },
};

static const Encap *
find_encap (guint32 type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (encaps); i++)
    if (encaps[i].type == type)
      return &encaps[i];
  return NULL;
}

const NsdAttrType nsd_route_encap = { "a{sv}", get_encap, put_encap };
