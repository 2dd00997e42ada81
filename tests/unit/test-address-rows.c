/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of addresses make of struct ifaddrmsg and IFA_*. */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "addresses.h"
#include "support.h"

typedef struct {
  struct ifaddrmsg header;
  NsdAttrBuilder builder;
  NsdAttrView view;
} Fixture;

static void
add_ip (Fixture *fixture, int id, const char *text)
{
  guint8 bytes[16];
  gsize length = fixture->header.ifa_family == AF_INET ? 4 : 16;

  g_assert_cmpint (inet_pton (fixture->header.ifa_family, text, bytes), ==, 1);
  g_assert_true (nsd_attr_builder_add (&fixture->builder, id, bytes, length, NULL));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->header = (struct ifaddrmsg){ AF_INET, 24, IFA_F_PERMANENT, RT_SCOPE_LINK, 3 };
  test_builder_init (&fixture->builder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  nsd_attr_builder_clear (&fixture->builder);
}

static void
assert_read (Fixture *fixture, const char *name, const char *expected)
{
  const NsdAttr *attr = test_row (&nsd_address_table, name);
  guint elapsed = fixture->view.elapsed;

  test_view_of_builder (&fixture->view, &fixture->builder);
  fixture->view.header = &fixture->header;
  fixture->view.elapsed = elapsed;
  test_assert_value (attr->type->get (&fixture->view, attr), expected);
}

static void
test_ipv4 (Fixture *fixture, gconstpointer data)
{
  add_ip (fixture, IFA_ADDRESS, "192.0.2.1");
  add_ip (fixture, IFA_LOCAL, "192.0.2.1");
  add_ip (fixture, IFA_BROADCAST, "192.0.2.255");
  assert_read (fixture, "Address", "'192.0.2.1/24'");
  assert_read (fixture, "Family", "'inet'");
  assert_read (fixture, "Link", "'/org/netnsd1/netns/7/link/3'");
  assert_read (fixture, "Local", "'192.0.2.1'");
  assert_read (fixture, "PrefixLength", "0x18");
  assert_read (fixture, "Peer", "''");
  assert_read (fixture, "Broadcast", "'192.0.2.255'");
  assert_read (fixture, "Scope", "'link'");
  assert_read (fixture, "Protocol", "''");
  assert_read (fixture, "Label", "''");
}

/* With a peer the local address is shown, and IFA_ADDRESS is the other end. */
static void
test_peer (Fixture *fixture, gconstpointer data)
{
  add_ip (fixture, IFA_LOCAL, "192.0.2.1");
  add_ip (fixture, IFA_ADDRESS, "198.51.100.0");
  assert_read (fixture, "Address", "'192.0.2.1/24'");
  assert_read (fixture, "Peer", "'198.51.100.0'");
}

/* IPv6 has no IFA_LOCAL unless there is a peer. */
static void
test_ipv6 (Fixture *fixture, gconstpointer data)
{
  fixture->header.ifa_family = AF_INET6;
  fixture->header.ifa_prefixlen = 128;
  add_ip (fixture, IFA_ADDRESS, "2001:db8::1");
  assert_read (fixture, "Address", "'2001:db8::1/128'");
  assert_read (fixture, "Family", "'inet6'");
  assert_read (fixture, "Local", "'2001:db8::1'");
  assert_read (fixture, "Peer", "''");
  assert_read (fixture, "Broadcast", "''");
}

/* Four bytes are no IPv6 address, whatever stands behind them. */
static void
test_short (Fixture *fixture, gconstpointer data)
{
  add_ip (fixture, IFA_ADDRESS, "192.0.2.1");
  fixture->header.ifa_family = AF_INET6;
  assert_read (fixture, "Local", "''");
  assert_read (fixture, "Address", "'/24'");
}

static void
test_flags (Fixture *fixture, gconstpointer data)
{
  assert_read (fixture, "Flags", "[]");
  fixture->header.ifa_flags = IFA_F_SECONDARY;
  assert_read (fixture, "Flags", "['dynamic', 'secondary']");
  fixture->header.ifa_family = AF_INET6;
  assert_read (fixture, "Flags", "['temporary', 'dynamic']");
  /* IFA_FLAGS has all 32 bits; the header only has eight. */
  nsd_attr_builder_add_u32 (&fixture->builder, IFA_FLAGS, IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE,
                            NULL);
  assert_read (fixture, "Flags", "['noprefixroute']");
}

static void
test_lifetimes (Fixture *fixture, gconstpointer data)
{
  struct ifa_cacheinfo info = { .ifa_prefered = 60, .ifa_valid = 4000000000u, 5, 4294967295u };

  assert_read (fixture, "ValidLifetime", "4294967295");
  nsd_attr_builder_add (&fixture->builder, IFA_CACHEINFO, &info, sizeof info, NULL);
  fixture->view.elapsed = 50;
  assert_read (fixture, "PreferredLifetime", "10");
  assert_read (fixture, "ValidLifetime", "3999999950");
  fixture->view.elapsed = 70;
  assert_read (fixture, "PreferredLifetime", "0");
  assert_read (fixture, "CacheInfo", "{'created': 5, 'updated': 4294967295}");
}

static void
test_for_ever (Fixture *fixture, gconstpointer data)
{
  struct ifa_cacheinfo info = { .ifa_prefered = G_MAXUINT32, .ifa_valid = G_MAXUINT32 };

  nsd_attr_builder_add (&fixture->builder, IFA_CACHEINFO, &info, sizeof info, NULL);
  fixture->view.elapsed = 1000;
  assert_read (fixture, "PreferredLifetime", "4294967295");
  assert_read (fixture, "ValidLifetime", "4294967295");
}

static void
test_writing (void)
{
  const NsdAttr *flags = test_row (&nsd_address_table, "Flags");
  const NsdAttr *protocol = test_row (&nsd_address_table, "Protocol");

  test_refused (flags, "['tentative']", "for the kernel to set");
  test_refused (flags, "['nodad', 'secondary']", "for the kernel to set");
  test_refused (flags, "['temporary']", "unknown flag");
  test_refused (flags, "['dynamic']", "unknown flag");
  test_round_trip (protocol, "'kernel_ra'", NULL);
  test_round_trip (protocol, "'200'", NULL);
  test_round_trip (protocol, "''", NULL);
  test_refused (protocol, "'256'", "up to 255");
  test_round_trip (test_row (&nsd_address_table, "Label"), "'eth0:a'", NULL);
  test_refused (test_row (&nsd_address_table, "Label"), "'1234567890123456'", "at most 15");
  test_refused (test_row (&nsd_address_table, "Scope"), "'256'", "up to 255");
}

/* Every part of the identity is in the key, and nothing runs into its neighbour. */
static void
test_keys (void)
{
  static const guint8 a[16] = { 192, 0, 2, 1 };
  static const guint8 b[16] = { 192, 0, 2, 2 };
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *again = nsd_address_key (1, a, 4, 24, NULL);

  g_hash_table_add (keys, nsd_address_key (1, a, 4, 24, NULL));
  g_hash_table_add (keys, nsd_address_key (1, b, 4, 24, NULL));
  g_hash_table_add (keys, nsd_address_key (1, a, 4, 2, NULL));
  g_hash_table_add (keys, nsd_address_key (11, a, 4, 24, NULL));
  g_hash_table_add (keys, nsd_address_key (1, a, 16, 24, NULL));
  g_hash_table_add (keys, nsd_address_key (1, a, 4, 24, b));
  g_hash_table_add (keys, nsd_address_key (1, b, 4, 24, a));
  g_assert_cmpuint (g_hash_table_size (keys), ==, 7);
  g_assert_true (g_hash_table_contains (keys, again));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/address-rows/ipv4", Fixture, NULL, set_up, test_ipv4, tear_down);
  g_test_add ("/address-rows/peer", Fixture, NULL, set_up, test_peer, tear_down);
  g_test_add ("/address-rows/ipv6", Fixture, NULL, set_up, test_ipv6, tear_down);
  g_test_add ("/address-rows/short", Fixture, NULL, set_up, test_short, tear_down);
  g_test_add ("/address-rows/flags", Fixture, NULL, set_up, test_flags, tear_down);
  g_test_add ("/address-rows/lifetimes", Fixture, NULL, set_up, test_lifetimes, tear_down);
  g_test_add ("/address-rows/for-ever", Fixture, NULL, set_up, test_for_ever, tear_down);
  g_test_add_func ("/address-rows/writing", test_writing);
  g_test_add_func ("/address-rows/keys", test_keys);
  return g_test_run ();
}
