/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of routes make of struct rtmsg and RTA_*, and the identity of a route. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "routes.h"
#include "support.h"

typedef struct {
  NsdAttrBuilder builder;
  struct rtmsg *header;
} Route;

static void
route_clear (Route *route)
{
  nsd_attr_builder_clear (&route->builder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Route, route_clear)

static void
route_init (Route *route, int family)
{
  nsd_attr_builder_init (&route->builder, &test_context, RTM_NEWROUTE, 0, sizeof (struct rtmsg));
  route->builder.family = family;
  route->header = route->builder.header;
  route->header->rtm_family = (guint8)family;
}

static gboolean
try_put (Route *route, const char *name, const char *text, GError **error)
{
  const NsdAttr *attr = test_row (&nsd_route_table, name);
  g_autoptr (GVariant) value = test_value (attr, text);

  return nsd_attr_put (&route->builder, attr, value, error);
}

static void
put (Route *route, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_put (route, name, text, &error));
  g_assert_no_error (error);
}

static void
refuse (int family, const char *name, const char *text, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_auto (Route) route;

  route_init (&route, family);
  if (try_put (&route, name, text, &error)) {
    g_test_fail_printf ("%s %s is taken", name, text);
    return;
  }
  g_assert_nonnull (strstr (error->message, name));
  test_assert_invalid (&error, why);
}

static void
assert_read (const Route *route, const char *name, const char *expected)
{
  const NsdAttr *attr = test_row (&nsd_route_table, name);
  const struct nlmsghdr *nlh = nlmsg_hdr (route->builder.msg);
  NsdAttrView view;

  nsd_attr_view_init (&view, &test_context, route->header,
                      nlmsg_attrdata (nlh, sizeof (struct rtmsg)),
                      nlmsg_attrlen (nlh, sizeof (struct rtmsg)));
  test_assert_value (attr->type->get (&view, attr), expected);
}

static void
round_trip (int family, const char *name, const char *text)
{
  g_auto (Route) route;

  route_init (&route, family);
  put (&route, name, text);
  assert_read (&route, name, text);
}

static void
test_values (void)
{
  round_trip (AF_INET, "Destination", "'192.0.2.0/24'");
  round_trip (AF_INET, "Destination", "'0.0.0.0/0'");
  round_trip (AF_INET6, "Destination", "'2001:db8::/33'");
  round_trip (AF_INET6, "Destination", "'::/0'");
  round_trip (AF_INET6, "Source", "'2001:db8::/64'");
  round_trip (AF_INET, "Gateway", "'192.0.2.1'");
  round_trip (AF_INET, "Gateway", "'fe80::1'");
  round_trip (AF_INET6, "Gateway", "'fe80::1'");
  round_trip (AF_INET, "Link", "'/org/netnsd1/netns/7/link/3'");
  round_trip (AF_INET, "PreferredSource", "'192.0.2.1'");
  round_trip (AF_INET, "Table", "254");
  round_trip (AF_INET, "Table", "4294967295");
  round_trip (AF_INET, "Protocol", "'static'");
  round_trip (AF_INET, "Protocol", "'99'");
  round_trip (AF_INET, "Scope", "'link'");
  round_trip (AF_INET, "Type", "'blackhole'");
  round_trip (AF_INET, "Metric", "100");
  round_trip (AF_INET, "Tos", "0x10");
  round_trip (AF_INET, "Flags", "['onlink']");
  round_trip (AF_INET, "Metrics", "{'mtu': 1400, 'advmss': 1300}");
  round_trip (AF_INET, "NextHopId", "7");
  round_trip (AF_INET6, "Preference", "'low'");
  round_trip (AF_INET6, "Family", "'inet6'");
}

static void
test_encapsulation (void)
{
  round_trip (AF_INET, "Encapsulation", "{}");
  round_trip (AF_INET6, "Encapsulation",
              "{'Type': <'ip'>, 'Id': <uint64 5>, 'Destination': <'10.0.0.1'>, "
              "'Source': <''>, 'Ttl': <byte 0x03>, 'Tos': <byte 0x04>, 'Flags': <['key', 'seq']>}");
  round_trip (AF_INET, "Encapsulation",
              "{'Type': <'ip6'>, 'Id': <uint64 1099511627776>, 'Destination': <'::5'>, "
              "'Source': <'::6'>, 'HopLimit': <byte 0x03>, 'TrafficClass': <byte 0x04>, "
              "'Flags': <@as []>}");
  round_trip (AF_INET, "Encapsulation", "{'Type': <'mpls'>, 'Destination': <'0/200/1048575'>}");
  round_trip (AF_INET, "Encapsulation",
              "{'Type': <'mpls'>, 'Destination': <'100'>, 'Ttl': <byte 0x07>}");
  round_trip (AF_INET6, "Encapsulation",
              "{'Type': <'seg6'>, 'Mode': <'inline'>, 'Segments': <['fc00::1', 'fc00::2']>}");
  round_trip (AF_INET6, "Encapsulation",
              "{'Type': <'seg6'>, 'Mode': <'encap.red'>, 'Segments': <['fc00::1', 'fc00::2']>, "
              "'Hmac': <uint32 4294967295>}");
  round_trip (AF_INET6, "Encapsulation",
              "{'Type': <'seg6local'>, 'Action': <'End.B6'>, 'Segments': <['fc00::1']>, "
              "'Hmac': <uint32 1>}");
  round_trip (AF_INET6, "Encapsulation",
              "{'Type': <'seg6local'>, 'Action': <'End.DT4'>, 'Table': <uint32 1>, "
              "'VrfTable': <uint32 2>, 'Nh4': <'10.0.0.1'>, 'Nh6': <'::1'>, "
              "'InputLink': <objectpath '/org/netnsd1/netns/7/link/3'>, "
              "'OutputLink': <objectpath '/org/netnsd1/netns/7/link/4'>}");
}

/* Types without rows, and headers that are shorter than they say. */
static void
test_odd_encapsulation (void)
{
  static const struct {
    guint16 type;
    guint8 bytes[24];
    gsize length;
    const char *shown;
  } odd[] = {
    { 6, { 0 }, 0, "{'Type': <'bpf'>}" },
    { 99, { 0 }, 0, "{'Type': <'99'>}" },
    { 5, { 0 }, 3, "{'Type': <'seg6'>, 'Mode': <'inline'>}" },
    { 5, { 1 }, 11, "{'Type': <'seg6'>, 'Mode': <'encap'>, 'Segments': <@as []>}" },
    { 5, { 1 }, 24, "{'Type': <'seg6'>, 'Mode': <'encap'>, 'Segments': <@as []>}" },
    { 5,
      { 1, 0, 0, 0, 0, 255, 4, 0, 255, 8 },
      24,
      "{'Type': <'seg6'>, 'Mode': <'encap'>, 'Segments': <@as []>}" },
    { 1, { 0 }, 3, "{'Type': <'mpls'>, 'Destination': <''>}" },
    { 8, { 0, 0, 0, 9 }, 24, "{'Type': <'rpl'>}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_auto (Route) route;
    struct nlattr *nest;

    route_init (&route, AF_INET6);
    nsd_attr_builder_add (&route.builder, RTA_ENCAP_TYPE, &odd[i].type, 2, NULL);
    nest = nsd_attr_builder_open (&route.builder, RTA_ENCAP, NULL);
    nsd_attr_builder_add (&route.builder, 1, odd[i].bytes, odd[i].length, NULL);
    nsd_attr_builder_close (&route.builder, nest);
    assert_read (&route, "Encapsulation", odd[i].shown);
  }
}

static void
test_none (void)
{
  g_auto (Route) route;

  route_init (&route, AF_INET);
  assert_read (&route, "Destination", "'0.0.0.0/0'");
  assert_read (&route, "Source", "''");
  assert_read (&route, "Gateway", "''");
  assert_read (&route, "Link", "'/'");
  assert_read (&route, "Metrics", "{}");
  assert_read (&route, "NextHops", "[]");
  assert_read (&route, "Encapsulation", "{}");
  assert_read (&route, "Expires", "0");
}

static void
test_refused_values (void)
{
  refuse (AF_INET, "Destination", "'192.0.2.1/24'", "behind its prefix length");
  refuse (AF_INET6, "Destination", "'2001:db8::1/127'", "behind its prefix length");
  refuse (AF_INET, "Destination", "'2001:db8::/32'", "not an IPv4 address");
  refuse (AF_INET, "Destination", "'Default'", "not an IPv4 address");
  refuse (AF_INET6, "Gateway", "'192.0.2.1'", "cannot have the IPv4 gateway");
  refuse (AF_INET, "PreferredSource", "'fe80::1'", "not an IPv4 address");
  refuse (AF_INET, "Link", "'/org/netnsd1/netns/8/link/3'", "another namespace");
  refuse (AF_INET, "Table", "0", "not a table");
  refuse (AF_INET, "Protocol", "'256'", "up to 255");
  refuse (AF_INET, "Type", "'black-hole'", "unknown word");
  refuse (AF_INET, "Flags", "['dead']", "can be chosen");
  refuse (AF_INET, "Flags", "['on-link']", "unknown flag");
  refuse (AF_INET, "Family", "'inet6'", "not the family of the destination");
  refuse (AF_INET, "Metrics", "{'MTU': 5}", "unknown word");
  refuse (AF_INET, "Metrics", "{'2': 5}", "unknown word");
}

/* There is no metric 0; the kernel would pass over it in silence. */
static void
test_metric_zero (void)
{
  refuse (AF_INET, "Metrics", "{'0': 5}", "unknown word");
}

/* The source network is a network; only a destination can be the default. */
static void
test_default_source (void)
{
  refuse (AF_INET6, "Source", "'default'", "not an IPv6 address");
}

static void
test_next_hops (void)
{
  const char *text =
      "[{'Gateway': <'192.0.2.1'>, 'Link': <objectpath '/org/netnsd1/netns/7/link/3'>"
      ", 'Weight': <uint32 1>, 'Flags': <['onlink']>, 'Encapsulation': <@a{sv} {}>}, "
      "{'Gateway': <'fe80::1'>, 'Link': <objectpath '/'>, 'Weight': <uint32 256>, "
      "'Flags': <@as []>, 'Encapsulation': <{'Type': <'mpls'>, 'Destination': <'5'>}>}]";
  g_auto (Route) route;
  g_autoptr (GVariant) value = NULL;
  g_autofree char *printed = NULL;
  const NsdAttr *attr = test_row (&nsd_route_table, "NextHops");
  NsdAttrView view;

  route_init (&route, AF_INET);
  put (&route, "NextHops", text);
  nsd_attr_view_init (&view, &test_context, route.header,
                      nlmsg_attrdata (nlmsg_hdr (route.builder.msg), sizeof (struct rtmsg)),
                      nlmsg_attrlen (nlmsg_hdr (route.builder.msg), sizeof (struct rtmsg)));
  value = g_variant_ref_sink (attr->type->get (&view, attr));
  printed = g_variant_print (value, TRUE);
  g_assert_cmpstr (printed, ==, text);
}

static void
test_bad_next_hops (void)
{
  refuse (AF_INET, "NextHops", "[{'Weight': <uint32 0>}]", "1 to 256");
  refuse (AF_INET, "NextHops", "[{'Weight': <uint32 257>}]", "1 to 256");
  refuse (AF_INET, "NextHops", "[{'Weight': <byte 1>}]", "expected a value of type u");
  refuse (AF_INET, "NextHops", "[{'Via': <'192.0.2.1'>}]", "Via");
  refuse (AF_INET, "NextHops", "[{'Gateway': <'192.0.2'>}]", "not an IP address");
  refuse (AF_INET, "NextHops", "[{'Flags': <['dead']>}]", "can be chosen");
  refuse (AF_INET, "NextHops", "[{'Link': <objectpath '/org/netnsd1/netns/8/link/3'>}]",
          "another namespace");
}

/* `put` fails before it has written anything: attr.h. */
static void
test_nothing_written (void)
{
  static const char *const bad[][2] = {
    { "Metrics", "{'mtu': 5, 'MTU': 5}" },
    { "NextHops", "[{'Weight': <uint32 1>}, {'Weight': <uint32 0>}]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_auto (Route) route;
    guint32 length;

    route_init (&route, AF_INET);
    length = nlmsg_hdr (route.builder.msg)->nlmsg_len;
    g_assert_false (try_put (&route, bad[i][0], bad[i][1], NULL));
    if (nlmsg_hdr (route.builder.msg)->nlmsg_len != length)
      g_test_fail_printf ("%s has written something", bad[i][0]);
  }
}

static void
assert_other_key (const char *name, const char *text, gboolean other)
{
  g_auto (Route) plain;
  g_auto (Route) changed;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  route_init (&plain, AF_INET);
  put (&plain, "Destination", "'192.0.2.0/24'");
  put (&plain, "Table", "254");
  before = nsd_route_key (nlmsg_hdr (plain.builder.msg));
  route_init (&changed, AF_INET);
  put (&changed, "Destination", "'192.0.2.0/24'");
  if (strcmp (name, "Table") != 0)
    put (&changed, "Table", "254");
  put (&changed, name, text);
  after = nsd_route_key (nlmsg_hdr (changed.builder.msg));
  if ((strcmp (before, after) != 0) != other)
    g_test_fail_printf ("%s %s the key", name, other ? "does not change" : "changes");
}

static void
test_keys (void)
{
  assert_other_key ("Table", "253", TRUE);
  assert_other_key ("Metric", "5", TRUE);
  assert_other_key ("Tos", "0x10", TRUE);
  assert_other_key ("Gateway", "'198.51.100.1'", TRUE);
  assert_other_key ("Gateway", "'fe80::1'", TRUE);
  assert_other_key ("Link", "'/org/netnsd1/netns/7/link/3'", TRUE);
  assert_other_key ("Type", "'blackhole'", TRUE);
  assert_other_key ("NextHops", "[{'Weight': <uint32 2>}]", TRUE);
  assert_other_key ("NextHopId", "5", TRUE);
  assert_other_key ("Flags", "['onlink']", TRUE);
  assert_other_key ("Encapsulation", "{'Type': <'ip'>}", TRUE);
  assert_other_key ("Preference", "'high'", FALSE);
  assert_other_key ("Expires", "60", FALSE);
}

static void
test_no_key (void)
{
  g_auto (Route) route;

  route_init (&route, AF_UNSPEC);
  g_assert_null (nsd_route_key (nlmsg_hdr (route.builder.msg)));
  route.header->rtm_family = AF_INET;
  nlmsg_hdr (route.builder.msg)->nlmsg_len -= 1;
  g_assert_null (nsd_route_key (nlmsg_hdr (route.builder.msg)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/route-rows/values", test_values);
  g_test_add_func ("/route-rows/encapsulation", test_encapsulation);
  g_test_add_func ("/route-rows/odd-encapsulation", test_odd_encapsulation);
  g_test_add_func ("/route-rows/none", test_none);
  g_test_add_func ("/route-rows/refused-values", test_refused_values);
  g_test_add_func ("/route-rows/metric-zero", test_metric_zero);
  g_test_add_func ("/route-rows/default-source", test_default_source);
  g_test_add_func ("/route-rows/next-hops", test_next_hops);
  g_test_add_func ("/route-rows/bad-next-hops", test_bad_next_hops);
  g_test_add_func ("/route-rows/nothing-written", test_nothing_written);
  g_test_add_func ("/route-rows/keys", test_keys);
  g_test_add_func ("/route-rows/no-key", test_no_key);
  return g_test_run ();
}
