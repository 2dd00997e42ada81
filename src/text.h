/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that the kernel takes as bytes, as text that D-Bus takes (UTF-8 without NUL).
 *
 * A byte that is not part of valid UTF-8 appears as `\xHH` (two lower-case hex digits).  So that
 * the way back is unambiguous, a backslash that would read as such an escape appears as `\x5c`
 * itself. Any thread. */
#pragma once

#include <glib.h>

/* The text of the @length bytes at @bytes (up to a NUL, if one comes before).  Returns new memory.
 */
char *nsd_text_from_bytes (const char *bytes, gsize length);

/* The bytes that nsd_text_from_bytes() made @text from, NUL-terminated.  Returns new memory; NULL
 * where @text escapes a NUL, which no name contains. */
char *nsd_text_to_bytes (const char *text);

/* Whether the English @text has the words of which the CamelCase @name consists, one after the
 * other, in any case: "Nexthop id" for "NextHopId". */
gboolean nsd_text_mentions (const char *text, const char *name);

/* @text without its middle if it has more than @most bytes; how it begins and how it ends stays.
 * Returns new memory. */
char *nsd_text_shorten (const char *text, gsize most);
