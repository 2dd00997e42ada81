/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "error.h"
#include "nl-receive.h"
#include "text.h"

/* What the answers to many messages at once take (nl-batch.c), and the echo of a large one with its
 * acknowledgement: libnl asks for 32 KiB.  A limit, not an allocation: the kernel charges what is
 * queued. */
#define RECEIVE_BUFFER (512 * 1024)

/* Of a dump: netlink_recvmsg() in net/netlink/af_netlink.c. */
#define LARGEST_PART (32 * 1024)

struct _NsdNlSocket {
  struct nl_sock *sock;
  struct nl_cb *cb;

  /* the request under way */
  guint32 seq;
  gboolean done;
  gboolean interrupted;
  NsdNlFunc func;
  gpointer data;
  NsdNlFailure *failure;
};

void
nsd_nl_failure_clear (NsdNlFailure *failure)
{
  g_clear_pointer (&failure->text, g_free);
}

/* Only the kernel has port 0; whoever else writes to us is not heard.  Left-overs of an earlier
 * request carry another sequence number. */
static gboolean
is_for_us (NsdNlSocket *self, struct nl_msg *msg)
{
  return nlmsg_get_src (msg)->nl_pid == 0 && nlmsg_hdr (msg)->nlmsg_seq == self->seq;
}

static int
on_sequence (struct nl_msg *msg, void *data)
{
  return is_for_us (data, msg) ? NL_OK : NL_SKIP;
}

static int
on_message (struct nl_msg *msg, void *data)
{
  NsdNlSocket *self = data;

  if (self->func != NULL)
    self->func (nlmsg_hdr (msg), self->data);
  return NL_OK;
}

static int
on_interrupted (struct nl_msg *msg, void *data)
{
  ((NsdNlSocket *)data)->interrupted = TRUE;
  return NL_OK;
}

static int
on_finish (struct nl_msg *msg, void *data)
{
  NsdNlSocket *self = data;
  const struct nlmsghdr *nlh = nlmsg_hdr (msg);

  /* A dump that fails half-way says so in the payload of NLMSG_DONE, which libnl 3.7 ignores. */
  if (nlmsg_datalen (nlh) >= (int)sizeof (int)) {
    int result;

    memcpy (&result, nlmsg_data (nlh), sizeof result);
    if (result < 0)
      self->failure->errnum = -result;
  }
  self->done = TRUE;
  return NL_STOP;
}

static int
on_ack (struct nl_msg *msg, void *data)
{
  ((NsdNlSocket *)data)->done = TRUE;
  return NL_STOP;
}

void
nsd_nl_failure_parse (NsdNlFailure *failure, const struct nlmsghdr *nlh)
{
  int offset = sizeof (struct nlmsgerr);
  const struct nlattr *nla;
  int rest;

  failure->errnum = -((const struct nlmsgerr *)nlmsg_data (nlh))->error;
  /* NETLINK_CAP_ACK is set, so the attributes follow the header of our request at once. */
  if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || nlmsg_datalen (nlh) <= offset)
    return;
  nla = (const struct nlattr *)((const char *)nlmsg_data (nlh) + NLMSG_ALIGN (offset));
  rest = nlmsg_datalen (nlh) - NLMSG_ALIGN (offset);
  for (; nla_ok (nla, rest); nla = nla_next (nla, &rest)) {
    switch (nla_type (nla)) {
    case NLMSGERR_ATTR_MSG:
      g_free (failure->text);
      failure->text = nsd_text_from_bytes (nla_data (nla), (gsize)nla_len (nla));
      g_strchomp (failure->text);
      break;
    case NLMSGERR_ATTR_OFFS:
      failure->has_offset = nla_len (nla) >= 4;
      failure->offset = failure->has_offset ? nla_get_u32 (nla) : 0;
      break;
    default:
      break;
    }
  }
}

static int
on_error (struct sockaddr_nl *nla, struct nlmsgerr *nlerr, void *data)
{
  NsdNlSocket *self = data;
  const struct nlmsghdr *nlh = (const struct nlmsghdr *)((const char *)nlerr - nlmsg_size (0));

  if (nla->nl_pid != 0 || nlh->nlmsg_seq != self->seq)
    return NL_SKIP;
  nsd_nl_failure_parse (self->failure, nlh);
  self->done = TRUE;
  return NL_STOP;
}

static gboolean
set_option (NsdNlSocket *self, int option)
{
  int one = 1;

  return setsockopt (nl_socket_get_fd (self->sock), SOL_NETLINK, option, &one, sizeof one) == 0;
}

/* A kernel that does not answer a request at once does not answer it: an error, not a hang. */
static gboolean
set_timeout (NsdNlSocket *self)
{
  struct timeval limit = { .tv_sec = 10 };

  return setsockopt (nl_socket_get_fd (self->sock), SOL_SOCKET, SO_RCVTIMEO, &limit,
                     sizeof limit) == 0;
}

/* Above net.core.rmem_max only by force, which needs CAP_NET_ADMIN over the whole system. */
static gboolean
enlarge_buffer (NsdNlSocket *self)
{
  int fd = nl_socket_get_fd (self->sock);
  int size = RECEIVE_BUFFER;

  return setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0 ||
         setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0;
}

/* The kernel makes the first part of a dump as large as the largest buffer that was ever filled,
 * and else less than a page: what does not fit into that ends the dump, of IPv4 routes without a
 * word (netlink_recvmsg() and netlink_dump() in net/netlink/af_netlink.c). */
static gboolean
show_buffer (NsdNlSocket *self)
{
  struct nlmsghdr nothing = { .nlmsg_len = NLMSG_LENGTH (0),
                              .nlmsg_type = NLMSG_NOOP,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                              .nlmsg_seq = nl_socket_use_seq (self->sock) };
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  /* Nobody looks at it, and on the stack of each worker it would stay in memory. */
  static guint8 buffer[LARGEST_PART];
  int fd = nl_socket_get_fd (self->sock);

  return sendto (fd, &nothing, sizeof nothing, 0, (struct sockaddr *)&kernel, sizeof kernel) >= 0 &&
         recv (fd, buffer, sizeof buffer, 0) >= 0;
}

static gboolean
open_socket (NsdNlSocket *self, GError **error)
{
  int result = nl_connect (self->sock, NETLINK_ROUTE);

  if (result < 0) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "Cannot open a netlink socket: %s",
                 nl_geterror (result));
    return FALSE;
  }
  if (set_option (self, NETLINK_EXT_ACK) && set_option (self, NETLINK_CAP_ACK) &&
      set_option (self, NETLINK_GET_STRICT_CHK) && set_timeout (self) && enlarge_buffer (self) &&
      show_buffer (self))
    return TRUE;
  nsd_error_set_errno (error, errno, NULL);
  g_prefix_error (error, "Cannot set up a netlink socket: ");
  return FALSE;
}

NsdNlSocket *
nsd_nl_socket_new (GError **error)
{
  g_autoptr (NsdNlSocket) self = g_new0 (NsdNlSocket, 1);

  self->sock = nl_socket_alloc ();
  self->cb = nl_cb_alloc (NL_CB_DEFAULT);
  if (self->sock == NULL || self->cb == NULL) {
    nsd_error_set_errno (error, ENOMEM, NULL);
    return NULL;
  }
  if (!open_socket (self, error))
    return NULL;
  nsd_nl_receive_install (self->cb);
  nl_cb_set (self->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, self);
  nl_cb_set (self->cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, self);
  nl_cb_set (self->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, self);
  nl_cb_set (self->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, self);
  nl_cb_set (self->cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, self);
  nl_cb_err (self->cb, NL_CB_CUSTOM, on_error, self);
  return g_steal_pointer (&self);
}

void
nsd_nl_socket_free (NsdNlSocket *self)
{
  g_clear_pointer (&self->cb, nl_cb_put);
  g_clear_pointer (&self->sock, nl_socket_free);
  g_free (self);
}

int
nsd_nl_socket_fd (NsdNlSocket *self)
{
  return nl_socket_get_fd (self->sock);
}

guint32
nsd_nl_socket_use_sequence (NsdNlSocket *self, guint count)
{
  guint32 first = nl_socket_use_seq (self->sock);

  while (--count > 0)
    nl_socket_use_seq (self->sock);
  return first;
}

void
nsd_nl_socket_start_afresh (NsdNlSocket *self)
{
  g_autoptr (GError) error = NULL;

  nl_close (self->sock);
  if (!open_socket (self, &error))
    g_warning ("%s", error->message);
}

static gboolean
transact (NsdNlSocket *self, struct nl_msg *msg, NsdNlFunc func, gpointer data,
          NsdNlFailure *failure)
{
  int result;

  /* One request at a time: what receives an answer must not ask on the same socket. */
  g_assert (self->failure == NULL);
  result = nl_send_auto (self->sock, msg);
  self->seq = nlmsg_hdr (msg)->nlmsg_seq;
  self->func = func;
  self->data = data;
  self->failure = failure;
  self->done = FALSE;
  self->interrupted = FALSE;
  while (result >= 0 && !self->done)
    result = nl_recvmsgs (self->sock, self->cb);
  if (!self->done && failure->errnum == 0) {
    /* libnl folds errno into its own codes; only the text is left. */
    failure->errnum = EIO;
    failure->text = g_strdup_printf ("Netlink: %s", nl_geterror (result));
  }
  if (!self->done)
    nsd_nl_socket_start_afresh (self);
  self->failure = NULL;
  return failure->errnum == 0;
}

gboolean
nsd_nl_socket_request (NsdNlSocket *self, struct nl_msg *msg, NsdNlFunc func, gpointer data,
                       NsdNlFailure *ret_failure)
{
  return transact (self, msg, func, data, ret_failure);
}

gboolean
nsd_nl_socket_dump (NsdNlSocket *self, struct nl_msg *msg, NsdNlFunc func, gpointer data,
                    gboolean *ret_interrupted, GError **error)
{
  g_auto (NsdNlFailure) failure = { 0 };

  nlmsg_hdr (msg)->nlmsg_flags |= NLM_F_DUMP;
  if (!transact (self, msg, func, data, &failure)) {
    nsd_error_set_errno (error, failure.errnum, failure.text);
    return FALSE;
  }
  *ret_interrupted = self->interrupted;
  return TRUE;
}
