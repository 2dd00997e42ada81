/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codecs that every table shares.  Each checks the length of what it reads and the range of
 * what it writes; `row` below is the NsdAttr that names the codec. */
#pragma once

#include "attr.h"

extern const NsdAttrType nsd_attr_u8;     /* y; row.arg: largest value */
extern const NsdAttrType nsd_attr_u16;    /* q; row.arg: largest value */
extern const NsdAttrType nsd_attr_u32;    /* u; row.arg: largest value */
extern const NsdAttrType nsd_attr_u64;    /* t */
extern const NsdAttrType nsd_attr_s32;    /* i */
extern const NsdAttrType nsd_attr_be16;   /* q, big-endian; row.arg: largest value */
extern const NsdAttrType nsd_attr_be32;   /* u, big-endian; row.arg: largest value */
extern const NsdAttrType nsd_attr_flag;   /* b, whether the attribute is there; false writes none */
extern const NsdAttrType nsd_attr_bool8;  /* b, a byte 0 or 1 (on reading: not 0) */
extern const NsdAttrType nsd_attr_bool32; /* b, the same in 32 bits */
extern const NsdAttrType nsd_attr_string; /* s, NUL-terminated; row.arg: most bytes without NUL */
extern const NsdAttrType nsd_attr_mac;    /* s, an Ethernet address */
extern const NsdAttrType nsd_attr_word8;  /* s, row.data: NsdWord[] */
extern const NsdAttrType nsd_attr_word16; /* s, row.data: NsdWord[] */
extern const NsdAttrType nsd_attr_word32; /* s, row.data: NsdWord[] */
extern const NsdAttrType nsd_attr_word_be16;    /* s, row.data: NsdWord[], big-endian 16 bits */
extern const NsdAttrType nsd_attr_flag_words32; /* as, row.data: NsdWord[] of bits */
extern const NsdAttrType nsd_attr_ip4;          /* s, "" for 0.0.0.0 */
extern const NsdAttrType nsd_attr_ip6;          /* s, "" for :: */
extern const NsdAttrType nsd_attr_ip; /* s, either family: IPv4 in row.id, IPv6 in row.arg */
/* o, an ifindex where the packets of the link go: see NsdAttrBuilder.lower_netns. */
extern const NsdAttrType nsd_attr_lower_link;
extern const NsdAttrType nsd_attr_link; /* o, an ifindex of the same namespace; "/": none (0) */

/* Settings that no attribute carries: the handler of the call reads them from the NsdSettings. */
extern const NsdAttrType nsd_attr_option_b;
extern const NsdAttrType nsd_attr_option_s;
extern const NsdAttrType nsd_attr_option_u;
extern const NsdAttrType nsd_attr_option_i;
extern const NsdAttrType nsd_attr_option_o;
extern const NsdAttrType nsd_attr_option_dict;
extern const NsdAttrType nsd_attr_option_as;
extern const NsdAttrType nsd_attr_option_q;
extern const NsdAttrType nsd_attr_option_y;

/* The word for @value, or its decimal number. */
GVariant *nsd_word_variant (const NsdWord *words, guint32 value);
/* No number is taken for a word. */
#define NSD_WORDS_ONLY 0
/* The value of a word, or of a decimal number up to @max (or NSD_WORDS_ONLY); FALSE with
 * InvalidArgs that lists the words. */
gboolean nsd_word_parse (const NsdWord *words, guint32 max, const char *word, guint32 *ret_value,
                         GError **error);
/* The words of the bits of @flags, as a floating `as`; unknown bits as one hexadecimal number. */
GVariant *nsd_flag_words_variant (const NsdWord *words, guint32 flags);
/* The bits of the words in @array (`as`). */
gboolean nsd_flag_words_parse (const NsdWord *words, GVariant *array, guint32 *ret_flags,
                               GError **error);

/* "02:00:00:00:00:01" for @length bytes, as a floating string. */
GVariant *nsd_mac_variant (const guint8 *bytes, gsize length);
/* The bytes of colon-separated hex pairs, at most @max of them; 0 if @text is not that. */
gsize nsd_mac_parse (const char *text, guint8 *bytes, gsize max);

/* An IP address of @length (4 or 16) bytes as text, "" for any other length; new memory. */
char *nsd_ip_text (gconstpointer bytes, gsize length);
/* Parses an address of either family, or only of *@family if that is not AF_UNSPEC, and sets it.
 * Returns the number of bytes (4 or 16), or 0 with InvalidArgs. */
gsize nsd_ip_parse (const char *text, int *family, guint8 bytes[16], GError **error);
/* The same for "ADDRESS/LENGTH" (or "ADDRESS" alone: the length of a host). */
gsize nsd_prefix_parse (const char *text, int *family, guint8 bytes[16], guint8 *ret_length,
                        GError **error);
/* The same for a network: no bit may be set behind the length. */
gsize nsd_network_parse (const char *text, int *family, guint8 bytes[16], guint8 *ret_length,
                         GError **error);

/* The path of link @ifindex as a floating value: see NsdAttrContext; "/" for 0. */
GVariant *nsd_link_path_variant (const NsdAttrContext *context, int nsid, int ifindex);
/* The ifindex of @path, which must name a link of the builder's namespace; 0 for "/". */
gboolean nsd_link_path_parse (const NsdAttrContext *context, const char *path, int *ret_ifindex,
                              GError **error);
