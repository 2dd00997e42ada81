/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting exactly the routes that are meant.
 *
 * A request to delete cannot say all that a route has, and the kernel takes the first of its list
 * that has what is said.  So the kernel is asked for the lists that the routes are in, and what it
 * would do is worked out, for all routes of a list in its order.  For the thread that has the
 * socket. */
#pragma once

#include "attr.h"
#include "nl-batch.h"

typedef struct _NsdRoutePlan NsdRoutePlan;

NsdRoutePlan *nsd_route_plan_new (const NsdAttrContext *context);
void nsd_route_plan_free (NsdRoutePlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdRoutePlan, nsd_route_plan_free)

/* The route @nlh, of the kernel or a request that added it, is to be deleted.  The last one of the
 * kernel's list comes first; it lives as long as the plan.  @alone: all that it could be taken for
 * is to be deleted too, so the kernel need not be asked. */
void nsd_route_plan_add (NsdRoutePlan *plan, const struct nlmsghdr *nlh, gboolean alone);

/* Tells the plan of a route of the kernel, to know with nsd_route_plan_is_plain() whether there is
 * anything that the one route of the plan could be taken for. */
void nsd_route_plan_see (NsdRoutePlan *plan, const struct nlmsghdr *nlh);
gboolean nsd_route_plan_is_plain (NsdRoutePlan *plan);

/* Asks the kernel, if that is necessary.  FALSE with an error: then none but those that are alone
 * can be deleted. */
gboolean nsd_route_plan_look (NsdRoutePlan *plan, NsdNlSocket *socket, GError **error);

/* Appends to @requests what deletes the routes, in the order in which it is to be sent. */
void nsd_route_plan_make (NsdRoutePlan *plan, NsdNlBatch *requests);

/* After the requests were sent: TRUE if there are routes that the kernel may not have shown, which
 * it may now do, for the plan is of these then.  Without @progress, if no request was sent, they
 * cannot be deleted. */
gboolean nsd_route_plan_again (NsdRoutePlan *plan, gboolean progress);

/* After all that: how many routes cannot be deleted without another, and which, as text:
 * «10.0.0.0/24, 10.0.1.0/24 and 7 more»; NULL for none. */
guint nsd_route_plan_count_kept (const NsdRoutePlan *plan);
char *nsd_route_plan_name_kept (const NsdRoutePlan *plan);
