/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-delete.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "routes.h"

/* IP6_RT_PRIO_USER in linux/ipv6_route.h. */
#define DEFAULT_METRIC6 1024

/* For what is said more in a request than in the message that it is made of. */
#define ROOM 512

/* ---- the request ---- */

/* Each metric as it is, and 0 for those that there are none of: none at all means any to
 * fib_metrics_match() in net/ipv4/fib_semantics.c. */
static gboolean
put_each_metric (NsdAttrBuilder *builder, const NsdAttrView *route, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, RTA_METRICS, error);
  NsdAttrView metrics;

  if (nest == NULL)
    return FALSE;
  nsd_attr_view_init_nested (&metrics, route, route->tb[RTA_METRICS]);
  for (guint id = 1; id <= RTAX_MAX; id++) {
    const struct nlattr *nla = metrics.tb[id];

    if (nla != NULL
            ? !nsd_attr_builder_add (builder, (int)id, nla_data (nla), (gsize)nla_len (nla), error)
            : id != RTAX_CC_ALGO && !nsd_attr_builder_add_u32 (builder, (int)id, 0, error))
      return FALSE;
  }
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

/* What is not said means any, and then another route to the same destination may be meant. */
static gboolean
put_what_it_lacks (NsdAttrBuilder *builder, const NsdAttrView *route, GError **error)
{
  static const guint8 no_gateway[16];

  if (((const struct rtmsg *)route->header)->rtm_family == AF_INET)
    return put_each_metric (builder, route, error);
  /* An IPv6 route that was made without a metric has this one (ip6_route_del() in
   * net/ipv6/route.c). */
  if (route->tb[RTA_PRIORITY] == NULL &&
      !nsd_attr_builder_add_u32 (builder, RTA_PRIORITY, DEFAULT_METRIC6, error))
    return FALSE;
  return route->tb[RTA_NH_ID] != NULL || route->tb[RTA_MULTIPATH] != NULL ||
         route->tb[RTA_GATEWAY] != NULL ||
         nsd_attr_builder_add (builder, RTA_GATEWAY, no_gateway, sizeof no_gateway, error);
}

/* All that tells the route apart is said again, so that exactly this one is meant. */
gboolean
nsd_route_build_delete (const NsdAttrContext *context, const struct nlmsghdr *nlh,
                        NsdAttrBuilder *builder, GError **error)
{
  static const guint16 ids[] = { RTA_DST,        RTA_SRC,     RTA_OIF,   RTA_GATEWAY,   RTA_VIA,
                                 RTA_PRIORITY,   RTA_PREFSRC, RTA_TABLE, RTA_MULTIPATH, RTA_NH_ID,
                                 RTA_ENCAP_TYPE, RTA_ENCAP,   RTA_FLOW };
  const struct rtmsg *shown = nlmsg_data (nlh);
  struct rtmsg *rtm;
  NsdAttrView view;

  nsd_attr_view_init_message (&view, context, nlh, sizeof *shown);
  nsd_attr_builder_init (builder, context, RTM_DELROUTE, 0, sizeof *rtm);
  nsd_attr_builder_make_room (builder, nlh->nlmsg_len + ROOM);
  rtm = builder->header;
  *rtm = *shown;
  rtm->rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
  if (!put_what_it_lacks (builder, &view, error))
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

/* ---- what else it could be for ---- */

static int
family_of (const NsdAttrView *route)
{
  return ((const struct rtmsg *)route->header)->rtm_family;
}

/* Whether both are there with the same bytes, or neither is. */
static gboolean
same_bytes (const struct nlattr *a, const struct nlattr *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return nla_len (a) == nla_len (b) && memcmp (nla_data (a), nla_data (b), (gsize)nla_len (a)) == 0;
}

static gboolean
equal (const NsdAttrView *a, const NsdAttrView *b, guint id)
{
  return same_bytes (a->tb[id], b->tb[id]);
}

/* What the request does not say is anything. */
static gboolean
fits (const NsdAttrView *route, const NsdAttrView *meant, guint id)
{
  return meant->tb[id] == NULL || equal (route, meant, id);
}

/* The @n-th next hop of a route, the first being that of a route with one alone. */
static gboolean
get_hop (const NsdAttrView *route, guint n, NsdAttrView *ret_hop, int *ret_ifindex)
{
  const struct nlattr *nla = route->tb[RTA_MULTIPATH];
  const struct rtnexthop *hop = nla != NULL ? nla_data (nla) : NULL;
  int rest = nla != NULL ? nla_len (nla) : 0;

  if (nla == NULL) {
    *ret_hop = *route;
    *ret_ifindex = (int)nsd_attr_view_get_u32 (route, RTA_OIF, 0);
    return n == 0;
  }
  for (; rest >= (int)sizeof *hop && RTNH_OK (hop, rest); hop = RTNH_NEXT (hop)) {
    if (n-- == 0) {
      nsd_attr_view_init (ret_hop, route->context, route->header, RTNH_DATA (hop),
                          hop->rtnh_len - (int)sizeof *hop);
      *ret_ifindex = hop->rtnh_ifindex;
      return TRUE;
    }
    rest -= NLMSG_ALIGN (hop->rtnh_len);
  }
  return FALSE;
}

/* fib_nh_match() in net/ipv4/fib_semantics.c: the next hops of the route, in their order, are those
 * that the request begins with; of a route with one alone the first is enough. */
static gboolean
hops_fit4 (const NsdAttrView *route, const NsdAttrView *meant)
{
  gboolean several = meant->tb[RTA_MULTIPATH] != NULL;
  NsdAttrView hop, wanted;
  int ifindex, wanted_ifindex;

  for (guint i = 0; get_hop (route, i, &hop, &ifindex); i++) {
    if (i > 0 && !several)
      return TRUE;
    if (!get_hop (meant, i, &wanted, &wanted_ifindex) ||
        (wanted_ifindex != 0 && wanted_ifindex != ifindex) || !fits (&hop, &wanted, RTA_GATEWAY) ||
        !fits (&hop, &wanted, RTA_VIA) || (!several && !fits (&hop, &wanted, RTA_ENCAP)))
      return FALSE;
  }
  return TRUE;
}

/* fib_table_delete() in net/ipv4/fib_trie.c. */
static gboolean
fits4 (const NsdAttrView *route, const NsdAttrView *meant)
{
  const struct rtmsg *a = route->header;
  const struct rtmsg *b = meant->header;

  if (a->rtm_tos != b->rtm_tos || a->rtm_type != b->rtm_type || a->rtm_scope != b->rtm_scope ||
      (b->rtm_protocol != RTPROT_UNSPEC && a->rtm_protocol != b->rtm_protocol) ||
      !fits (route, meant, RTA_PRIORITY) || !fits (route, meant, RTA_PREFSRC) ||
      !equal (route, meant, RTA_METRICS))
    return FALSE;
  if (meant->tb[RTA_NH_ID] != NULL || route->tb[RTA_NH_ID] != NULL)
    return equal (route, meant, RTA_NH_ID);
  return hops_fit4 (route, meant);
}

/* ip6_route_del() in net/ipv6/route.c: it is done for each next hop, and for each it looks for a
 * route that has it. */
static gboolean
fits6 (const NsdAttrView *route, const NsdAttrView *meant)
{
  const struct rtmsg *a = route->header;
  const struct rtmsg *b = meant->header;
  NsdAttrView hop, wanted;
  int ifindex, wanted_ifindex;

  if (!equal (route, meant, RTA_PRIORITY) ||
      (b->rtm_protocol != RTPROT_UNSPEC && a->rtm_protocol != b->rtm_protocol))
    return FALSE;
  if (route->tb[RTA_NH_ID] != NULL)
    return fits (route, meant, RTA_NH_ID);
  if (meant->tb[RTA_NH_ID] != NULL)
    return FALSE;
  for (guint i = 0; get_hop (meant, i, &wanted, &wanted_ifindex); i++)
    for (guint j = 0; get_hop (route, j, &hop, &ifindex); j++)
      if ((wanted_ifindex == 0 || wanted_ifindex == ifindex) && equal (&hop, &wanted, RTA_GATEWAY))
        return TRUE;
  return FALSE;
}

/* Whether the kernel, asked to delete the route @meant, would take @route for it. */
static gboolean
is_taken_for (const NsdAttrView *route, const NsdAttrView *meant)
{
  const struct rtmsg *a = route->header;
  const struct rtmsg *b = meant->header;

  return a->rtm_family == b->rtm_family && a->rtm_dst_len == b->rtm_dst_len &&
         a->rtm_src_len == b->rtm_src_len && equal (route, meant, RTA_DST) &&
         equal (route, meant, RTA_SRC) && equal (route, meant, RTA_TABLE) &&
         (family_of (meant) == AF_INET ? fits4 (route, meant) : fits6 (route, meant));
}

typedef struct {
  NsdNet *net;
  NsdAttrView meant;
  guint n;     /* how many fit */
  char *first; /* the key of the one that the kernel has first */
} Search;

static void
on_record (gpointer data, gpointer user_data)
{
  const NsdRecord *record = data;
  Search *search = user_data;
  NsdAttrView view;

  /* Of ten thousand routes this passes over most, without looking at all that they have. */
  if (!same_bytes (
          nlmsg_find_attr ((struct nlmsghdr *)record->message, sizeof (struct rtmsg), RTA_DST),
          search->meant.tb[RTA_DST]))
    return;
  nsd_record_view (record, &nsd_route_class, &search->net->context, &view);
  search->n += is_taken_for (&view, &search->meant);
}

static void
restart (gpointer data)
{
  g_clear_pointer (&((Search *)data)->first, g_free);
}

static void
on_route (struct nlmsghdr *nlh, gpointer data)
{
  Search *search = data;
  NsdAttrView view;

  if (nlh->nlmsg_type != RTM_NEWROUTE || nlmsg_datalen (nlh) < (int)sizeof (struct rtmsg) ||
      search->first != NULL)
    return;
  nsd_attr_view_init_message (&view, &search->net->context, nlh, sizeof (struct rtmsg));
  if (is_taken_for (&view, &search->meant))
    search->first = nsd_route_key (nlh);
}

gboolean
nsd_route_check_delete (NsdNet *net, const NsdRecord *record, GError **error)
{
  Search search = { .net = net };
  struct rtmsg request = { 0 };
  g_autofree char *first = NULL;
  gboolean complete;

  nsd_record_view (record, &nsd_route_class, &net->context, &search.meant);
  nsd_records_foreach (net->routes, on_record, &search);
  if (search.n <= 1)
    return TRUE;
  /* The kernel lists them in the order in which it looks at them. */
  request.rtm_family = (guint8)family_of (&search.meant);
  if (!nsd_net_dump (net, RTM_GETROUTE, &request, sizeof request, restart, on_route, &search,
                     &complete)) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "The kernel did not list its routes");
    return FALSE;
  }
  first = search.first;
  if (first == NULL || strcmp (first, record->key) == 0)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
               "The kernel would delete another route, which comes first and has all that this "
               "one has");
  return FALSE;
}
