/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of several routes to one destination is meant: by a request to add one, or to delete one.
 *
 * Pure functions: neither a bus nor a kernel, any thread. */
#pragma once

#include <glib.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

/* The list of the kernel's that a route is in: only within one are routes taken for each other.
 * There is no padding, so that bytes can be compared. */
typedef struct {
  guint8 family;
  guint8 destination_bits;
  guint8 source_bits;
  guint8 tos;
  guint32 table;
  guint32 metric;
  guint8 destination[16];
  guint8 source[16];
} NsdRoutePlace;

/* FALSE for what is not a route of IPv4 or IPv6.  A message with NLM_F_REQUEST is one for the
 * kernel, which chooses what it does not say. */
gboolean nsd_route_place_init (NsdRoutePlace *place, const struct nlmsghdr *nlh);

typedef struct {
  int ifindex; /* 0: not said */
  guint8 flags;
  guint8 weight;
  const struct nlattr *gateway;
  const struct nlattr *via;
  const struct nlattr *encap_type;
  const struct nlattr *encap;
  const struct nlattr *flow;
} NsdRouteHop;

/* What comes and goes as one: an IPv4 route with all its next hops, but each next hop of an IPv6
 * route.  Points into a message, from or for the kernel. */
typedef struct {
  const struct nlmsghdr *nlh;
  const struct rtmsg *rtm;
  const struct nlattr *prefsrc;
  const struct nlattr *metrics;
  const struct nlattr *nh_id;
  const struct nlattr *multipath;
  NsdRouteHop hop; /* this one; of an IPv4 route with several, what is said of all */
} NsdRouteWay;

/* Appends the ways of @nlh, a route, to @ways (of NsdRouteWay), as the kernel understands them. */
void nsd_route_append_ways (GArray *ways, const struct nlmsghdr *nlh);

/* Whether @way, of the kernel, is what it made of @wanted; both of one place. */
gboolean nsd_route_way_is (const NsdRouteWay *way, const NsdRouteWay *wanted);

/* Whether the kernel, asked to delete @meant, which is the kernel's too, would take @way for it;
 * both of one place. */
gboolean nsd_route_way_fits (const NsdRouteWay *way, const NsdRouteWay *meant);

/* Whether the route @nlh of the kernel is what it made of the request @wanted, or has become a part
 * of it: the first of several next hops counts. */
gboolean nsd_route_is (const struct nlmsghdr *nlh, const struct nlmsghdr *wanted);

/* What the kernel makes of the metric @id (RTAX_*) of a request. */
guint32 nsd_route_metric_kept (guint id, guint32 value);
