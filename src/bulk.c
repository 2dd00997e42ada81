/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bulk.h"

#include <errno.h>
#include <string.h>

enum {
  NOT_SENT,
  DONE,
  FAILED,
  LOST, /* sent, and what came of it is not known */
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
  static const guint8 state = NOT_SENT;

  nsd_nl_batch_add (bulk->batch, nlh);
  g_byte_array_append (bulk->states, &state, 1);
}

guint
nsd_bulk_done (const NsdBulk *bulk)
{
  guint count = 0;

  for (guint i = 0; i < bulk->states->len; i++)
    count += bulk->states->data[i] == DONE;
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

static void
on_lost (guint index, gpointer data)
{
  ((NsdBulk *)data)->states->data[index] = LOST;
}

gboolean
nsd_bulk_send (NsdBulk *bulk, NsdNlSocket *socket, GError **error)
{
  const NsdNlBatchHooks hooks = { on_failed, on_answered, on_lost, bulk };
  gboolean ok = TRUE;

  for (guint next = 0; ok && next < bulk->states->len && bulk->failed == G_MAXUINT;) {
    guint first = next;

    ok = nsd_nl_batch_send_some (bulk->batch, socket, &next, &hooks, error);
    for (guint i = first; i < next; i++)
      if (bulk->states->data[i] == NOT_SENT)
        bulk->states->data[i] = DONE;
    if (ok && bulk->progress != NULL)
      ok = bulk->progress (bulk->progress_data, error);
  }
  if (bulk->failed == G_MAXUINT)
    return ok;
  /* What the kernel said of a message says more. */
  g_clear_error (error);
  return FALSE;
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

static void
on_undo_lost (guint index, gpointer data)
{
  *(guint *)data += 1;
}

guint
nsd_bulk_foreach_done (NsdBulk *bulk, NsdBulkFunc func, gpointer data)
{
  guint lost = 0;

  for (guint i = bulk->states->len; i > 0; i--) {
    const struct nlmsghdr *echo = g_hash_table_lookup (bulk->answers, GUINT_TO_POINTER (i - 1));

    lost += bulk->states->data[i - 1] == LOST;
    if (bulk->states->data[i - 1] == DONE)
      func (echo != NULL ? echo : nsd_nl_batch_nth (bulk->batch, i - 1), data);
  }
  return lost;
}

guint
nsd_bulk_send_undo (NsdBulk *bulk, NsdNlSocket *socket, NsdNlBatch *batch)
{
  guint left = 0;
  const NsdNlBatchHooks hooks = { on_undo_failed, NULL, on_undo_lost, &left };

  for (guint next = 0; next < nsd_nl_batch_count (batch);) {
    guint first = next;

    /* One that cannot be sent shall not keep back the others. */
    if (!nsd_nl_batch_send_some (batch, socket, &next, &hooks, NULL) && next == first) {
      next++;
      left++;
    }
    if (bulk->progress != NULL)
      bulk->progress (bulk->progress_data, NULL);
  }
  return left;
}

typedef struct {
  NsdNlBatch *batch;
  guint left;
  NsdBulkUndoFunc func;
  gpointer data;
} Undo;

static void
build_undo (const struct nlmsghdr *nlh, gpointer data)
{
  Undo *undo = data;
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (undo->func (nlh, &builder, undo->data, NULL))
    nsd_nl_batch_add (undo->batch, nlmsg_hdr (builder.msg));
  else
    undo->left++;
}

guint
nsd_bulk_take_back (NsdBulk *bulk, NsdNlSocket *socket, NsdBulkUndoFunc func, gpointer data)
{
  g_autoptr (NsdNlBatch) batch = nsd_nl_batch_new ();
  Undo undo = { batch, 0, func, data };
  guint lost = nsd_bulk_foreach_done (bulk, build_undo, &undo);

  return lost + undo.left + nsd_bulk_send_undo (bulk, socket, batch);
}

void
nsd_bulk_tell_left (guint left, const char *names, GError **error)
{
  g_autofree char *message = NULL;

  if (left == 0)
    return;
  message = g_strdup_printf (
      "%s; %u that were done before, or may have been, could not be taken back%s%s",
      (*error)->message, left, names != NULL ? ": " : "", names != NULL ? names : "");
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&message);
}
