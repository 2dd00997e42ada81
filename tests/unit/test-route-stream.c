/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams of routes, whole and spoilt.  Nothing of what comes is to be believed. */
#include <gio/gio.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "route-hops.h"
#include "route-stream.h"

#define MUTATIONS 200000

static void
append (GByteArray *stream, struct nl_msg *msg)
{
  struct nlmsghdr *nlh = nlmsg_hdr (msg);

  g_byte_array_append (stream, (const guint8 *)nlh, NLMSG_ALIGN (nlh->nlmsg_len));
  nlmsg_free (msg);
}

static struct nl_msg *
new_route (guint8 family, guint8 bits)
{
  struct nl_msg *msg = nlmsg_alloc_simple (RTM_NEWROUTE, NLM_F_MULTI);
  struct rtmsg rtm = { .rtm_family = family, .rtm_dst_len = bits, .rtm_table = RT_TABLE_MAIN };

  nlmsg_append (msg, &rtm, sizeof rtm, NLMSG_ALIGNTO);
  return msg;
}

static void
put_address (struct nl_msg *msg, int id, guint8 family, guint8 last)
{
  guint8 bytes[16] = { 10, 0, 0, last };

  nla_put (msg, id, family == AF_INET ? 4 : 16, bytes);
}

/* With the next hops from @first to @last. */
static struct nl_msg *
new_multipath (guint8 family, guint8 first, guint8 last)
{
  struct nl_msg *msg = new_route (family, 8);
  struct nlattr *nest;

  put_address (msg, RTA_DST, family, 0);
  nest = nla_nest_start (msg, RTA_MULTIPATH);
  for (guint8 i = first; i <= last; i++) {
    struct rtnexthop *hop = nlmsg_reserve (msg, sizeof *hop, NLMSG_ALIGNTO);

    *hop = (struct rtnexthop){ .rtnh_len = sizeof *hop + (family == AF_INET ? 8 : 20),
                               .rtnh_ifindex = i };
    put_address (msg, RTA_GATEWAY, family, i);
  }
  nla_nest_end (msg, nest);
  return msg;
}

/* One of each sort: 1 and 2 local, 3 of a link, 4 to 7 behind a gateway. */
static GByteArray *
new_stream (void)
{
  static const guint32 magic = NSD_ROUTE_STREAM_MAGIC;
  GByteArray *stream = g_byte_array_new ();
  struct nl_msg *msg = new_route (AF_INET, 32);
  struct nlattr *nest;

  g_byte_array_append (stream, (const guint8 *)&magic, sizeof magic);
  put_address (msg, RTA_DST, AF_INET, 1);
  put_address (msg, RTA_PREFSRC, AF_INET, 1);
  append (stream, msg);
  msg = new_route (AF_INET6, 64);
  put_address (msg, RTA_DST, AF_INET6, 2);
  nla_put_u32 (msg, RTA_OIF, 3);
  append (stream, msg);
  msg = new_route (AF_INET, 24);
  put_address (msg, RTA_DST, AF_INET, 0);
  put_address (msg, RTA_PREFSRC, AF_INET, 1);
  append (stream, msg);
  msg = new_route (AF_INET, 0);
  put_address (msg, RTA_GATEWAY, AF_INET, 9);
  nest = nla_nest_start (msg, RTA_METRICS);
  nla_put_u32 (msg, RTAX_MTU, 1400);
  nla_nest_end (msg, nest);
  append (stream, msg);
  append (stream, new_multipath (AF_INET, 1, 2));
  msg = new_route (AF_INET, 8);
  put_address (msg, RTA_DST, AF_INET, 0);
  nla_put (msg, RTA_VIA, 2 + 16, (const guint8[18]){ AF_INET6 });
  append (stream, msg);
  msg = new_route (AF_INET6, 0);
  nla_put_u32 (msg, RTA_NH_ID, 7);
  append (stream, msg);
  return stream;
}

/* Whatever can be asked of routes that have passed. */
static void
use (const GPtrArray *messages)
{
  g_autoptr (GHashTable) hops = nsd_route_hops_new ();

  for (guint i = 0; i < messages->len; i++) {
    g_autofree char *destination = nsd_route_stream_destination (messages->pdata[i]);

    g_assert_cmpuint (nsd_route_stream_turn (messages->pdata[i]), <, NSD_ROUTE_STREAM_TURNS);
    g_assert_nonnull (strchr (destination, '/'));
    nsd_route_hops_reduce (hops, messages->pdata[i]);
    nsd_route_stream_strip (messages->pdata[i]);
  }
}

/* In memory of just this size, so that a sanitizer sees whoever reads behind it. */
static gboolean
try (const guint8 *bytes, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) messages = nsd_route_stream_parse (copy, length, &error);

  g_assert_true ((messages == NULL) == (error != NULL));
  if (messages == NULL)
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  else
    use (messages);
  return messages != NULL;
}

static void
test_whole (void)
{
  static const guint turns[] = { 0, 0, 1, 2, 2, 2, 2 };
  g_autoptr (GByteArray) stream = new_stream ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) messages = nsd_route_stream_parse (stream->data, stream->len, &error);
  g_autofree char *first = NULL, *last = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (messages->len, ==, G_N_ELEMENTS (turns));
  for (guint i = 0; i < messages->len; i++)
    g_assert_cmpuint (nsd_route_stream_turn (messages->pdata[i]), ==, turns[i]);
  first = nsd_route_stream_destination (messages->pdata[0]);
  last = nsd_route_stream_destination (messages->pdata[6]);
  g_assert_cmpstr (first, ==, "10.0.0.1/32");
  g_assert_cmpstr (last, ==, "::/0");
}

static struct nlattr *
find (struct nlmsghdr *nlh, int id)
{
  return nlmsg_find_attr (nlh, sizeof (struct rtmsg), id);
}

/* What a next hop object holds goes, from wherever it is, and the rest stays. */
static void
test_strip_object (void)
{
  struct nl_msg *msg = new_route (AF_INET, 8);
  struct nlmsghdr *nlh = nlmsg_hdr (msg);
  struct rtmsg *rtm = NLMSG_DATA (nlh);

  rtm->rtm_flags = RTNH_F_ONLINK | RTNH_F_LINKDOWN;
  rtm->rtm_type = RTN_BLACKHOLE;
  nla_put_u16 (msg, RTA_ENCAP_TYPE, 2);
  put_address (msg, RTA_DST, AF_INET, 7);
  put_address (msg, RTA_GATEWAY, AF_INET, 9);
  nla_put_u32 (msg, RTA_OIF, 3);
  nla_put_u32 (msg, RTA_NH_ID, 5);
  nla_put_u32 (msg, RTA_PRIORITY, 6);
  nla_put (msg, RTA_VIA, 6, "\0\0abcd");
  nsd_route_stream_strip (nlh);
  g_assert_cmpuint (rtm->rtm_flags, ==, 0);
  g_assert_cmpuint (rtm->rtm_type, ==, RTN_UNICAST);
  g_assert_cmpuint (nlh->nlmsg_len, ==, NLMSG_LENGTH (sizeof *rtm) + 3 * 8);
  g_assert_cmpmem (nla_data (find (nlh, RTA_DST)), 4, ((guint8[]){ 10, 0, 0, 7 }), 4);
  g_assert_cmpuint (nla_get_u32 (find (nlh, RTA_NH_ID)), ==, 5);
  g_assert_cmpuint (nla_get_u32 (find (nlh, RTA_PRIORITY)), ==, 6);
  nlmsg_free (msg);
}

/* Without one, all stays but what the kernel alone says. */
static void
test_strip_flags (void)
{
  struct nl_msg *msg = new_route (AF_INET, 8);
  struct nlmsghdr *nlh = nlmsg_hdr (msg);
  struct rtmsg *rtm = NLMSG_DATA (nlh);
  guint32 length;

  rtm->rtm_flags = RTNH_F_ONLINK | RTNH_F_LINKDOWN;
  rtm->rtm_type = RTN_BLACKHOLE;
  put_address (msg, RTA_GATEWAY, AF_INET, 9);
  nla_put_u32 (msg, RTA_OIF, 3);
  length = nlh->nlmsg_len;
  nsd_route_stream_strip (nlh);
  g_assert_cmpuint (rtm->rtm_flags, ==, RTNH_F_ONLINK);
  g_assert_cmpuint (rtm->rtm_type, ==, RTN_BLACKHOLE);
  g_assert_cmpuint (nlh->nlmsg_len, ==, length);
  nlmsg_free (msg);
}

/* Next hops that have been seen go, and what is behind them stays. */
static void
test_hops (void)
{
  g_autoptr (GHashTable) hops = nsd_route_hops_new ();
  struct nl_msg *first = new_multipath (AF_INET6, 2, 3);
  struct nl_msg *second = new_multipath (AF_INET6, 1, 4);
  struct nl_msg *third = new_multipath (AF_INET6, 1, 2);
  struct nl_msg *alone = new_route (AF_INET6, 8);
  struct rtnexthop *hop;

  nla_put_u32 (second, RTA_PRIORITY, 1024);
  put_address (alone, RTA_DST, AF_INET6, 0);
  put_address (alone, RTA_GATEWAY, AF_INET6, 4);
  nla_put_u32 (alone, RTA_OIF, 4);
  g_assert_true (nsd_route_hops_reduce (hops, nlmsg_hdr (first)));
  g_assert_true (nsd_route_hops_reduce (hops, nlmsg_hdr (second)));
  g_assert_cmpint (nla_len (find (nlmsg_hdr (second), RTA_MULTIPATH)), ==, 2 * 28);
  hop = nla_data (find (nlmsg_hdr (second), RTA_MULTIPATH));
  g_assert_cmpint (hop->rtnh_ifindex, ==, 1);
  g_assert_cmpint (RTNH_NEXT (hop)->rtnh_ifindex, ==, 4);
  g_assert_cmpuint (nla_get_u32 (find (nlmsg_hdr (second), RTA_PRIORITY)), ==, 1024);
  g_assert_false (nsd_route_hops_reduce (hops, nlmsg_hdr (third)));
  g_assert_false (nsd_route_hops_reduce (hops, nlmsg_hdr (alone)));
  nla_put_u32 (alone, RTA_PRIORITY, 7);
  g_assert_true (nsd_route_hops_reduce (hops, nlmsg_hdr (alone)));
  nlmsg_free (first);
  nlmsg_free (second);
  nlmsg_free (third);
  nlmsg_free (alone);
}

static void
test_empty (void)
{
  static const guint32 magic = NSD_ROUTE_STREAM_MAGIC;

  g_assert_true (try ((const guint8 *)&magic, sizeof magic));
  g_assert_false (try ((const guint8 *)&magic, 0));
  g_assert_false (try ((const guint8 *)"no such thing", 12));
}

/* A stream may end behind each of its routes, and nowhere else. */
static void
test_cuts (void)
{
  g_autoptr (GByteArray) stream = new_stream ();
  guint accepted = 0;

  for (gsize length = 0; length <= stream->len; length++)
    accepted += try (stream->data, length);
  g_assert_cmpuint (accepted, ==, 8);
}

static void
test_lengths (void)
{
  static const guint32 hostile[] = {
    0,  1,      3,      4,      15,      16,         27,         28,         29,
    32, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff
  };
  g_autoptr (GByteArray) stream = new_stream ();

  /* At each place there is a length of something, or of nothing. */
  for (gsize at = 4; at + 4 <= stream->len; at += 2) {
    for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++) {
      g_autofree guint8 *copy = g_memdup2 (stream->data, stream->len);

      memcpy (copy + at, &hostile[i], 4);
      try (copy, stream->len);
      memcpy (copy + at, stream->data + at, 4);
      memcpy (copy + at, &hostile[i], 2);
      try (copy, stream->len);
    }
  }
}

static void
test_says_where (void)
{
  g_autoptr (GByteArray) stream = new_stream ();
  g_autoptr (GError) error = NULL;
  struct nlmsghdr *first = (struct nlmsghdr *)(stream->data + 4);
  struct nlmsghdr *second = (struct nlmsghdr *)((char *)first + NLMSG_ALIGN (first->nlmsg_len));

  second->nlmsg_type = RTM_DELROUTE;
  g_assert_null (nsd_route_stream_parse (stream->data, stream->len, &error));
  g_assert_cmpstr (error->message, ==, "Route 2 of the stream, at byte 48, is not a route");
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) stream = new_stream ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240607);
  guint accepted = 0;

  for (guint i = 0; i < MUTATIONS; i++) {
    g_autofree guint8 *copy = g_memdup2 (stream->data, stream->len);
    gint32 changes = g_rand_int_range (rand, 1, 5);

    while (changes-- > 0)
      copy[g_rand_int_range (rand, 4, (gint32)stream->len)] = (guint8)g_rand_int (rand);
    accepted += try (copy, stream->len);
  }
  /* Both happen: addresses can be anything, lengths cannot. */
  g_assert_cmpuint (accepted, >, MUTATIONS / 10);
  g_assert_cmpuint (accepted, <, MUTATIONS * 9 / 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/route-stream/whole", test_whole);
  g_test_add_func ("/route-stream/strip-object", test_strip_object);
  g_test_add_func ("/route-stream/strip-flags", test_strip_flags);
  g_test_add_func ("/route-stream/hops", test_hops);
  g_test_add_func ("/route-stream/empty", test_empty);
  g_test_add_func ("/route-stream/cuts", test_cuts);
  g_test_add_func ("/route-stream/lengths", test_lengths);
  g_test_add_func ("/route-stream/says-where", test_says_where);
  g_test_add_func ("/route-stream/mutations", test_mutations);
  return g_test_run ();
}
