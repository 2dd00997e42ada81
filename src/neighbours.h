/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The neighbours of a namespace, and who is told what changes in them.  They are no objects and
 * nothing is kept of them; the kernel's events are listened to only while somebody asked.  Worker
 * thread. */
#pragma once

#include "description.h"
#include "net.h"

/* struct ndmsg, with the family AF_INET or AF_INET6. */
extern const NsdAttrTable nsd_neighbour_table;
/* Of that, what tells two entries apart. */
extern const NsdAttrTable nsd_neighbour_key_table;

/* The bytes of a hardware address as `MacAddress` has it, at most 32; their number, 0 if @text is
 * none. */
gsize nsd_neighbour_mac_parse (const char *text, guint8 bytes[32]);

/* A view of @nlh; FALSE for what is not a neighbour of IPv4 or IPv6. */
gboolean nsd_neighbour_view (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrView *ret_view);

/* The messages (struct nlmsghdr) of those that match, up to @most; @proxies: with proxy entries,
 * unless the match says so itself.  The message of @match may have NDA_MASTER in addition.  NULL
 * after an error. */
GPtrArray *nsd_neighbours_find (NsdNet *net, const NsdDescription *match, gboolean proxies,
                                guint most, GError **error);

/* Whether there is an entry with the link, the address and the sort of that in @view; a proxy entry
 * for all links is one for each. */
gboolean nsd_neighbours_have (NsdNet *net, const NsdAttrView *view);
/* Removes that entry, without draining. */
gboolean nsd_neighbours_remove (NsdNet *net, const NsdAttrView *view, GError **error);

/* The connection @name, of the user @uid, is told from now on, once however often it asks.
 * LimitsExceeded if too many of that user are. */
gboolean nsd_neighbours_subscribe (NsdNet *net, const char *name, guint32 uid, GError **error);
/* It is told no more; does nothing if it was not. */
void nsd_neighbours_unsubscribe (NsdNet *net, const char *name);

/* RTM_NEWNEIGH or RTM_DELNEIGH. */
void nsd_neighbours_event (NsdNet *net, const struct nlmsghdr *nlh);
/* Events were lost, or are too many to tell of each. */
void nsd_neighbours_doubt (NsdNet *net);
/* Tells the subscribers of all events so far. */
void nsd_neighbours_flush (NsdNet *net);
