/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-segments.h"

#include <arpa/inet.h>
#include <linux/seg6.h>
#include <linux/seg6_hmac.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"

#define ADDRESS_SIZE sizeof (struct in6_addr)
/* Either header has one of 8 bytes in front of its segments. */
#define HEADER_SIZE 8
/* Both count their length in units of 8 bytes, in one byte. */
#define MOST_SEGMENTS 100

/* IPV6_SRCRT_TYPE_4 in include/uapi/linux/ipv6.h. */
#define TYPE_SR 4

/* ---- reading ---- */

static void
add_segment (GVariantBuilder *builder, const guint8 *bytes)
{
  g_autofree char *text = nsd_ip_text (bytes, ADDRESS_SIZE);

  g_variant_builder_add (builder, "s", text);
}

/* The segments are stored with the last one first. */
GVariant *
nsd_segments_variant (gconstpointer header, gsize length, gboolean inline_mode)
{
  const struct ipv6_sr_hdr *srh = header;
  const guint8 *segments = (const guint8 *)header + HEADER_SIZE;
  gsize n = length >= HEADER_SIZE ? (gsize)srh->first_segment + 1 : 0;
  GVariantBuilder builder;

  if (length < HEADER_SIZE + n * ADDRESS_SIZE)
    n = 0;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (gsize i = n; i > (inline_mode ? 1 : 0); i--)
    add_segment (&builder, segments + (i - 1) * ADDRESS_SIZE);
  return g_variant_builder_end (&builder);
}

guint32
nsd_segments_hmac (gconstpointer header, gsize length)
{
  const struct ipv6_sr_hdr *srh = header;
  gsize whole = length >= HEADER_SIZE ? ((gsize)srh->hdrlen + 1) * 8 : 0;
  struct sr6_tlv_hmac tlv;

  if (whole < HEADER_SIZE + sizeof tlv || whole > length || !sr_has_hmac (srh))
    return 0;
  memcpy (&tlv, (const guint8 *)header + whole - sizeof tlv, sizeof tlv);
  return ntohl (tlv.hmackeyid);
}

/* ---- writing ---- */

/* The addresses of @segments (`as`), in their order. */
static guint8 *
parse_segments (GVariant *segments, gsize *ret_n, GError **error)
{
  gsize n = g_variant_n_children (segments);
  g_autofree guint8 *bytes = g_malloc0 ((n + 1) * ADDRESS_SIZE);

  if (n == 0 || n > MOST_SEGMENTS) {
    nsd_error_set_invalid (error, "expected from 1 to %d segments", MOST_SEGMENTS);
    return NULL;
  }
  for (gsize i = 0; i < n; i++) {
    int family = AF_INET6;
    const char *text;

    g_variant_get_child (segments, i, "&s", &text);
    if (nsd_ip_parse (text, &family, bytes + i * ADDRESS_SIZE, error) == 0)
      return NULL;
  }
  *ret_n = n;
  return g_steal_pointer (&bytes);
}

gboolean
nsd_segments_append (GByteArray *bytes, GVariant *segments, gboolean inline_mode, guint32 hmac,
                     GError **error)
{
  gsize n = 0;
  g_autofree guint8 *addresses = parse_segments (segments, &n, error);
  static const guint8 place[ADDRESS_SIZE];
  struct sr6_tlv_hmac tlv = { 0 };
  struct ipv6_sr_hdr srh = { 0 };
  gsize n_all = n + (inline_mode ? 1 : 0);

  if (addresses == NULL)
    return FALSE;
  srh.hdrlen = (guint8)((n_all * ADDRESS_SIZE + (hmac != 0 ? sizeof tlv : 0)) / 8);
  srh.type = TYPE_SR;
  srh.segments_left = (guint8)(n_all - 1);
  srh.first_segment = srh.segments_left;
  srh.flags = hmac != 0 ? SR6_FLAG1_HMAC : 0;
  g_byte_array_append (bytes, (const guint8 *)&srh, sizeof srh);
  if (inline_mode)
    g_byte_array_append (bytes, place, sizeof place);
  for (gsize i = n; i > 0; i--)
    g_byte_array_append (bytes, addresses + (i - 1) * ADDRESS_SIZE, ADDRESS_SIZE);
  if (hmac == 0)
    return TRUE;
  tlv.tlvhdr.type = SR6_TLV_HMAC;
  tlv.tlvhdr.len = sizeof tlv - sizeof tlv.tlvhdr;
  tlv.hmackeyid = htonl (hmac);
  g_byte_array_append (bytes, (const guint8 *)&tlv, sizeof tlv);
  return TRUE;
}
