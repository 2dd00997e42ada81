/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-undo.h"

#include <linux/netlink.h>

#include "route-plan.h"

/* With NLM_F_EXCL, which the kernel also puts into echoes of IPv4, a route was the only one of its
 * destination and metric when it was made (fib_table_insert() in net/ipv4/fib_trie.c,
 * fib6_add_rt2node() in net/ipv6/ip6_fib.c). */
static void
on_done (const struct nlmsghdr *nlh, gpointer plan)
{
  nsd_route_plan_add (plan, nlh, (nlh->nlmsg_flags & NLM_F_EXCL) != 0);
}

void
nsd_route_take_back (NsdBulk *bulk, NsdNlSocket *socket, const NsdAttrContext *context,
                     GError **error)
{
  g_autoptr (NsdRoutePlan) plan = nsd_route_plan_new (context);
  g_autofree char *names = NULL;
  gboolean progress;
  guint left = nsd_bulk_foreach_done (bulk, on_done, plan);

  do {
    g_autoptr (NsdNlBatch) requests = nsd_nl_batch_new ();

    nsd_route_plan_look (plan, socket, NULL);
    nsd_route_plan_make (plan, requests);
    left += nsd_bulk_send_undo (bulk, socket, requests);
    progress = nsd_nl_batch_count (requests) > 0;
  } while (nsd_route_plan_again (plan, progress));
  names = nsd_route_plan_name_kept (plan);
  nsd_bulk_tell_left (left + nsd_route_plan_count_kept (plan), names, error);
}
