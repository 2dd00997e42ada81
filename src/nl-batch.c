/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-batch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"

/* So few that the answers fit into the smallest receive buffer (212992 bytes) if all of them fail,
 * with a text of the kernel each (netlink_ack(), some 1300 bytes as it counts them), and so many
 * that the system calls do not matter. */
#define CHUNK_COUNT 128
#define CHUNK_BYTES (64 * 1024)

/* An answer to one message: an acknowledgement with its text, or an echo. */
#define ANSWER_SIZE (64 * 1024)

struct _NsdNlBatch {
  GByteArray *bytes;
  GArray *offsets; /* gsize: where each message begins */
};

/* A chunk under way. */
typedef struct {
  guint first;
  guint count;
  guint32 sequence; /* of the first message */
  gboolean done;
  const NsdNlBatchHooks *hooks;
} Chunk;

NsdNlBatch *
nsd_nl_batch_new (void)
{
  NsdNlBatch *self = g_new0 (NsdNlBatch, 1);

  self->bytes = g_byte_array_new ();
  self->offsets = g_array_new (FALSE, FALSE, sizeof (gsize));
  return self;
}

void
nsd_nl_batch_free (NsdNlBatch *self)
{
  g_byte_array_unref (self->bytes);
  g_array_unref (self->offsets);
  g_free (self);
}

void
nsd_nl_batch_add (NsdNlBatch *self, const struct nlmsghdr *nlh)
{
  static const guint8 padding[NLMSG_ALIGNTO];
  gsize offset = self->bytes->len;

  g_byte_array_append (self->bytes, (const guint8 *)nlh, nlh->nlmsg_len);
  g_byte_array_append (self->bytes, padding, NLMSG_ALIGN (nlh->nlmsg_len) - nlh->nlmsg_len);
  g_array_append_val (self->offsets, offset);
}

guint
nsd_nl_batch_count (const NsdNlBatch *self)
{
  return self->offsets->len;
}

static gsize
offset_of (const NsdNlBatch *self, guint index)
{
  return index < self->offsets->len ? g_array_index (self->offsets, gsize, index)
                                    : self->bytes->len;
}

struct nlmsghdr *
nsd_nl_batch_nth (NsdNlBatch *self, guint index)
{
  return (struct nlmsghdr *)(self->bytes->data + offset_of (self, index));
}

/* As many messages from @chunk->first on as go into one chunk, at least one. */
static void
prepare (NsdNlBatch *self, NsdNlSocket *socket, Chunk *chunk)
{
  gsize begin = offset_of (self, chunk->first);
  guint end = chunk->first + 1;

  while (end < self->offsets->len && end - chunk->first < CHUNK_COUNT &&
         offset_of (self, end + 1) - begin <= CHUNK_BYTES)
    end++;
  chunk->count = end - chunk->first;
  chunk->sequence = nsd_nl_socket_use_sequence (socket, chunk->count);
  for (guint i = 0; i < chunk->count; i++) {
    struct nlmsghdr *nlh = nsd_nl_batch_nth (self, chunk->first + i);

    nlh->nlmsg_seq = chunk->sequence + i;
    nlh->nlmsg_flags |= NLM_F_REQUEST;
    nlh->nlmsg_flags &= (guint16)~NLM_F_ACK;
  }
  nsd_nl_batch_nth (self, end - 1)->nlmsg_flags |= NLM_F_ACK;
}

/* The acknowledgement or the failure of the last message is the last thing that is said. */
static void
take_answer (Chunk *chunk, const struct nlmsghdr *nlh)
{
  guint index = nlh->nlmsg_seq - chunk->sequence;
  const struct nlmsgerr *result = nlmsg_data (nlh);
  g_auto (NsdNlFailure) failure = { 0 };

  /* Left-overs of an earlier request. */
  if (index >= chunk->count)
    return;
  if (nlh->nlmsg_type != NLMSG_ERROR) {
    if (chunk->hooks->answered != NULL)
      chunk->hooks->answered (chunk->first + index, nlh, chunk->hooks->data);
    return;
  }
  if (nlmsg_datalen (nlh) < (int)sizeof result->error)
    return;
  if (result->error != 0) {
    nsd_nl_failure_parse (&failure, nlh);
    chunk->hooks->failed (chunk->first + index, &failure, chunk->hooks->data);
  }
  chunk->done |= index == chunk->count - 1;
}

static gboolean
receive (Chunk *chunk, int fd)
{
  guint8 buffer[ANSWER_SIZE] __attribute__ ((aligned (8)));
  struct sockaddr_nl from = { 0 };
  socklen_t from_length = sizeof from;
  ssize_t length;

  do
    length = recvfrom (fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_length);
  while (length < 0 && errno == EINTR);
  if (length < 0)
    return FALSE;
  /* Only the kernel has port 0; whoever else writes to us is not heard. */
  if (from_length == sizeof from && from.nl_pid == 0) {
    const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
    int rest = (int)length;

    for (; nlmsg_ok (nlh, rest); nlh = nlmsg_next ((struct nlmsghdr *)nlh, &rest))
      take_answer (chunk, nlh);
  }
  return TRUE;
}

gboolean
nsd_nl_batch_send_some (NsdNlBatch *self, NsdNlSocket *socket, guint *next,
                        const NsdNlBatchHooks *hooks, GError **error)
{
  Chunk chunk = { .first = *next, .hooks = hooks };
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  int fd = nsd_nl_socket_fd (socket);
  gboolean ok;

  prepare (self, socket, &chunk);
  ok = sendto (fd, nsd_nl_batch_nth (self, chunk.first),
               offset_of (self, chunk.first + chunk.count) - offset_of (self, chunk.first), 0,
               (struct sockaddr *)&kernel, sizeof kernel) >= 0;
  if (ok)
    *next += chunk.count;
  while (ok && !chunk.done)
    ok = receive (&chunk, fd);
  if (!ok) {
    nsd_error_set_errno (error, errno, NULL);
    nsd_nl_socket_start_afresh (socket);
  }
  return ok;
}
