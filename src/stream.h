/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing the descriptors of callers, for a thread that may wait, but not for ever.
 *
 * The flags of a descriptor are its owner's as well, so nothing here makes it non-blocking. */
#pragma once

#include <glib.h>

typedef struct {
  int fd;
  int wake; /* an eventfd: readable when everybody shall stop */
  enum {
    NSD_STREAM_FILE,
    NSD_STREAM_PIPE,
    NSD_STREAM_SOCKET,
  } sort;
} NsdStream;

/* Takes @fd, which stays the caller's, if it is a file, a pipe or a stream socket that can be
 * written (@to_write) or read; any other is InvalidArgs. */
gboolean nsd_stream_init (NsdStream *stream, int fd, int wake, gboolean to_write, GError **error);

/* Writes all of it.  Fails if that does not go on for 20 seconds. */
gboolean nsd_stream_write (NsdStream *stream, gconstpointer data, gsize length, GError **error);
/* Appends all that comes until the end to @ret_bytes; LimitsExceeded if that would be more than
 * @most.  Fails if nothing comes for 20 seconds, or the end does not come within @seconds. */
gboolean nsd_stream_read (NsdStream *stream, GByteArray *ret_bytes, gsize most, guint seconds,
                          GError **error);
