/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-path.h"

#define NETNS "/org/netnsd1/netns/"

static const struct {
  const char *path;
  NsdNode node;
  guint64 netns;
  int ifindex;
  const char *key;
} good[] = {
  { "/", NSD_NODE_ROOT, 0, 0, NULL },
  { "/org", NSD_NODE_ORG, 0, 0, NULL },
  { "/org/netnsd1", NSD_NODE_MANAGER, 0, 0, NULL },
  { "/org/netnsd1/netns", NSD_NODE_NETNS_DIR, 0, 0, NULL },
  { NETNS "1", NSD_NODE_NAMESPACE, 1, 0, NULL },
  { NETNS "18446744073709551615", NSD_NODE_NAMESPACE, G_MAXUINT64, 0, NULL },
  { NETNS "10/link", NSD_NODE_LINK_DIR, 10, 0, NULL },
  { NETNS "10/link/1", NSD_NODE_LINK, 10, 1, "1" },
  { NETNS "10/link/2147483647", NSD_NODE_LINK, 10, G_MAXINT, "2147483647" },
  { NETNS "10/address", NSD_NODE_ADDRESS_DIR, 10, 0, NULL },
  { NETNS "10/address/2_c0000201_18", NSD_NODE_ADDRESS, 10, 0, "2_c0000201_18" },
  { NETNS "10/route", NSD_NODE_ROUTE_DIR, 10, 0, NULL },
  { NETNS "10/route/0", NSD_NODE_ROUTE, 10, 0, "0" },
  { NETNS "10/route/_", NSD_NODE_ROUTE, 10, 0, "_" },
};

static const char *const bad[] = {
  "",
  "org/netnsd1",
  "//",
  "/org/",
  "/ORG",
  "/org/netnsd1/",
  "/org/netnsd2",
  "/org/netnsd1x",
  "/org/netnsd1/link",
  "/org/netnsd1/netns/",
  "/org/netnsd1/netnsx",
  "/org/netnsd1/Netns/1",
  "/org/netnsd1//netns/1",
  NETNS "0",
  NETNS "01",
  NETNS "00",
  NETNS "-1",
  NETNS "+1",
  NETNS " 1",
  NETNS "1 ",
  NETNS "0x1",
  NETNS "1a",
  NETNS "a",
  NETNS "/1",
  NETNS "1/",
  NETNS "18446744073709551616",
  NETNS "18446744073709551620",
  NETNS "184467440737095516150",
  NETNS "99999999999999999999999999999999",
  NETNS "1/links",
  NETNS "1/lin",
  NETNS "1/Link",
  NETNS "1/link/",
  NETNS "1//link",
  NETNS "1//link/1",
  NETNS "1/link//1",
  NETNS "1/link/0",
  NETNS "1/link/01",
  NETNS "1/link/-1",
  NETNS "1/link/+1",
  NETNS "1/link/1/",
  NETNS "1/link/1/2",
  NETNS "1/link/1a",
  NETNS "1/link/a",
  NETNS "1/link/2147483648",
  NETNS "1/link/4294967297",
  NETNS "1/link/18446744073709551617",
  NETNS "1/address/",
  NETNS "1/address/A",
  NETNS "1/address/g",
  NETNS "1/address/1-2",
  NETNS "1/address/ab/",
  NETNS "1/address/ab/cd",
  NETNS "1/addresses/ab",
  NETNS "1/route/",
  NETNS "1/route/ab/",
  NETNS "1/route/AB",
  NETNS "1/route/ab.",
  NETNS "1/route/a\xc3\xbc",
  NETNS "01/link/1",
  NETNS "0/link/1",
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    NsdPath path = { 0 };

    g_test_message ("%s", good[i].path);
    g_assert_true (nsd_path_decode (good[i].path, &path));
    g_assert_cmpint (path.node, ==, good[i].node);
    g_assert_cmpuint (path.netns, ==, good[i].netns);
    g_assert_cmpint (path.ifindex, ==, good[i].ifindex);
    g_assert_cmpstr (path.key, ==, good[i].key);
  }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    NsdPath path = { NSD_NODE_LINK, 5, 5, "5" };

    if (nsd_path_decode (bad[i], &path)) {
      g_test_fail_printf ("%s is taken", bad[i]);
      continue;
    }
    g_assert_cmpint (path.node, ==, NSD_NODE_NONE);
    g_assert_cmpuint (path.netns, ==, 0);
    g_assert_cmpint (path.ifindex, ==, 0);
    g_assert_null (path.key);
  }
}

static void
assert_decodes (char *text, NsdNode node, guint64 netns, int ifindex, const char *key)
{
  g_autofree char *owned = text;
  NsdPath path;

  g_assert_true (g_variant_is_object_path (text));
  g_assert_true (nsd_path_decode (text, &path));
  g_assert_cmpint (path.node, ==, node);
  g_assert_cmpuint (path.netns, ==, netns);
  g_assert_cmpint (path.ifindex, ==, ifindex);
  g_assert_cmpstr (path.key, ==, key);
}

static void
test_round_trip (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 10000; i++) {
    guint64 netns = (guint64)g_rand_int (rand) << (i % 33) | 1;
    int ifindex = g_rand_int_range (rand, 1, G_MAXINT);
    g_autofree char *number = g_strdup_printf ("%d", ifindex);
    g_autofree char *key = g_strdup_printf ("%x_%x", g_rand_int (rand), i);

    assert_decodes (nsd_path_namespace (netns), NSD_NODE_NAMESPACE, netns, 0, NULL);
    assert_decodes (nsd_path_link (netns, ifindex), NSD_NODE_LINK, netns, ifindex, number);
    assert_decodes (nsd_path_object (netns, NSD_NODE_LINK, number), NSD_NODE_LINK, netns, ifindex,
                    number);
    assert_decodes (nsd_path_object (netns, NSD_NODE_ADDRESS, key), NSD_NODE_ADDRESS, netns, 0,
                    key);
    assert_decodes (nsd_path_object (netns, NSD_NODE_ROUTE, key), NSD_NODE_ROUTE, netns, 0, key);
  }
}

/* The key is the tail of the string itself: nothing to free, and it lives as long. */
static void
test_key_is_within (void)
{
  const char *text = NETNS "3/route/ab_cd";
  NsdPath path;

  g_assert_true (nsd_path_decode (text, &path));
  g_assert_true (path.key == text + 27);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/good", test_good);
  g_test_add_func ("/path/bad", test_bad);
  g_test_add_func ("/path/round-trip", test_round_trip);
  g_test_add_func ("/path/key-is-within", test_key_is_within);
  return g_test_run ();
}
