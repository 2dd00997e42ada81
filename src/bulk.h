/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many requests that are one act: all of them are done, or none.
 *
 * Messages are collected, sent in chunks, and if one fails those that were done are taken back, the
 * last one first.  For the thread that has the socket. */
#pragma once

#include <gio/gio.h>

#include "attr.h"
#include "nl-batch.h"

typedef struct {
  NsdNlBatch *batch;
  GByteArray *states;   /* of each message: see bulk.c */
  GHashTable *answers;  /* index -> struct nlmsghdr: echoes */
  int harmless;         /* errno of messages that had nothing to do; 0: there are none */
  guint failed;         /* the first message that failed, or G_MAXUINT */
  NsdNlFailure failure; /* why */
  gpointer progress_data;
  /* Between chunks, may be NULL; FALSE with an error ends the sending. */
  gboolean (*progress) (gpointer data, GError **error);
} NsdBulk;

void nsd_bulk_init (NsdBulk *bulk);
void nsd_bulk_clear (NsdBulk *bulk);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NsdBulk, nsd_bulk_clear)

void nsd_bulk_add (NsdBulk *bulk, const struct nlmsghdr *nlh);
/* How many messages were done, without the harmless ones. */
guint nsd_bulk_done (const NsdBulk *bulk);

/* Sends all.  FALSE after a failure: with @error, or, of a message, with @bulk->failed. */
gboolean nsd_bulk_send (NsdBulk *bulk, NsdNlSocket *socket, GError **error);

/* Writes into @builder what takes back the message @nlh, ours or the echo of it. */
typedef gboolean (*NsdBulkUndoFunc) (const struct nlmsghdr *nlh, NsdAttrBuilder *builder,
                                     gpointer data, GError **error);
/* Takes back what was done; returns how many messages could not be, with those of which it is not
 * known whether they were done: they are left alone. */
guint nsd_bulk_take_back (NsdBulk *bulk, NsdNlSocket *socket, NsdBulkUndoFunc undo, gpointer data);

/* The parts of nsd_bulk_take_back(), for who has to see all messages before.  Calls @func for each
 * that was done, or its echo, the last one first; they live as long as @bulk.  Returns of how many
 * it is not known. */
typedef void (*NsdBulkFunc) (const struct nlmsghdr *nlh, gpointer data);
guint nsd_bulk_foreach_done (NsdBulk *bulk, NsdBulkFunc func, gpointer data);
/* Sends @batch, which takes back what was done; returns how many messages failed. */
guint nsd_bulk_send_undo (NsdBulk *bulk, NsdNlSocket *socket, NsdNlBatch *batch);

/* Adds to @error that @left messages could not be taken back, if it is not 0.  @names: of those of
 * which it is known; may be NULL. */
void nsd_bulk_tell_left (guint left, const char *names, GError **error);
