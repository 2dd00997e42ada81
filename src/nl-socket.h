/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rtnetlink socket for requests.
 *
 * The socket belongs to the namespace of the thread that makes it, and only that thread uses it.
 * The kernel handles a request inside sendmsg(2), so waiting for its answer is not waiting for
 * anybody else: everything here is synchronous. */
#pragma once

#include <glib.h>
#include <netlink/msg.h>

typedef struct _NsdNlSocket NsdNlSocket;

/* Why the kernel refused: its extended acknowledgement (Documentation/userspace-api/netlink). */
typedef struct {
  int errnum; /* positive; 0 while there was no failure */
  char *text; /* the kernel's words, as valid UTF-8, or NULL */
  gboolean has_offset;
  guint32 offset; /* of the offending attribute, from the start of the request */
} NsdNlFailure;

void nsd_nl_failure_clear (NsdNlFailure *failure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NsdNlFailure, nsd_nl_failure_clear)
/* Fills @failure from the NLMSG_ERROR @nlh. */
void nsd_nl_failure_parse (NsdNlFailure *failure, const struct nlmsghdr *nlh);

/* Receives each message of an answer; @nlh lives during the call. */
typedef void (*NsdNlFunc) (struct nlmsghdr *nlh, gpointer data);

NsdNlSocket *nsd_nl_socket_new (GError **error);
void nsd_nl_socket_free (NsdNlSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdNlSocket, nsd_nl_socket_free)

/* Sends @msg and waits for its acknowledgement; @func (may be NULL) gets what the kernel answers
 * with. FALSE fills @ret_failure. */
gboolean nsd_nl_socket_request (NsdNlSocket *socket, struct nl_msg *msg, NsdNlFunc func,
                                gpointer data, NsdNlFailure *ret_failure);

/* Sends the dump request @msg and gives each part to @func.  A dump during which the tables changed
 * is complete but may mix old and new: *@ret_interrupted.  Dumps once; the caller decides about
 * more. */
gboolean nsd_nl_socket_dump (NsdNlSocket *socket, struct nl_msg *msg, NsdNlFunc func, gpointer data,
                             gboolean *ret_interrupted, GError **error);

/* ---- for nl-*.c, which send in other ways ---- */

int nsd_nl_socket_fd (NsdNlSocket *socket);
/* The first of @count sequence numbers that nobody else uses. */
guint32 nsd_nl_socket_use_sequence (NsdNlSocket *socket, guint count);
/* What is still to come of an exchange that failed half-way must not be taken for the next one. */
void nsd_nl_socket_start_afresh (NsdNlSocket *socket);
