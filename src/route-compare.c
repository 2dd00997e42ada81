/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-compare.h"

#include <linux/lwtunnel.h>
#include <linux/seg6_local.h>
#include <string.h>
#include <sys/socket.h>

/* IP6_RT_PRIO_USER in linux/ipv6_route.h: the metric of an IPv6 route that was asked for without
 * one, or with 0 (ip6_route_info_create() in net/ipv6/route.c).  The kernel's own may have 0. */
#define DEFAULT_METRIC6 1024

/* Always (loopback_net_init() in drivers/net/loopback.c). */
#define LOOPBACK_IFINDEX 1

static gboolean
is_ipv4 (const NsdRouteWay *way)
{
  return way->rtm->rtm_family == AF_INET;
}

/* ---- reading ---- */

static guint32
get_u32 (const struct nlattr *nla)
{
  return nla != NULL && nla_len (nla) >= (int)sizeof (guint32) ? nla_get_u32 (nla) : 0;
}

static void
copy_prefix (guint8 bytes[16], const struct nlattr *nla)
{
  memcpy (bytes, nla_data (nla), (gsize)MIN (nla_len (nla), 16));
}

gboolean
nsd_route_place_init (NsdRoutePlace *place, const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  const struct nlattr *nla;
  int rest;

  if (nlmsg_datalen (nlh) < (int)sizeof *rtm ||
      (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6))
    return FALSE;
  *place = (NsdRoutePlace){ .family = rtm->rtm_family,
                            .destination_bits = rtm->rtm_dst_len,
                            .source_bits = rtm->rtm_src_len,
                            .tos = rtm->rtm_tos,
                            .table = rtm->rtm_table };
  nlmsg_for_each_attr (nla, (struct nlmsghdr *)nlh, (int)sizeof *rtm, rest)
  {
    switch (nla_type (nla)) {
    case RTA_DST:
      copy_prefix (place->destination, nla);
      break;
    case RTA_SRC:
      copy_prefix (place->source, nla);
      break;
    case RTA_TABLE:
      place->table = get_u32 (nla);
      break;
    case RTA_PRIORITY:
      place->metric = get_u32 (nla);
      break;
    }
  }
  if (place->table == RT_TABLE_UNSPEC)
    place->table = RT_TABLE_MAIN;
  if (place->metric == 0 && rtm->rtm_family == AF_INET6 && (nlh->nlmsg_flags & NLM_F_REQUEST))
    place->metric = DEFAULT_METRIC6;
  return TRUE;
}

static void
take_hop_attribute (NsdRouteHop *hop, const struct nlattr *nla)
{
  switch (nla_type (nla)) {
  case RTA_GATEWAY:
    hop->gateway = nla;
    break;
  case RTA_VIA:
    hop->via = nla;
    break;
  case RTA_ENCAP_TYPE:
    hop->encap_type = nla;
    break;
  case RTA_ENCAP:
    hop->encap = nla;
    break;
  case RTA_FLOW:
    hop->flow = nla;
    break;
  }
}

static void
take_attribute (NsdRouteWay *way, const struct nlattr *nla)
{
  switch (nla_type (nla)) {
  case RTA_PREFSRC:
    way->prefsrc = nla;
    break;
  case RTA_METRICS:
    way->metrics = nla;
    break;
  case RTA_NH_ID:
    way->nh_id = nla;
    break;
  case RTA_MULTIPATH:
    way->multipath = nla;
    break;
  case RTA_OIF:
    way->hop.ifindex = (int)get_u32 (nla);
    break;
  default:
    take_hop_attribute (&way->hop, nla);
  }
}

/* The @n-th next hop of a route, @way having what is said of all. */
static gboolean
get_hop (const NsdRouteWay *way, guint n, NsdRouteHop *ret_hop)
{
  const struct rtnexthop *hop = way->multipath != NULL ? nla_data (way->multipath) : NULL;
  int rest = way->multipath != NULL ? nla_len (way->multipath) : 0;
  const struct nlattr *nla;
  int left;

  if (hop == NULL) {
    *ret_hop = way->hop;
    return n == 0;
  }
  for (; n > 0 && rest >= (int)sizeof *hop && RTNH_OK (hop, rest); n--) {
    rest -= NLMSG_ALIGN (hop->rtnh_len);
    hop = RTNH_NEXT (hop);
  }
  if (rest < (int)sizeof *hop || !RTNH_OK (hop, rest))
    return FALSE;
  *ret_hop =
      (NsdRouteHop){ .ifindex = hop->rtnh_ifindex != 0 ? hop->rtnh_ifindex : way->hop.ifindex,
                     .flags = hop->rtnh_flags,
                     .weight = hop->rtnh_hops,
                     .gateway = way->hop.gateway };
  nla_for_each_attr (nla, (const struct nlattr *)RTNH_DATA (hop), hop->rtnh_len - (int)sizeof *hop,
                     left) take_hop_attribute (ret_hop, nla);
  return TRUE;
}

/* fib6_nh_init() in net/ipv6/route.c. */
static gboolean
is_rejection (const struct rtmsg *rtm)
{
  return rtm->rtm_type == RTN_BLACKHOLE || rtm->rtm_type == RTN_UNREACHABLE ||
         rtm->rtm_type == RTN_PROHIBIT || rtm->rtm_type == RTN_THROW;
}

void
nsd_route_append_ways (GArray *ways, const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  NsdRouteWay route = { .nlh = nlh, .rtm = rtm, .hop.flags = (guint8)rtm->rtm_flags };
  NsdRouteWay way;
  const struct nlattr *nla;
  int rest;

  nlmsg_for_each_attr (nla, (struct nlmsghdr *)nlh, (int)sizeof *rtm, rest)
      take_attribute (&route, nla);
  if (rtm->rtm_family == AF_INET6 && is_rejection (rtm))
    route.hop = (NsdRouteHop){ .ifindex = LOOPBACK_IFINDEX };
  way = route;
  if (rtm->rtm_family == AF_INET || route.nh_id != NULL)
    g_array_append_val (ways, way);
  else
    for (guint i = 0; get_hop (&route, i, &way.hop); i++)
      g_array_append_val (ways, way);
}

/* ---- comparing ---- */

/* Whether both are there with the same bytes, or neither is. */
static gboolean
equal (const struct nlattr *a, const struct nlattr *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return nla_len (a) == nla_len (b) && memcmp (nla_data (a), nla_data (b), (gsize)nla_len (a)) == 0;
}

/* What is not said is anything. */
static gboolean
equal_if_said (const struct nlattr *a, const struct nlattr *said)
{
  return said == NULL || equal (a, said);
}

guint32
nsd_route_metric_kept (guint id, guint32 value)
{
  switch (id) {
  /* ip_metrics_convert() in net/ipv4/metrics.c. */
  case RTAX_ADVMSS:
    return MIN (value, 65535 - 40);
  case RTAX_MTU:
    return MIN (value, 65535 - 15);
  case RTAX_HOPLIMIT:
    return MIN (value, 255);
  default:
    return value;
  }
}

/* A string, whether the end is said or not; "" for none. */
static gboolean
equal_text (const struct nlattr *a, const struct nlattr *b)
{
  g_autofree char *first = a != NULL ? g_strndup (nla_data (a), (gsize)nla_len (a)) : NULL;
  g_autofree char *second = b != NULL ? g_strndup (nla_data (b), (gsize)nla_len (b)) : NULL;

  return g_strcmp0 (first, second) == 0;
}

/* One that is 0 is none. */
static gboolean
equal_metrics (const struct nlattr *a, const struct nlattr *b)
{
  if (a == NULL && b == NULL)
    return TRUE;
  for (guint id = 1; id <= RTAX_MAX; id++) {
    const struct nlattr *first = a != NULL ? nla_find (nla_data (a), nla_len (a), (int)id) : NULL;
    const struct nlattr *second = b != NULL ? nla_find (nla_data (b), nla_len (b), (int)id) : NULL;

    if (id == RTAX_CC_ALGO ? !equal_text (first, second)
                           : nsd_route_metric_kept (id, get_u32 (first)) !=
                                 nsd_route_metric_kept (id, get_u32 (second)))
      return FALSE;
  }
  return TRUE;
}

/* The kernel says more than it was told, and counts. */
static gboolean
equal_encap (const NsdRouteHop *hop, const NsdRouteHop *wanted)
{
  gboolean counts = hop->encap_type != NULL && nla_len (hop->encap_type) >= (int)sizeof (guint16) &&
                    nla_get_u16 (hop->encap_type) == LWTUNNEL_ENCAP_SEG6_LOCAL;
  struct nlattr *nla;
  int rest;

  if (!equal (hop->encap_type, wanted->encap_type))
    return FALSE;
  if (hop->encap == NULL || wanted->encap == NULL)
    return hop->encap == wanted->encap;
  nla_for_each_nested (nla, (struct nlattr *)wanted->encap, rest)
  {
    if (!(counts && nla_type (nla) == SEG6_LOCAL_COUNTERS) &&
        !equal (nla_find (nla_data (hop->encap), nla_len (hop->encap), nla_type (nla)), nla))
      return FALSE;
  }
  return TRUE;
}

static gboolean
equal_hop (const NsdRouteHop *hop, const NsdRouteHop *wanted)
{
  return (wanted->ifindex == 0 || wanted->ifindex == hop->ifindex) &&
         equal (hop->gateway, wanted->gateway) && equal (hop->via, wanted->via) &&
         equal_encap (hop, wanted);
}

/* fib_table_insert() in net/ipv4/fib_trie.c, fib_find_info() in net/ipv4/fib_semantics.c. */
static gboolean
is_same4 (const NsdRouteWay *way, const NsdRouteWay *wanted)
{
  NsdRouteHop hop, other;
  guint i = 0;

  if (way->rtm->rtm_type != wanted->rtm->rtm_type ||
      way->rtm->rtm_scope != wanted->rtm->rtm_scope ||
      way->rtm->rtm_protocol != wanted->rtm->rtm_protocol ||
      !equal (way->prefsrc, wanted->prefsrc) || !equal_metrics (way->metrics, wanted->metrics))
    return FALSE;
  if (way->nh_id != NULL || wanted->nh_id != NULL)
    return equal (way->nh_id, wanted->nh_id);
  for (; get_hop (wanted, i, &other); i++)
    if (!get_hop (way, i, &hop) || (way->multipath != NULL && hop.weight != other.weight) ||
        ((hop.flags ^ other.flags) & RTNH_F_ONLINK) != 0 || !equal (hop.flow, other.flow) ||
        !equal_hop (&hop, &other))
      return FALSE;
  return !get_hop (way, i, &hop);
}

gboolean
nsd_route_way_is (const NsdRouteWay *way, const NsdRouteWay *wanted)
{
  if (is_ipv4 (way))
    return is_same4 (way, wanted);
  /* rt6_duplicate_nexthop() in include/net/ip6_route.h. */
  if (way->nh_id != NULL || wanted->nh_id != NULL)
    return equal (way->nh_id, wanted->nh_id);
  return equal_hop (&way->hop, &wanted->hop);
}

/* Of several next hops, one that has no gateway at all is as good. */
static gboolean
via_fits4 (const NsdRouteHop *hop, const NsdRouteHop *meant, gboolean several)
{
  return equal_if_said (hop->via, meant->via) ||
         (several && hop->via == NULL && hop->gateway == NULL);
}

/* fib_nh_match() in net/ipv4/fib_semantics.c: of a request with one next hop, or none, the first is
 * compared; else all those of the route, in their order, with those that the request begins with.
 */
static gboolean
hops_fit4 (const NsdRouteWay *way, const NsdRouteWay *meant)
{
  gboolean several = meant->multipath != NULL;
  gboolean any =
      !several && meant->hop.ifindex == 0 && meant->hop.gateway == NULL && meant->hop.via == NULL;
  NsdRouteHop hop, other;

  if (meant->nh_id != NULL || (way->nh_id != NULL && !any))
    return equal (way->nh_id, meant->nh_id);
  for (guint i = 0; !any && get_hop (way, i, &hop); i++) {
    if (i > 0 && !several)
      return TRUE;
    if (!get_hop (meant, i, &other) || (other.ifindex != 0 && other.ifindex != hop.ifindex) ||
        !equal_if_said (hop.gateway, other.gateway) || !via_fits4 (&hop, &other, several) ||
        !equal_if_said (hop.flow, other.flow) ||
        (!several && other.encap != NULL && !equal_encap (&hop, &other)))
      return FALSE;
  }
  return TRUE;
}

/* fib_table_delete() in net/ipv4/fib_trie.c. */
static gboolean
fits4 (const NsdRouteWay *way, const NsdRouteWay *meant)
{
  return way->rtm->rtm_type == meant->rtm->rtm_type &&
         way->rtm->rtm_scope == meant->rtm->rtm_scope &&
         (meant->rtm->rtm_protocol == RTPROT_UNSPEC ||
          way->rtm->rtm_protocol == meant->rtm->rtm_protocol) &&
         equal_if_said (way->prefsrc, meant->prefsrc) &&
         equal_metrics (way->metrics, meant->metrics) && hops_fit4 (way, meant);
}

/* ip6_route_del() in net/ipv6/route.c.  Of several next hops the kernel shows the protocol of the
 * first, and the request says none. */
static gboolean
fits6 (const NsdRouteWay *way, const NsdRouteWay *meant)
{
  if (way->multipath == NULL && meant->multipath == NULL &&
      meant->rtm->rtm_protocol != RTPROT_UNSPEC &&
      way->rtm->rtm_protocol != meant->rtm->rtm_protocol)
    return FALSE;
  if (way->nh_id != NULL || meant->nh_id != NULL)
    return way->nh_id != NULL && equal_if_said (way->nh_id, meant->nh_id);
  return (meant->hop.ifindex == 0 || meant->hop.ifindex == way->hop.ifindex) &&
         equal (way->hop.gateway, meant->hop.gateway);
}

gboolean
nsd_route_way_fits (const NsdRouteWay *way, const NsdRouteWay *meant)
{
  return is_ipv4 (way) ? fits4 (way, meant) : fits6 (way, meant);
}

gboolean
nsd_route_is (const struct nlmsghdr *nlh, const struct nlmsghdr *wanted)
{
  g_autoptr (GArray) ways = g_array_new (FALSE, FALSE, sizeof (NsdRouteWay));
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (NsdRouteWay));

  nsd_route_append_ways (ways, nlh);
  nsd_route_append_ways (others, wanted);
  for (guint i = 0; i < ways->len && others->len > 0; i++)
    if (nsd_route_way_is (&g_array_index (ways, NsdRouteWay, i),
                          &g_array_index (others, NsdRouteWay, 0)))
      return TRUE;
  return FALSE;
}
