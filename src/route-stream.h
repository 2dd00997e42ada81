/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of `ip route save`: a magic number, then routes as the kernel dumps them.
 *
 * Pure functions: neither a bus nor a kernel, any thread. */
#pragma once

#include <glib.h>
#include <netlink/msg.h>

/* route_dump_magic in iproute2's ip/iproute.c; in the byte order of the machine. */
#define NSD_ROUTE_STREAM_MAGIC 0x45311224u

/* The messages (struct nlmsghdr, within @data, which is aligned to 4 bytes) in their order; NULL
 * with InvalidArgs, which says where, for anything that is not a stream of whole routes. */
GPtrArray *nsd_route_stream_parse (gconstpointer data, gsize length, GError **error);

/* In which of three turns a route is restored: 0 for local addresses, 1 for the networks of links,
 * 2 for what is behind a gateway. */
#define NSD_ROUTE_STREAM_TURNS 3
guint nsd_route_stream_turn (const struct nlmsghdr *nlh);

/* "10.0.0.0/24"; new memory. */
char *nsd_route_stream_destination (const struct nlmsghdr *nlh);

/* Takes from a route what it says of how it fares, and of the next hop object that it uses (if it
 * uses one): neither is to be said to the kernel. */
void nsd_route_stream_strip (struct nlmsghdr *nlh);
