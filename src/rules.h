/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a namespace, and what changes in them.  They are no objects and nothing is kept of
 * them: the kernel is asked when somebody asks.  Worker thread. */
#pragma once

#include "net.h"

/* Of FRA_*, which the headers of Debian 12 (Linux 6.1) have not got; Linux 6.14. */
#define NSD_FRA_FLOWLABEL_MASK 27
#define NSD_LAST_FLOWLABEL     0xfffff

/* struct fib_rule_hdr. */
extern const NsdAttrTable nsd_rule_table;

/* A view of @nlh; FALSE for what is not a rule of IPv4 or IPv6. */
gboolean nsd_rule_view (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrView *ret_view);
gboolean nsd_rule_is_same (const struct nlmsghdr *a, const struct nlmsghdr *b);

/* The messages of all rules (struct nlmsghdr), in the order in which the kernel goes through them;
 * NULL after an error. */
GPtrArray *nsd_rules_dump (NsdNet *net, GError **error);
/* Removes @rule, which is one of @rules, and no other; without draining. */
gboolean nsd_rules_remove (NsdNet *net, const GPtrArray *rules, const struct nlmsghdr *rule,
                           GError **error);

void nsd_rules_init (NsdNet *net);
/* RTM_NEWRULE or RTM_DELRULE. */
void nsd_rules_event (NsdNet *net, const struct nlmsghdr *nlh);
/* Events were lost: says so, by a signal of its own. */
void nsd_rules_doubt (NsdNet *net);
/* Tells of all events so far in one signal. */
void nsd_rules_flush (NsdNet *net);
