/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-receive.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The largest part that the kernel makes of a dump is 32 KiB (netlink_dump in af_netlink.c); a
 * single link can be larger, as each of its lists may have nearly 64 KiB.  Only the pages that a
 * message reaches are ever touched. */
#define RECEIVE_SIZE (256 * 1024)

static int
error_code (int errnum)
{
  switch (errnum) {
  case EAGAIN:
    return -NLE_AGAIN;
  case EINTR:
    return -NLE_INTR;
  case ENOBUFS:
    return -NLE_NOMEM;
  default:
    return -nl_syserr2nlerr (errnum);
  }
}

/* The contract of nl_recv(): *@ret_buffer is for free(3). */
static int
receive (struct nl_sock *sock, struct sockaddr_nl *ret_address, unsigned char **ret_buffer,
         struct ucred **ret_credentials)
{
  unsigned char buffer[RECEIVE_SIZE] __attribute__ ((aligned (8)));
  struct iovec part = { buffer, sizeof buffer };
  struct msghdr header = {
    .msg_name = ret_address,
    .msg_namelen = sizeof *ret_address,
    .msg_iov = &part,
    .msg_iovlen = 1,
  };
  ssize_t length = recvmsg (nl_socket_get_fd (sock), &header, 0);

  if (length < 0)
    return error_code (errno);
  if (header.msg_flags & MSG_TRUNC)
    return -NLE_MSG_TRUNC;
  if (header.msg_namelen != sizeof *ret_address)
    return -NLE_NOADDR;
  if (length == 0)
    return 0;
  *ret_buffer = malloc ((size_t)length);
  if (*ret_buffer == NULL)
    return -NLE_NOMEM;
  memcpy (*ret_buffer, buffer, (size_t)length);
  return (int)length;
}

void
nsd_nl_receive_install (struct nl_cb *cb)
{
  nl_cb_overwrite_recv (cb, receive);
}
