/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps of millions of entries: the messages are looked at where they were received, one by one,
 * and whoever has seen enough can stop. */
#pragma once

#include "nl-socket.h"

/* Gets each message of a dump; @nlh lives during the call.  FALSE: enough. */
typedef gboolean (*NsdNlDumpFunc) (const struct nlmsghdr *nlh, gpointer data);

/* Sends the dump request @request, whose flags and sequence number are set here, and gives each
 * message of the answer to @func.  *@ret_interrupted: the tables changed meanwhile, and the dump
 * may mix old and new.  FALSE fills @ret_failure. */
gboolean nsd_nl_dump (NsdNlSocket *socket, struct nlmsghdr *request, NsdNlDumpFunc func,
                      gpointer data, gboolean *ret_interrupted, NsdNlFailure *ret_failure);
