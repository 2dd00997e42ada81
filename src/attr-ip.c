/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses, as text and as attributes. */
#include <arpa/inet.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"

/* ---- as text ---- */

char *
nsd_ip_text (gconstpointer bytes, gsize length)
{
  char text[INET6_ADDRSTRLEN];

  if (length != 4 && length != 16)
    return g_strdup ("");
  return g_strdup (inet_ntop (length == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text));
}

gsize
nsd_ip_parse (const char *text, int *family, guint8 bytes[16], GError **error)
{
  if (*family != AF_INET6 && inet_pton (AF_INET, text, bytes) == 1) {
    *family = AF_INET;
    return 4;
  }
  if (*family != AF_INET && inet_pton (AF_INET6, text, bytes) == 1) {
    *family = AF_INET6;
    return 16;
  }
  nsd_error_set_invalid (error, "“%s” is not an %s address", text,
                         *family == AF_INET    ? "IPv4"
                         : *family == AF_INET6 ? "IPv6"
                                               : "IP");
  return 0;
}

gsize
nsd_prefix_parse (const char *text, int *family, guint8 bytes[16], guint8 *ret_length,
                  GError **error)
{
  const char *slash = strchr (text, '/');
  g_autofree char *address = slash != NULL ? g_strndup (text, (gsize)(slash - text)) : NULL;
  gsize length = nsd_ip_parse (slash != NULL ? address : text, family, bytes, error);
  guint64 bits = length * 8;

  if (length == 0)
    return 0;
  if (slash != NULL && ((slash[1] == '0' && slash[2] != '\0') ||
                        !g_ascii_string_to_unsigned (slash + 1, 10, 0, length * 8, &bits, NULL))) {
    nsd_error_set_invalid (error, "“%s”: the prefix length must be a number from 0 to %u", text,
                           (guint)length * 8);
    return 0;
  }
  *ret_length = (guint8)bits;
  return length;
}

static gboolean
has_host_bits (const guint8 *bytes, gsize length, guint bits)
{
  for (gsize i = 0; i < length; i++) {
    guint keep = bits > i * 8 ? MIN (bits - (guint)i * 8, 8) : 0;

    if (bytes[i] & (0xff >> keep))
      return TRUE;
  }
  return FALSE;
}

gsize
nsd_network_parse (const char *text, int *family, guint8 bytes[16], guint8 *ret_length,
                   GError **error)
{
  gsize length = nsd_prefix_parse (text, family, bytes, ret_length, error);

  if (length == 0 || !has_host_bits (bytes, length, *ret_length))
    return length;
  nsd_error_set_invalid (error, "“%s” has bits set behind its prefix length", text);
  return 0;
}

/* ---- as attributes ---- */

static const guint8 none[16];

/* "" for an address of zeros: that is how tunnels say that they have none. */
static GVariant *
ip_variant (const NsdAttrView *view, guint id, int length)
{
  const struct nlattr *nla = nsd_attr_view_get (view, id, length);

  if (nla == NULL || memcmp (nla_data (nla), none, (gsize)length) == 0)
    return g_variant_new_string ("");
  return g_variant_new_take_string (nsd_ip_text (nla_data (nla), (gsize)length));
}

static gboolean
put_ip (NsdAttrBuilder *builder, int id, int family, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  gsize length = family == AF_INET ? 4 : 16;
  guint8 bytes[16] = { 0 };

  if (*text != '\0' && nsd_ip_parse (text, &family, bytes, error) == 0)
    return FALSE;
  return nsd_attr_builder_add (builder, id, bytes, length, error);
}

static GVariant *
get_ip4 (const NsdAttrView *view, const NsdAttr *attr)
{
  return ip_variant (view, attr->id, 4);
}

static gboolean
put_ip4 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return put_ip (builder, attr->id, AF_INET, value, error);
}

static GVariant *
get_ip6 (const NsdAttrView *view, const NsdAttr *attr)
{
  return ip_variant (view, attr->id, 16);
}

static gboolean
put_ip6 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return put_ip (builder, attr->id, AF_INET6, value, error);
}

static GVariant *
get_ip (const NsdAttrView *view, const NsdAttr *attr)
{
  return view->tb[attr->arg] != NULL ? ip_variant (view, attr->arg, 16)
                                     : ip_variant (view, attr->id, 4);
}

static gboolean
put_either_ip (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  gboolean inet6 = strchr (g_variant_get_string (value, NULL), ':') != NULL;

  return put_ip (builder, inet6 ? (int)attr->arg : attr->id, inet6 ? AF_INET6 : AF_INET, value,
                 error);
}

const NsdAttrType nsd_attr_ip4 = { "s", get_ip4, put_ip4 };
const NsdAttrType nsd_attr_ip6 = { "s", get_ip6, put_ip6 };
const NsdAttrType nsd_attr_ip = { "s", get_ip, put_either_ip };
