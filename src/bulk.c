/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bulk.h"

#include <errno.h>
#include <string.h>

enum {
  UNKNOWN, /* not sent, or sent and not heard of: taken for done if the kernel did not say other */
  SENT,
  FAILED,
};

void
nsd_bulk_init (NsdBulk *bulk)
{
  memset (bulk, 0, sizeof *bulk);
  bulk->batch = nsd_nl_batch_new ();
  bulk->states = g_byte_array_new ();
  bulk->answers = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  bulk->failed = G_MAXUINT;
}

void
nsd_bulk_clear (NsdBulk *bulk)
{
  g_clear_pointer (&bulk->batch, nsd_nl_batch_free);
  g_clear_pointer (&bulk->states, g_byte_array_unref);
  g_clear_pointer (&bulk->answers, g_hash_table_unref);
  nsd_nl_failure_clear (&bulk->failure);
}

void
nsd_bulk_add (NsdBulk *bulk, const struct nlmsghdr *nlh)
{
  static const guint8 state = UNKNOWN;

  nsd_nl_batch_add (bulk->batch, nlh);
  g_byte_array_append (bulk->states, &state, 1);
}

guint
nsd_bulk_done (const NsdBulk *bulk)
{
  guint count = 0;

  for (guint i = 0; i < bulk->states->len; i++)
    count += bulk->states->data[i] == SENT;
  return count;
}

/* ---- sending ---- */

static void
on_failed (guint index, const NsdNlFailure *failure, gpointer data)
{
  NsdBulk *bulk = data;

  bulk->states->data[index] = FAILED;
  if ((bulk->harmless != 0 && failure->errnum == bulk->harmless) || bulk->failed != G_MAXUINT)
    return;
  bulk->failed = index;
  bulk->failure = *failure;
  bulk->failure.text = g_strdup (failure->text);
}

static void
on_answered (guint index, const struct nlmsghdr *nlh, gpointer data)
{
  NsdBulk *bulk = data;

  g_hash_table_insert (bulk->answers, GUINT_TO_POINTER (index), g_memdup2 (nlh, nlh->nlmsg_len));
}

gboolean
nsd_bulk_send (NsdBulk *bulk, NsdNlSocket *socket, GError **error)
{
  const NsdNlBatchHooks hooks = { on_failed, on_answered, bulk };
  gboolean ok = TRUE;

  for (guint next = 0; ok && next < bulk->states->len && bulk->failed == G_MAXUINT;) {
    guint first = next;

    ok = nsd_nl_batch_send_some (bulk->batch, socket, &next, &hooks, error);
    for (guint i = first; i < next; i++)
      if (bulk->states->data[i] == UNKNOWN)
        bulk->states->data[i] = SENT;
    if (ok && bulk->progress != NULL)
      ok = bulk->progress (bulk->progress_data, error);
  }
  return ok && bulk->failed == G_MAXUINT;
}

/* ---- taking back ---- */

/* What is not there any more need not be taken back. */
static void
on_undo_failed (guint index, const NsdNlFailure *failure, gpointer data)
{
  guint *left = data;

  if (failure->errnum != ESRCH && failure->errnum != ENOENT && failure->errnum != EADDRNOTAVAIL &&
      failure->errnum != ENODEV)
    *left += 1;
}

guint
nsd_bulk_take_back (NsdBulk *bulk, NsdNlSocket *socket, NsdBulkUndoFunc undo, gpointer data)
{
  g_autoptr (NsdNlBatch) batch = nsd_nl_batch_new ();
  guint left = 0;
  const NsdNlBatchHooks hooks = { on_undo_failed, NULL, &left };

  for (guint i = bulk->states->len; i > 0; i--) {
    const struct nlmsghdr *echo = g_hash_table_lookup (bulk->answers, GUINT_TO_POINTER (i - 1));
    g_auto (NsdAttrBuilder) builder = { 0 };

    if (bulk->states->data[i - 1] != SENT)
      continue;
    if (undo (echo != NULL ? echo : nsd_nl_batch_nth (bulk->batch, i - 1), &builder, data, NULL))
      nsd_nl_batch_add (batch, nlmsg_hdr (builder.msg));
    else
      left++;
  }
  for (guint next = 0; next < nsd_nl_batch_count (batch);) {
    if (!nsd_nl_batch_send_some (batch, socket, &next, &hooks, NULL))
      return left + nsd_nl_batch_count (batch) - next;
    if (bulk->progress != NULL)
      bulk->progress (bulk->progress_data, NULL);
  }
  return left;
}

void
nsd_bulk_tell_left (guint left, GError **error)
{
  g_autofree char *message = NULL;

  if (left == 0)
    return;
  message = g_strdup_printf ("%s; %u that were done before could not be taken back",
                             (*error)->message, left);
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&message);
}
