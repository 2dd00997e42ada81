/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

#include <linux/rtnetlink.h>
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
  RTA_DST,   RTA_SRC,  RTA_PRIORITY,   RTA_PREFSRC, RTA_METRICS,
  RTA_NH_ID, RTA_FLOW, RTA_ENCAP_TYPE, RTA_ENCAP,
};
/* The next hop, unless an object of its own (RTA_NH_ID) holds it: then it can change beneath. */
static const guint16 next_hop[] = { RTA_OIF, RTA_GATEWAY, RTA_VIA };

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

static void
digest_next_hops (GChecksum *digest, const struct nlattr *multipath)
{
  const struct rtnexthop *hop = multipath != NULL ? nla_data (multipath) : NULL;
  int rest = multipath != NULL ? nla_len (multipath) : 0;

  while (rest >= (int)sizeof *hop && RTNH_OK (hop, rest)) {
    struct rtnexthop copy = *hop;
    int length = NLMSG_ALIGN (hop->rtnh_len);

    copy.rtnh_flags &= IDENTITY_FLAGS;
    g_checksum_update (digest, (const guchar *)&copy, sizeof copy);
    g_checksum_update (digest, (const guchar *)RTNH_DATA (hop),
                       hop->rtnh_len - (gssize)sizeof *hop);
    rest -= length;
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
withdraw (NsdNet *net)
{
  nsd_records_remove_all (net->routes);
  nsd_records_flush (net->routes, net, FALSE);
  set_exported (net, FALSE);
  /* They are counted from now on, both families. */
  nsd_net_touch_routes (net, AF_INET);
  nsd_net_touch_routes (net, AF_INET6);
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
 * next hop that joins an IPv6 route makes another route of it. */
static gboolean
is_accountable (const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);

  if (nlh->nlmsg_flags & NLM_F_REPLACE)
    return FALSE;
  return rtm->rtm_family == AF_INET ||
         (!(nlh->nlmsg_flags & NLM_F_APPEND) &&
          nlmsg_find_attr ((struct nlmsghdr *)nlh, sizeof *rtm, RTA_MULTIPATH) == NULL);
}

void
nsd_routes_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = nlmsg_data (nlh);
  g_autofree char *key = NULL;

  if (nlmsg_datalen (nlh) < (int)sizeof *rtm || (rtm->rtm_flags & RTM_F_CLONED))
    return;
  if (!is_exported (net) || !is_accountable (nlh)) {
    nsd_net_touch_routes (net, rtm->rtm_family);
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

  /* Nobody waits for a count; a table of that size is only looked at now and then. */
  if (!is_exported (net) && !net->resyncing)
    return FALSE;
  net->routes_dirty[family == AF_INET6] = FALSE;
  if (!nsd_net_dump (net, RTM_GETROUTE, &request, sizeof request, restart_dump, on_route, &dump,
                     &complete))
    return FALSE;
  net->route_counts[family == AF_INET6] = dump.count;
  if (!complete)
    return FALSE;
  if (is_exported (net))
    nsd_records_sweep (net->routes, family);
  return !return_objects (net);
}

void
nsd_routes_flush (NsdNet *net)
{
  if (is_exported (net) && nsd_records_count (net->routes) > net->options.route_object_limit) {
    net->route_counts[0] = nsd_records_count (net->routes);
    net->route_counts[1] = 0;
    withdraw (net);
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
