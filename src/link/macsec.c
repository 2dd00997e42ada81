/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links that protect Ethernet frames (IEEE 802.1AE): drivers/net/macsec.c.  The keys are not here:
 * a protocol of their own (generic netlink) has them.
 *
 * The kernel refuses values with a bare EINVAL, so they are checked here. */
#include <linux/if_link.h>
#include <linux/if_macsec.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R  NSD_ATTR_READ
#define RC (R | NSD_ATTR_CREATE)
#define RW (RC | NSD_ATTR_CHANGE)

/* MACSEC_XPN_MAX_REPLAY_WINDOW */
#define XPN_MAX_WINDOW ((1u << 30) - 1)

static const NsdAttrTable table;

/* A MAC address and a port, in the order of the wire. */
#define SCI_LENGTH 8

static GVariant *
get_sci (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, SCI_LENGTH);
  const guint8 *sci = nla != NULL ? nla_data (nla) : NULL;

  if (sci == NULL)
    return g_variant_new_string ("");
  return g_variant_new_take_string (g_strdup_printf ("%02x%02x%02x%02x%02x%02x%02x%02x", sci[0],
                                                     sci[1], sci[2], sci[3], sci[4], sci[5], sci[6],
                                                     sci[7]));
}

static gboolean
put_sci (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 sci[SCI_LENGTH];

  /* MACSEC_UNDEF_SCI: the kernel would choose another one. */
  if (strlen (text) != 2 * SCI_LENGTH || strspn (text, "0123456789abcdefABCDEF") != strlen (text) ||
      g_ascii_strcasecmp (text, "ffffffffffffffff") == 0) {
    nsd_error_set_invalid (error, "“%s” is not an identifier of 16 hexadecimal digits", text);
    return FALSE;
  }
  for (gsize i = 0; i < SCI_LENGTH; i++)
    sci[i] =
        (guint8)(g_ascii_xdigit_value (text[2 * i]) << 4 | g_ascii_xdigit_value (text[2 * i + 1]));
  return nsd_attr_builder_add (builder, attr->id, sci, sizeof sci, error);
}

static const NsdAttrType type_sci = { "s", get_sci, put_sci };

/* The kernel takes IFLA_MACSEC_PORT, and reports it in the identifier. */
static GVariant *
get_port (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, IFLA_MACSEC_SCI, SCI_LENGTH);
  const guint8 *sci = nla != NULL ? nla_data (nla) : NULL;

  return g_variant_new_uint16 (sci != NULL ? (guint16)(sci[6] << 8 | sci[7]) : 0);
}

static gboolean
put_port (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_be16.put (builder, attr, value, error);
}

static const NsdAttrType type_port = { "q", get_port, put_port };

/* What macsec_validate_attr() and crypto_gcm_check_authsize() (include/crypto/gcm.h) let pass. */
static gboolean
put_icv_len (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint8 length = g_variant_get_byte (value);

  if (length != 8 && (length < 12 || length > 16)) {
    nsd_error_set_invalid (error, "%u is out of range, expected 8 or 12 to 16", length);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, &length, sizeof length, error);
}

static GVariant *
get_icv_len (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_u8.get (view, attr);
}

static const NsdAttrType type_icv_len = { "y", get_icv_len, put_icv_len };

/* ip(8) prints these words.  The kernel reports the first one by another number than it has in the
 * standard. */
static const struct {
  guint64 id;
  const char *word;
} cipher_suites[] = {
  { MACSEC_DEFAULT_CIPHER_ID, "GCM-AES-128" },
  { MACSEC_CIPHER_ID_GCM_AES_128, "GCM-AES-128" },
  { MACSEC_CIPHER_ID_GCM_AES_256, "GCM-AES-256" },
  { MACSEC_CIPHER_ID_GCM_AES_XPN_128, "GCM-AES-XPN-128" },
  { MACSEC_CIPHER_ID_GCM_AES_XPN_256, "GCM-AES-XPN-256" },
};

static GVariant *
get_cipher_suite (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint64));

  if (nla == NULL)
    return g_variant_new_string ("");
  for (gsize i = 0; i < G_N_ELEMENTS (cipher_suites); i++)
    if (cipher_suites[i].id == nla_get_u64 (nla))
      return g_variant_new_string (cipher_suites[i].word);
  return g_variant_new_take_string (
      g_strdup_printf ("%016" G_GINT64_MODIFIER "x", nla_get_u64 (nla)));
}

static gboolean
put_cipher_suite (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cipher_suites); i++)
    if (strcmp (cipher_suites[i].word, text) == 0)
      return nsd_attr_builder_add (builder, attr->id, &cipher_suites[i].id, sizeof (guint64),
                                   error);
  nsd_error_set_invalid (error,
                         "unknown word “%s”: expected “GCM-AES-128”, “GCM-AES-256”, "
                         "“GCM-AES-XPN-128” or “GCM-AES-XPN-256”",
                         text);
  return FALSE;
}

static const NsdAttrType type_cipher_suite = { "s", get_cipher_suite, put_cipher_suite };

/* What a property will be: what is set, else what is now; NULL on creation. */
static GVariant *
lookup (const NsdAttrBuilder *builder, const NsdSettings *settings, const char *name)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == &table && strcmp (setting->attr->name, name) == 0)
      return g_variant_ref (setting->value);
  }
  return builder->current != NULL ? g_variant_lookup_value (builder->current, name, NULL) : NULL;
}

/* macsec_validate_attr() wants Window with ReplayProtect; macsec_fill_info() does not report one
 * that was set without it. */
static gboolean
check_replay (const NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  g_autoptr (GVariant) protect = lookup (builder, settings, "ReplayProtect");
  g_autoptr (GVariant) cipher = lookup (builder, settings, "CipherSuite");
  GVariant *window = nsd_settings_get (settings, "Window");

  if (window == NULL) {
    if (!nsd_settings_get_boolean (settings, "ReplayProtect", FALSE))
      return TRUE;
    nsd_error_set_invalid (error, "Property ReplayProtect: must be set together with Window");
    return FALSE;
  }
  if (g_variant_get_uint32 (window) != 0 && (protect == NULL || !g_variant_get_boolean (protect))) {
    nsd_error_set_invalid (error, "Property Window: there is none without ReplayProtect");
    return FALSE;
  }
  if (cipher != NULL && strstr (g_variant_get_string (cipher, NULL), "XPN") != NULL &&
      g_variant_get_uint32 (window) > XPN_MAX_WINDOW) {
    nsd_error_set_invalid (error, "Property Window: %u is out of range, at most %u with %s",
                           g_variant_get_uint32 (window), XPN_MAX_WINDOW,
                           g_variant_get_string (cipher, NULL));
    return FALSE;
  }
  return TRUE;
}

/* Of the bits of the header that macsec_validate_attr() looks at. */
static gboolean
check_header (const NsdSettings *settings, GError **error)
{
  static const char *const flags[] = { "IncSci", "Es", "Scb" };
  const char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++) {
    if (!nsd_settings_get_boolean (settings, flags[i], FALSE))
      continue;
    if (found != NULL) {
      nsd_error_set_invalid (error, "Property %s: must not be set to true together with %s",
                             flags[i], found);
      return FALSE;
    }
    found = flags[i];
  }
  return TRUE;
}

/* macsec_newlink() passes over Port if there is Sci; and an Sci that was chosen must be sent. */
static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  if (nsd_settings_get (settings, "Sci") != NULL) {
    if (nsd_settings_get (settings, "Port") != NULL) {
      nsd_error_set_invalid (error, "Property Port: is the end of Sci, which is set too");
      return FALSE;
    }
    if (!nsd_settings_get_boolean (settings, "IncSci", TRUE)) {
      nsd_error_set_invalid (error, "Property IncSci: must be true with Sci");
      return FALSE;
    }
  }
  return check_header (settings, error) && check_replay (builder, settings, error);
}

static const NsdWord validations[] = {
  { MACSEC_VALIDATE_DISABLED, "disabled" },
  { MACSEC_VALIDATE_CHECK, "check" },
  { MACSEC_VALIDATE_STRICT, "strict" },
  { 0, NULL },
};

static const NsdWord offloads[] = {
  { MACSEC_OFFLOAD_OFF, "off" },
  { MACSEC_OFFLOAD_PHY, "phy" },
  { MACSEC_OFFLOAD_MAC, "mac" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { IFLA_MACSEC_SCI, "Sci", &type_sci, RC },
  { IFLA_MACSEC_PORT, "Port", &type_port, RC },
  { IFLA_MACSEC_ICV_LEN, "IcvLen", &type_icv_len, RC },
  { IFLA_MACSEC_CIPHER_SUITE, "CipherSuite", &type_cipher_suite, RC },
  { IFLA_MACSEC_WINDOW, "Window", &nsd_attr_u32, RW },
  { IFLA_MACSEC_ENCODING_SA, "EncodingSa", &nsd_attr_u8, RW, NULL, 3 },
  { IFLA_MACSEC_ENCRYPT, "Encrypt", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_PROTECT, "Protect", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_INC_SCI, "IncSci", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_ES, "Es", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_SCB, "Scb", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_REPLAY_PROTECT, "ReplayProtect", &nsd_attr_bool8, RW },
  { IFLA_MACSEC_VALIDATION, "Validation", &nsd_attr_word8, RW, validations },
  { IFLA_MACSEC_OFFLOAD, "Offload", &nsd_attr_word8, RW, offloads },
};

static const NsdAttrTable table = { &org_netnsd1_link_macsec_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_macsec[] = {
  { .name = "macsec", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
