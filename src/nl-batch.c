/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-batch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"

/* So many that the system calls do not matter, and so few that the events of them are taken in
 * often. */
#define CHUNK_COUNT 128

/* What an answer takes of the receive buffer at most, as the kernel counts it: a failure with a
 * text (netlink_ack() in net/netlink/af_netlink.c) some 1300 bytes; an echo twice its length
 * (netlink_trim()), and more is said in it than in the request. */
#define FAILURE_COST 2048
#define ECHO_COST    2048
#define ECHO_FACTOR  4

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
  guint heard;      /* the outcome of so many is known */
  gboolean done;
  gboolean overrun;
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

static gsize
buffer_size (NsdNlSocket *socket, int option)
{
  int size = 0;
  socklen_t length = sizeof size;

  return getsockopt (nsd_nl_socket_fd (socket), SOL_SOCKET, option, &size, &length) == 0
             ? (gsize)size
             : 0;
}

static gsize
cost_of_answers (const struct nlmsghdr *nlh)
{
  return FAILURE_COST +
         (nlh->nlmsg_flags & NLM_F_ECHO ? ECHO_COST + ECHO_FACTOR * (gsize)nlh->nlmsg_len : 0);
}

/* How many messages from @first on go into one chunk, at least one: so many that their answers fit
 * into the one buffer, and they themselves into the other, which holds some bytes less than its
 * size (netlink_sendmsg() in net/netlink/af_netlink.c). */
static guint
count_chunk (NsdNlBatch *self, NsdNlSocket *socket, guint first)
{
  gsize most_answers = buffer_size (socket, SO_RCVBUF);
  gsize most_bytes = buffer_size (socket, SO_SNDBUF) / 2;
  gsize answers = 0;
  guint end = first;

  for (; end < self->offsets->len && end - first < CHUNK_COUNT; end++) {
    answers += cost_of_answers (nsd_nl_batch_nth (self, end));
    if (end > first && (answers > most_answers ||
                        offset_of (self, end + 1) - offset_of (self, first) > most_bytes))
      break;
  }
  return end - first;
}

static void
prepare (NsdNlBatch *self, NsdNlSocket *socket, Chunk *chunk)
{
  chunk->count = count_chunk (self, socket, chunk->first);
  chunk->sequence = nsd_nl_socket_use_sequence (socket, chunk->count);
  for (guint i = 0; i < chunk->count; i++) {
    struct nlmsghdr *nlh = nsd_nl_batch_nth (self, chunk->first + i);

    nlh->nlmsg_seq = chunk->sequence + i;
    nlh->nlmsg_flags |= NLM_F_REQUEST;
    nlh->nlmsg_flags &= (guint16)~NLM_F_ACK;
  }
  nsd_nl_batch_nth (self, chunk->first + chunk->count - 1)->nlmsg_flags |= NLM_F_ACK;
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
  /* They are answered in turn: of those before it, no more comes. */
  chunk->heard = MAX (chunk->heard, index + 1);
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

/* Of an overrun the kernel says so first; what it had said before is still there, and it says no
 * more until all of that is read (netlink_attachskb() and netlink_rcv_wake() in
 * net/netlink/af_netlink.c).  FALSE with errno if there is nothing more to hear. */
static gboolean
receive (Chunk *chunk, int fd)
{
  guint8 buffer[ANSWER_SIZE] __attribute__ ((aligned (8)));
  struct sockaddr_nl from = { 0 };
  socklen_t from_length = sizeof from;
  ssize_t length;

  do
    length = recvfrom (fd, buffer, sizeof buffer, chunk->overrun ? MSG_DONTWAIT : 0,
                       (struct sockaddr *)&from, &from_length);
  while (length < 0 && errno == EINTR);
  if (length < 0) {
    chunk->overrun |= errno == ENOBUFS;
    return errno == ENOBUFS;
  }
  /* Only the kernel has port 0; whoever else writes to us is not heard. */
  if (from_length == sizeof from && from.nl_pid == 0) {
    const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
    int rest = (int)length;

    for (; nlmsg_ok (nlh, rest); nlh = nlmsg_next ((struct nlmsghdr *)nlh, &rest))
      take_answer (chunk, nlh);
  }
  return TRUE;
}

/* Whether the outcome of each message of @chunk is known; errno says why not. */
static gboolean
hear (Chunk *chunk, NsdNlSocket *socket)
{
  gboolean ok = TRUE;

  while (ok && !chunk->done)
    ok = receive (chunk, nsd_nl_socket_fd (socket));
  if (ok || (chunk->overrun && chunk->heard == chunk->count))
    return TRUE;
  /* After an overrun all was read that there is. */
  if (!chunk->overrun) {
    int errnum = errno;

    nsd_nl_socket_start_afresh (socket);
    errno = errnum;
  } else {
    errno = ENOBUFS;
  }
  return FALSE;
}

gboolean
nsd_nl_batch_send_some (NsdNlBatch *self, NsdNlSocket *socket, guint *next,
                        const NsdNlBatchHooks *hooks, GError **error)
{
  Chunk chunk = { .first = *next, .hooks = hooks };
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

  prepare (self, socket, &chunk);
  if (sendto (nsd_nl_socket_fd (socket), nsd_nl_batch_nth (self, chunk.first),
              offset_of (self, chunk.first + chunk.count) - offset_of (self, chunk.first), 0,
              (struct sockaddr *)&kernel, sizeof kernel) < 0) {
    nsd_error_set_errno (error, errno, NULL);
    return FALSE;
  }
  *next += chunk.count;
  if (hear (&chunk, socket))
    return TRUE;
  nsd_error_set_errno (error, errno, "The kernel's answers were lost");
  for (guint i = chunk.heard; i < chunk.count; i++)
    hooks->lost (chunk.first + i, hooks->data);
  return FALSE;
}
