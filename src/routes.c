/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <string.h>

/* Flags of a route or a next hop that belong to what it is, not to how it fares. */
#define IDENTITY_FLAGS ((guint32)(RTNH_F_ONLINK | RTNH_F_PERVASIVE))

/* Enough of a digest that two routes of one namespace never share it. */
#define KEY_LENGTH 32

/* ---- identity ---- */

/* What the kernel tells two routes by: fib_table_insert() in net/ipv4/fib_trie.c compares prefix,
 * TOS, priority, type, scope and the whole fib_info.  Not here: RTA_CACHEINFO, RTA_EXPIRES and
 * RTA_PREF, which change while the route lives, and RTA_TABLE, which is taken from the header too.
 */
static const guint16 identity[] = {
  RTA_DST, RTA_SRC, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_NH_ID, RTA_FLOW,
};
/* The next hop, unless an object of its own (RTA_NH_ID) holds it: then it can change beneath. */
static const guint16 next_hop[] = { RTA_OIF, RTA_GATEWAY, RTA_VIA };
/* One of several, whose link is in its header. */
static const guint16 of_hop[] = { RTA_GATEWAY, RTA_VIA, RTA_FLOW };

static void
digest_attributes (GChecksum *digest, const NsdAttrView *view, const guint16 *ids, gsize n_ids)
{
  for (gsize i = 0; i < n_ids; i++) {
    const struct nlattr *nla = view->tb[ids[i]];

    if (nla != NULL) {
      g_checksum_update (digest, (const guchar *)&ids[i], sizeof ids[i]);
      g_checksum_update (digest, nla_data (nla), nla_len (nla));
    }
  }
}

/* What an encapsulation is, without what it counts while the route lives. */
static void
digest_encapsulation (GChecksum *digest, const NsdAttrView *view)
{
  const struct nlattr *type = nsd_attr_view_get (view, RTA_ENCAP_TYPE, sizeof (guint16));
  const struct nlattr *encap = view->tb[RTA_ENCAP];
  const struct nlattr *nla;
  int rest;

  if (type == NULL || encap == NULL)
    return;
  g_checksum_update (digest, nla_data (type), sizeof (guint16));
  nla_for_each_nested (nla, encap, rest) if (nla_get_u16 (type) != LWTUNNEL_ENCAP_SEG6_LOCAL ||
                                             nla_type (nla) != SEG6_LOCAL_COUNTERS)
      g_checksum_update (digest, (const guchar *)nla, nla->nla_len);
}

static void
digest_hop (GChecksum *digest, const struct rtnexthop *hop)
{
  struct rtnexthop copy = *hop;
  NsdAttrView view;

  copy.rtnh_flags &= IDENTITY_FLAGS;
  copy.rtnh_len = 0;
  g_checksum_update (digest, (const guchar *)&copy, sizeof copy);
  nsd_attr_view_init (&view, NULL, NULL, RTNH_DATA (hop), hop->rtnh_len - (int)sizeof *hop);
  digest_attributes (digest, &view, of_hop, G_N_ELEMENTS (of_hop));
  digest_encapsulation (digest, &view);
}

static void
digest_next_hops (GChecksum *digest, const struct nlattr *multipath)
{
  const struct rtnexthop *hop = multipath != NULL ? nla_data (multipath) : NULL;
  int rest = multipath != NULL ? nla_len (multipath) : 0;

  while (rest >= (int)sizeof *hop && RTNH_OK (hop, rest)) {
    digest_hop (digest, hop);
    rest -= NLMSG_ALIGN (hop->rtnh_len);
    hop = RTNH_NEXT (hop);
  }
}

static void
view_init (NsdAttrView *view, const NsdAttrContext *context, const struct nlmsghdr *nlh)
{
  nsd_attr_view_init_message (view, context, nlh, sizeof (struct rtmsg));
}

char *
nsd_route_key (const struct nlmsghdr *nlh)
{
  g_autoptr (GChecksum) digest = NULL;
  struct rtmsg rtm;
  NsdAttrView view;
  guint32 table;

  if (nlmsg_datalen (nlh) < (int)sizeof rtm)
    return NULL;
  memcpy (&rtm, nlmsg_data (nlh), sizeof rtm);
  if (rtm.rtm_family != AF_INET && rtm.rtm_family != AF_INET6)
    return NULL;
  view_init (&view, NULL, nlh);
  table = nsd_attr_view_get_u32 (&view, RTA_TABLE, rtm.rtm_table);
  rtm.rtm_table = 0;
  rtm.rtm_flags &= IDENTITY_FLAGS;
  digest = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (digest, (const guchar *)&rtm, sizeof rtm);
  g_checksum_update (digest, (const guchar *)&table, sizeof table);
  digest_attributes (digest, &view, identity, G_N_ELEMENTS (identity));
  if (view.tb[RTA_NH_ID] == NULL) {
    digest_attributes (digest, &view, next_hop, G_N_ELEMENTS (next_hop));
    digest_encapsulation (digest, &view);
    digest_next_hops (digest, view.tb[RTA_MULTIPATH]);
  }
  return g_strndup (g_checksum_get_string (digest), KEY_LENGTH);
}

/* ---- how many ---- */

static gboolean
is_exported (NsdNet *net)
{
  return g_atomic_int_get (&net->options.shared->routes_exported);
}

static void
set_exported (NsdNet *net, gboolean exported)
{
  g_atomic_int_set (&net->options.shared->routes_exported, exported);
  if (net->published)
    net->options.hooks->routes_exported_changed (net->id);
}

/* While there are objects, the records are the number. */
static gsize
count_routes (NsdNet *net)
{
  return is_exported (net) ? nsd_records_count (net->routes)
                           : net->route_counts[0] + net->route_counts[1];
}

static void
count_record (gpointer record, gpointer data)
{
  const struct rtmsg *rtm = nlmsg_data (((NsdRecord *)record)->message);
  gsize *counts = data;

  counts[rtm->rtm_family == AF_INET6]++;
}

/* From now on there are numbers only. */
static void
withdraw (NsdNet *net)
{
  memset (net->route_counts, 0, sizeof net->route_counts);
  nsd_records_foreach (net->routes, count_record, net->route_counts);
  nsd_records_remove_all (net->routes);
  nsd_records_flush (net->routes, net, FALSE);
  set_exported (net, FALSE);
}

/* ---- events and dumps ---- */

static void
take_route (NsdNet *net, const struct nlmsghdr *nlh)
{
  g_autofree char *key = nsd_route_key (nlh);
  NsdAttrView view;

  if (key == NULL)
    return;
  view_init (&view, &net->context, nlh);
  nsd_records_set (net->routes, key, (int)nsd_attr_view_get_u32 (&view, RTA_OIF, 0), nlh);
}

/* Whether a notification says all that it did: a replacement does not say what it replaced, and a
 * next hop that joins an IPv6 route makes another route of it. Only an IPv6 route that is the first
 * of its prefix and metric says so (NLM_F_EXCL, fib6_add_rt2node() in net/ipv6/ip6_fib.c): next
 * hops without a gateway become as many routes, and the kernel tells of one
 * (ip6_route_mpath_notify()). */
static gboolean
is_accountable (const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  gboolean alone = nlh->nlmsg_type == RTM_DELROUTE || (nlh->nlmsg_flags & NLM_F_EXCL);

  if (nlh->nlmsg_flags & NLM_F_REPLACE)
    return FALSE;
  return rtm->rtm_family == AF_INET ||
         (alone && !(nlh->nlmsg_flags & NLM_F_APPEND) &&
          nlmsg_find_attr ((struct nlmsghdr *)nlh, sizeof *rtm, RTA_MULTIPATH) == NULL);
}

static void
count_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  gsize *count = &net->route_counts[rtm->rtm_family == AF_INET6];

  if (net->count_doubtful)
    nsd_net_touch_routes (net, rtm->rtm_family);
  else if (nlh->nlmsg_type == RTM_NEWROUTE)
    (*count)++;
  else if (*count > 0)
    (*count)--;
}

void
nsd_routes_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  g_autofree char *key = NULL;

  if (nlmsg_datalen (nlh) < (int)sizeof *rtm || (rtm->rtm_flags & RTM_F_CLONED))
    return;
  /* A list of IPv6 routes begins again when the tree changes, skips as many as it had, and does not
   * say that it may have lost some (fib6_dump_table() in net/ipv6/ip6_fib.c). */
  if (net->dump_doubtful && rtm->rtm_family == AF_INET6)
    nsd_net_touch_routes (net, AF_INET6);
  if (!is_accountable (nlh)) {
    nsd_net_touch_routes (net, rtm->rtm_family);
  } else if (!is_exported (net)) {
    count_event (net, nlh);
  } else if (nlh->nlmsg_type == RTM_NEWROUTE) {
    take_route (net, nlh);
  } else {
    key = nsd_route_key (nlh);
    if (key != NULL && !nsd_records_remove (net->routes, key))
      nsd_net_touch_routes (net, rtm->rtm_family);
  }
}

typedef struct {
  NsdNet *net;
  gsize count;
} Dump;

static void
restart_dump (gpointer data)
{
  Dump *dump = data;

  dump->count = 0;
  nsd_records_begin (dump->net->routes);
}

static void
on_route (struct nlmsghdr *nlh, gpointer data)
{
  Dump *dump = data;

  if (nlh->nlmsg_type != RTM_NEWROUTE)
    return;
  dump->count++;
  if (is_exported (dump->net)) {
    take_route (dump->net, nlh);
    if (nsd_records_count (dump->net->routes) > dump->net->options.route_object_limit)
      withdraw (dump->net);
  }
}

/* Few enough again: once more, and this time the records are kept. */
static gboolean
return_objects (NsdNet *net)
{
  if (is_exported (net) || count_routes (net) > net->options.route_object_limit / 2)
    return FALSE;
  set_exported (net, TRUE);
  nsd_net_touch_routes (net, AF_INET);
  nsd_net_touch_routes (net, AF_INET6);
  return TRUE;
}

gboolean
nsd_routes_refresh (NsdNet *net, int family)
{
  struct rtmsg request = { .rtm_family = (guint8)family };
  Dump dump = { net, 0 };
  gboolean complete = FALSE;

  net->routes_dirty[family == AF_INET6] = FALSE;
  if (!nsd_net_dump (net, RTM_GETROUTE, &request, sizeof request, restart_dump, on_route, &dump,
                     &complete))
    return FALSE;
  net->route_counts[family == AF_INET6] = dump.count;
  if (!is_exported (net)) {
    net->count_doubtful = TRUE;
    if (!complete)
      nsd_net_touch_routes (net, family);
  }
  if (!complete)
    return FALSE;
  if (is_exported (net))
    nsd_records_sweep (net->routes, family);
  return !return_objects (net);
}

void
nsd_routes_recount (NsdNet *net)
{
  for (int i = 0; i < 2; i++)
    if (net->routes_dirty[i])
      nsd_routes_refresh (net, i == 0 ? AF_INET : AF_INET6);
}

void
nsd_routes_flush (NsdNet *net)
{
  if (is_exported (net) && nsd_records_count (net->routes) > net->options.route_object_limit)
    withdraw (net);
  /* So few by the notifications, which do not tell all: that is worth a look. */
  if (!is_exported (net) && count_routes (net) <= net->options.route_object_limit / 2) {
    nsd_net_touch_routes (net, AF_INET);
    nsd_net_touch_routes (net, AF_INET6);
  }
  nsd_records_flush (net->routes, net, TRUE);
  g_atomic_pointer_set (&net->options.shared->route_count, count_routes (net));
}

static gboolean
ages (const char *property, GVariant *before, GVariant *after)
{
  guint32 a, b;

  if (strcmp (property, "Expires") != 0)
    return FALSE;
  a = g_variant_get_uint32 (before);
  b = g_variant_get_uint32 (after);
  return a != 0 && b != 0 && (a > b ? a - b : b - a) <= 2;
}

const NsdRecordClass nsd_route_class = { NSD_NODE_ROUTE, &nsd_route_table, sizeof (struct rtmsg),
                                         ages, RTA_CACHEINFO };
