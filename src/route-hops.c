/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-hops.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* IP6_RT_PRIO_USER in linux/ipv6_route.h: of routes that are made without one. */
#define DEFAULT_METRIC 1024

/* ---- one next hop ---- */

static void
append_number (GByteArray *key, guint32 number)
{
  g_byte_array_append (key, (const guint8 *)&number, sizeof number);
}

/* What is not there is as good as nothing. */
static void
append_attribute (GByteArray *key, const NsdAttrView *view, guint id)
{
  const struct nlattr *nla = view->tb[id];

  append_number (key, nla != NULL ? (guint32)nla_len (nla) : 0);
  if (nla != NULL)
    g_byte_array_append (key, nla_data (nla), (guint)nla_len (nla));
}

/* As rt6_duplicate_nexthop() in include/net/ip6_route.h, of the routes with one metric. */
static GBytes *
make_key (const NsdAttrView *route, const NsdAttrView *hop, guint32 ifindex)
{
  const struct rtmsg *rtm = route->header;
  guint32 metric = nsd_attr_view_get_u32 (route, RTA_PRIORITY, 0);
  GByteArray *key = g_byte_array_new ();

  append_number (key, rtm->rtm_dst_len);
  append_attribute (key, route, RTA_DST);
  append_number (key, rtm->rtm_src_len);
  append_attribute (key, route, RTA_SRC);
  append_number (key, nsd_attr_view_get_u32 (route, RTA_TABLE, rtm->rtm_table));
  append_number (key, metric != 0 ? metric : DEFAULT_METRIC);
  append_attribute (key, route, RTA_NH_ID);
  if (route->tb[RTA_NH_ID] == NULL) {
    append_number (key, ifindex);
    append_attribute (key, hop, RTA_GATEWAY);
    append_attribute (key, hop, RTA_ENCAP_TYPE);
    append_attribute (key, hop, RTA_ENCAP);
  }
  return g_byte_array_free_to_bytes (key);
}

/* FALSE if it was there. */
static gboolean
add_hop (GHashTable *hops, const NsdAttrView *route, const NsdAttrView *hop, guint32 ifindex)
{
  return g_hash_table_add (hops, make_key (route, hop, ifindex));
}

/* ---- all of a route ---- */

/* Moves those of @multipath that were not there to its front; returns how long they are. */
static gsize
add_hops (GHashTable *hops, const NsdAttrView *route, const struct nlattr *multipath)
{
  struct rtnexthop *hop = nla_data (multipath), *next;
  int rest = nla_len (multipath);
  char *end = (char *)hop;

  for (; rest >= (int)sizeof *hop && RTNH_OK (hop, rest); hop = next) {
    int length = MIN ((int)RTNH_ALIGN (hop->rtnh_len), rest);
    guint32 ifindex = (guint32)hop->rtnh_ifindex;
    NsdAttrView view;

    next = (struct rtnexthop *)((char *)hop + length);
    rest -= length;
    nsd_attr_view_init (&view, route->context, route->header, RTNH_DATA (hop),
                        hop->rtnh_len - (int)sizeof *hop);
    if (add_hop (hops, route, &view, ifindex)) {
      memmove (end, hop, (gsize)length);
      end += length;
    }
  }
  return (gsize)(end - (char *)nla_data (multipath));
}

/* Lets the attribute end after @length bytes, and what is behind it follow. */
static void
shorten (struct nlmsghdr *nlh, struct nlattr *nla, gsize length)
{
  char *old = (char *)nla + NLA_ALIGN (nla->nla_len);
  char *end = (char *)nlh + NLMSG_ALIGN (nlh->nlmsg_len);
  char *new;

  nla->nla_len = (guint16)(NLA_HDRLEN + length);
  new = (char *)nla + NLA_ALIGN (nla->nla_len);
  memmove (new, old, (gsize)(end - old));
  nlh->nlmsg_len -= (guint32)(old - new);
}

gboolean
nsd_route_hops_reduce (GHashTable *hops, struct nlmsghdr *nlh)
{
  struct nlattr *multipath;
  NsdAttrView view;
  gsize length;

  nsd_attr_view_init_message (&view, NULL, nlh, sizeof (struct rtmsg));
  multipath = (struct nlattr *)view.tb[RTA_MULTIPATH];
  if (multipath == NULL)
    return add_hop (hops, &view, &view, nsd_attr_view_get_u32 (&view, RTA_OIF, 0));
  length = add_hops (hops, &view, multipath);
  if (length < (gsize)nla_len (multipath))
    shorten (nlh, multipath, length);
  return length > 0;
}

/* ---- those that are there ---- */

static gboolean
restart (gpointer data, GError **error)
{
  g_hash_table_remove_all (data);
  return TRUE;
}

static gboolean
on_route (const struct nlmsghdr *nlh, gpointer data, GError **error)
{
  g_autofree struct nlmsghdr *copy = g_memdup2 (nlh, NLMSG_ALIGN (nlh->nlmsg_len));

  nsd_route_hops_reduce (data, copy);
  return TRUE;
}

GHashTable *
nsd_route_hops_new (void)
{
  return g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
}

gboolean
nsd_route_hops_read (GHashTable *hops, const NsdAttrContext *context, NsdNlSocket *socket,
                     GError **error)
{
  g_autoptr (GVariant) family = g_variant_ref_sink (g_variant_new_parsed ("{'Family': <'inet6'>}"));
  g_auto (NsdRouteMatch) match = { 0 };
  const NsdRouteDump dump = { restart, on_route, hops };

  return nsd_route_match_init (&match, context, family, error) &&
         nsd_route_match_dump (&match, context, socket, &dump, error);
}
