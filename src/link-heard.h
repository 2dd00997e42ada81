/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the last event about each link said, beside what was read of the link since: a reading may
 * be ahead of the events, and then differs from the next one in nothing.  What depends on a link
 * and changes without an event of its own follows the events. */
#pragma once

#include <linux/rtnetlink.h>

#include "net.h"

/* For NsdNet.links_heard. */
GHashTable *nsd_link_heard_new (void);

/* The flags of link @ifindex changed: routes and addresses on it may have, in silence. */
void nsd_link_state_changed (NsdNet *net, int ifindex, guint before, guint after);

/* An RTM_NEWLINK, or any event of a bridge about a port, and an RTM_DELLINK. */
void nsd_link_heard (NsdNet *net, const struct nlmsghdr *nlh);
void nsd_link_heard_removed (NsdNet *net, int ifindex);
