/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The IPv6 routing header that routes insert: struct ipv6_sr_hdr (RFC 8754).  Segments are in the
 * order in which packets visit them. */
#pragma once

#include <gio/gio.h>

/* The segments as a floating `as`.  @inline_mode: the last one is the place that the kernel keeps
 * for the destination of the packet, and is no segment. */
GVariant *nsd_segments_variant (gconstpointer header, gsize length, gboolean inline_mode);
/* The id of the HMAC key; 0 for none. */
guint32 nsd_segments_hmac (gconstpointer header, gsize length);
/* Appends the header for @segments (`as`); FALSE with InvalidArgs. */
gboolean nsd_segments_append (GByteArray *bytes, GVariant *segments, gboolean inline_mode,
                              guint32 hmac, GError **error);
