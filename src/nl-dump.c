/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-dump.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel makes its parts as large as the last buffer was that it was asked to fill, up to 32
 * KiB (netlink_recvmsg() and netlink_dump() in net/netlink/af_netlink.c). */
#define PART_SIZE (64 * 1024)

typedef enum {
  MORE,
  DONE,
  STOPPED,
  FAILED,
} Outcome;

typedef struct {
  guint32 sequence;
  gboolean interrupted;
  NsdNlDumpFunc func;
  gpointer data;
  NsdNlFailure *failure;
} Dump;

/* A dump that fails half-way says so in the payload of NLMSG_DONE. */
static Outcome
take_end (Dump *dump, const struct nlmsghdr *nlh)
{
  int result = 0;

  if (nlh->nlmsg_len >= NLMSG_LENGTH (sizeof result))
    memcpy (&result, NLMSG_DATA (nlh), sizeof result);
  if (result >= 0)
    return DONE;
  dump->failure->errnum = -result;
  return FAILED;
}

static Outcome
take_message (Dump *dump, const struct nlmsghdr *nlh)
{
  if (nlh->nlmsg_seq != dump->sequence)
    return MORE;
  if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
    dump->interrupted = TRUE;
  if (nlh->nlmsg_type == NLMSG_DONE)
    return take_end (dump, nlh);
  if (nlh->nlmsg_type == NLMSG_ERROR && nlh->nlmsg_len >= NLMSG_LENGTH (sizeof (int))) {
    nsd_nl_failure_parse (dump->failure, nlh);
    return FAILED;
  }
  return dump->func (nlh, dump->data) ? MORE : STOPPED;
}

static Outcome
receive (Dump *dump, int fd)
{
  guint8 buffer[PART_SIZE] __attribute__ ((aligned (8)));
  struct sockaddr_nl from = { 0 };
  socklen_t from_length = sizeof from;
  ssize_t length =
      recvfrom (fd, buffer, sizeof buffer, MSG_TRUNC, (struct sockaddr *)&from, &from_length);
  const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
  Outcome outcome = MORE;

  if (length < 0 && errno == EINTR)
    return MORE;
  if (length < 0 || length > (ssize_t)sizeof buffer) {
    dump->failure->errnum = length < 0 ? errno : EMSGSIZE;
    return FAILED;
  }
  /* Only the kernel has port 0; whoever else writes to us is not heard. */
  if (from.nl_pid != 0)
    return MORE;
  for (gsize rest = (gsize)length; outcome == MORE && NLMSG_OK (nlh, rest);
       nlh = NLMSG_NEXT (nlh, rest))
    outcome = take_message (dump, nlh);
  return outcome;
}

gboolean
nsd_nl_dump (NsdNlSocket *socket, struct nlmsghdr *request, NsdNlDumpFunc func, gpointer data,
             gboolean *ret_interrupted, NsdNlFailure *ret_failure)
{
  Dump dump = { nsd_nl_socket_use_sequence (socket, 1), FALSE, func, data, ret_failure };
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  int fd = nsd_nl_socket_fd (socket);
  Outcome outcome = MORE;

  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = dump.sequence;
  if (sendto (fd, request, request->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
    ret_failure->errnum = errno;
    return FALSE;
  }
  while (outcome == MORE)
    outcome = receive (&dump, fd);
  /* The rest of it must not be taken for the answer to something else. */
  if (outcome != DONE)
    nsd_nl_socket_start_afresh (socket);
  *ret_interrupted = dump.interrupted;
  return outcome != FAILED;
}
