/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many requests in few system calls.
 *
 * The kernel goes through the messages of one sendmsg(2) in turn (netlink_rcv_skb() in
 * net/netlink/af_netlink.c); it acknowledges those that ask for it and those that fail, so only the
 * last of a chunk asks.  A message that fails does not stop those behind it. */
#pragma once

#include "nl-socket.h"

typedef struct _NsdNlBatch NsdNlBatch;

NsdNlBatch *nsd_nl_batch_new (void);
void nsd_nl_batch_free (NsdNlBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdNlBatch, nsd_nl_batch_free)

/* Appends a copy of @nlh; its sequence number and NLM_F_ACK are the batch's to choose. */
void nsd_nl_batch_add (NsdNlBatch *batch, const struct nlmsghdr *nlh);
guint nsd_nl_batch_count (const NsdNlBatch *batch);
/* Message @index, which the caller may change in place, until the next one is added. */
struct nlmsghdr *nsd_nl_batch_nth (NsdNlBatch *batch, guint index);

typedef struct {
  /* Message @index failed. */
  void (*failed) (guint index, const NsdNlFailure *failure, gpointer data);
  /* The kernel answered message @index with @nlh (NLM_F_ECHO), which lives during the call; may be
   * NULL. */
  void (*answered) (guint index, const struct nlmsghdr *nlh, gpointer data);
  /* Message @index was sent, and what came of it is not known. */
  void (*lost) (guint index, gpointer data);
  gpointer data;
} NsdNlBatchHooks;

/* Sends the next chunk, from message *@next on, and waits until the kernel has gone through it.
 * *@next becomes the first that was not sent.  FALSE if the kernel could not be reached, and then
 * it stays as it is, or not be heard; of the chunk those were done that neither failed nor are
 * lost. */
gboolean nsd_nl_batch_send_some (NsdNlBatch *batch, NsdNlSocket *socket, guint *next,
                                 const NsdNlBatchHooks *hooks, GError **error);
