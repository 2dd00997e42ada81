/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-delete.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "error.h"
#include "route-plan.h"
#include "routes.h"

/* For what is said more in a request than in the message that it is made of. */
#define ROOM 512

/* ---- IPv4 ---- */

/* Each metric as the kernel has it, and 0 for those that there are none of: none at all means any
 * to fib_metrics_match() in net/ipv4/fib_semantics.c. */
static gboolean
put_each_metric (NsdAttrBuilder *builder, const NsdRouteWay *route, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, RTA_METRICS, error);
  NsdAttrView view = { 0 }, metrics;

  if (nest == NULL)
    return FALSE;
  nsd_attr_view_init_nested (&metrics, &view, route->metrics);
  for (guint id = 1; id <= RTAX_MAX; id++) {
    const struct nlattr *nla = metrics.tb[id];
    guint32 value = nsd_route_metric_kept (id, nsd_attr_view_get_u32 (&metrics, id, 0));

    if (id != RTAX_CC_ALGO ? !nsd_attr_builder_add_u32 (builder, (int)id, value, error)
                           : nla != NULL && !nsd_attr_builder_add (builder, (int)id, nla_data (nla),
                                                                   (gsize)nla_len (nla), error))
      return FALSE;
  }
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static gboolean
build4 (const NsdRouteWay *route, NsdAttrBuilder *builder, GError **error)
{
  static const guint16 ids[] = { RTA_DST,        RTA_SRC,     RTA_OIF,   RTA_GATEWAY,   RTA_VIA,
                                 RTA_PRIORITY,   RTA_PREFSRC, RTA_TABLE, RTA_MULTIPATH, RTA_NH_ID,
                                 RTA_ENCAP_TYPE, RTA_ENCAP,   RTA_FLOW };
  NsdAttrView view;

  nsd_attr_view_init_message (&view, builder->context, route->nlh, sizeof *route->rtm);
  if (!put_each_metric (builder, route, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++) {
    const struct nlattr *nla = view.tb[ids[i]];

    /* A route that uses a next hop object shows what that holds, but is found by its id. */
    if (nla == NULL ||
        (view.tb[RTA_NH_ID] != NULL && (ids[i] == RTA_OIF || ids[i] == RTA_GATEWAY ||
                                        ids[i] == RTA_VIA || ids[i] == RTA_MULTIPATH)))
      continue;
    if (!nsd_attr_builder_add (builder, ids[i], nla_data (nla), (gsize)nla_len (nla), error))
      return FALSE;
  }
  return TRUE;
}

/* ---- IPv6 ---- */

static gboolean
put_gateway6 (NsdAttrBuilder *builder, const NsdRouteWay *way, GError **error)
{
  static const guint8 none[16];
  const struct nlattr *nla = way->hop.gateway;

  return nsd_attr_builder_add (builder, RTA_GATEWAY, nla != NULL ? nla_data (nla) : none,
                               nla != NULL ? (gsize)nla_len (nla) : sizeof none, error);
}

static gboolean
put_hop6 (NsdAttrBuilder *builder, const NsdRouteWay *way, GError **error)
{
  guint32 start = nlmsg_hdr (builder->msg)->nlmsg_len;
  struct rtnexthop *hop = nlmsg_reserve (builder->msg, sizeof *hop, NLMSG_ALIGNTO);

  if (hop == NULL) {
    nsd_error_set_invalid (error, "too many next hops");
    return FALSE;
  }
  *hop = (struct rtnexthop){ .rtnh_ifindex = way->hop.ifindex };
  if (!put_gateway6 (builder, way, error))
    return FALSE;
  hop->rtnh_len = (guint16)(nlmsg_hdr (builder->msg)->nlmsg_len - start);
  return TRUE;
}

static gboolean
put_hops6 (NsdAttrBuilder *builder, const GArray *ways, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, RTA_MULTIPATH, error);

  if (nest == NULL)
    return FALSE;
  for (guint i = 0; i < ways->len; i++)
    if (!put_hop6 (builder, &g_array_index (ways, NsdRouteWay, i), error))
      return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

/* What is not said means any, as does 0 (ip6_route_del() in net/ipv6/route.c): a gateway is said
 * also where there is none, and the metric where it was left to the kernel. */
static gboolean
build6 (const GArray *ways, NsdAttrBuilder *builder, GError **error)
{
  const NsdRouteWay *first = &g_array_index (ways, NsdRouteWay, 0);
  struct rtmsg *rtm = builder->header;
  NsdRoutePlace place;

  nsd_route_place_init (&place, first->nlh);
  /* The next hops of a route may be of several protocols, and the first one's is shown. */
  if (first->multipath != NULL)
    rtm->rtm_protocol = RTPROT_UNSPEC;
  if (!nsd_attr_builder_add (builder, RTA_DST, place.destination, sizeof place.destination,
                             error) ||
      !nsd_attr_builder_add (builder, RTA_SRC, place.source, sizeof place.source, error) ||
      !nsd_attr_builder_add_u32 (builder, RTA_TABLE, place.table, error) ||
      !nsd_attr_builder_add_u32 (builder, RTA_PRIORITY, place.metric, error))
    return FALSE;
  if (first->nh_id != NULL)
    return nsd_attr_builder_add (builder, RTA_NH_ID, nla_data (first->nh_id),
                                 (gsize)nla_len (first->nh_id), error);
  if (ways->len > 1)
    return put_hops6 (builder, ways, error);
  return (first->hop.ifindex == 0 ||
          nsd_attr_builder_add_u32 (builder, RTA_OIF, (guint32)first->hop.ifindex, error)) &&
         put_gateway6 (builder, first, error);
}

/* ---- both ---- */

/* All that tells the route apart is said again, so that exactly this one is meant. */
gboolean
nsd_route_build_delete_ways (const NsdAttrContext *context, const GArray *ways,
                             NsdAttrBuilder *builder, GError **error)
{
  const NsdRouteWay *first = &g_array_index (ways, NsdRouteWay, 0);
  struct rtmsg *rtm;

  nsd_attr_builder_init (builder, context, RTM_DELROUTE, 0, sizeof *rtm);
  nsd_attr_builder_make_room (builder, first->nlh->nlmsg_len + ROOM);
  rtm = builder->header;
  *rtm = *first->rtm;
  rtm->rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
  return rtm->rtm_family == AF_INET ? build4 (first, builder, error)
                                    : build6 (ways, builder, error);
}

gboolean
nsd_route_build_delete (const NsdAttrContext *context, const struct nlmsghdr *nlh,
                        NsdAttrBuilder *builder, GError **error)
{
  g_autoptr (GArray) ways = g_array_new (FALSE, FALSE, sizeof (NsdRouteWay));

  nsd_route_append_ways (ways, nlh);
  return nsd_route_build_delete_ways (context, ways, builder, error);
}

/* ---- what else it could be for ---- */

static void
see_record (gpointer data, gpointer plan)
{
  nsd_route_plan_see (plan, ((const NsdRecord *)data)->message);
}

gboolean
nsd_route_check_delete (NsdNet *net, const NsdRecord *record, GError **error)
{
  g_autoptr (NsdRoutePlan) plan = nsd_route_plan_new (&net->context);
  g_autoptr (NsdNlBatch) requests = nsd_nl_batch_new ();

  nsd_route_plan_add (plan, record->message, FALSE);
  /* These are in no order, but tell whether there is anything to ask the kernel for. */
  nsd_records_foreach (net->routes, see_record, plan);
  if (nsd_route_plan_is_plain (plan))
    return TRUE;
  if (!nsd_route_plan_look (plan, net->socket, error))
    return FALSE;
  nsd_route_plan_make (plan, requests);
  if (nsd_route_plan_count_kept (plan) == 0)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
               "The kernel would delete another route, which comes first and has all that this "
               "one has");
  return FALSE;
}
