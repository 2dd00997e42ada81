/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses, prefixes and MAC addresses as text. */
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "support.h"

static void
assert_ip (const char *text, int wanted, int family, const char *canonical)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *back = NULL;
  guint8 bytes[16];
  int found = wanted;
  gsize length = nsd_ip_parse (text, &found, bytes, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, family == AF_INET ? 4 : 16);
  g_assert_cmpint (found, ==, family);
  back = nsd_ip_text (bytes, length);
  g_assert_cmpstr (back, ==, canonical);
}

static void
test_good (void)
{
  assert_ip ("192.0.2.1", AF_UNSPEC, AF_INET, "192.0.2.1");
  assert_ip ("192.0.2.1", AF_INET, AF_INET, "192.0.2.1");
  assert_ip ("0.0.0.0", AF_UNSPEC, AF_INET, "0.0.0.0");
  assert_ip ("255.255.255.255", AF_UNSPEC, AF_INET, "255.255.255.255");
  assert_ip ("2001:DB8:0:0::1", AF_UNSPEC, AF_INET6, "2001:db8::1");
  assert_ip ("::", AF_INET6, AF_INET6, "::");
  assert_ip ("::ffff:192.0.2.1", AF_UNSPEC, AF_INET6, "::ffff:192.0.2.1");
}

static void
assert_bad_ip (const char *text, int family, const char *why)
{
  g_autoptr (GError) error = NULL;
  guint8 bytes[16];
  int found = family;

  if (nsd_ip_parse (text, &found, bytes, &error) != 0) {
    g_test_fail_printf ("%s is taken", text);
    return;
  }
  test_assert_invalid (&error, why);
  g_assert_cmpint (found, ==, family);
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    "",
    " ",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.1.1",
    "192.0.02.1",
    "0xc0000201",
    "3221225985",
    "192.0.2.1 ",
    " 192.0.2.1",
    "192.0.2.1/24",
    "fe80::1%lo",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::g",
    "localhost",
    "any",
    "::12345",
    "[::1]",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_bad_ip (bad[i], AF_UNSPEC, "not an IP address");
  assert_bad_ip ("::1", AF_INET, "not an IPv4 address");
  assert_bad_ip ("192.0.2.1", AF_INET6, "not an IPv6 address");
}

static void
assert_prefix (const char *text, gsize length, guint8 bits)
{
  g_autoptr (GError) error = NULL;
  int family = AF_UNSPEC;
  guint8 found = 255;
  guint8 bytes[16];

  g_assert_cmpuint (nsd_prefix_parse (text, &family, bytes, &found, &error), ==, length);
  g_assert_no_error (error);
  g_assert_cmpuint (found, ==, bits);
  g_assert_cmpint (family, ==, length == 4 ? AF_INET : AF_INET6);
}

static void
test_prefixes (void)
{
  assert_prefix ("192.0.2.0/24", 4, 24);
  assert_prefix ("0.0.0.0/0", 4, 0);
  assert_prefix ("192.0.2.1/32", 4, 32);
  assert_prefix ("192.0.2.1", 4, 32);
  assert_prefix ("::/0", 16, 0);
  assert_prefix ("2001:db8::/128", 16, 128);
  assert_prefix ("2001:db8::1", 16, 128);
}

static void
test_bad_prefixes (void)
{
  static const char *const bad[] = {
    "",
    "/",
    "/24",
    "192.0.2.0/",
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/+1",
    "192.0.2.0/ 1",
    "192.0.2.0/24 ",
    "192.0.2.0/24/1",
    "192.0.2.0/0x8",
    "192.0.2.0/255.255.255.0",
    "::/129",
    "::/256",
    "::/4294967296",
    "::/18446744073709551616",
    "default",
    "192.0.2/24",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    int family = AF_UNSPEC;
    guint8 bits = 99;
    guint8 bytes[16];

    if (nsd_prefix_parse (bad[i], &family, bytes, &bits, &error) != 0) {
      g_test_fail_printf ("%s is taken", bad[i]);
      continue;
    }
    test_assert_invalid (&error, "“");
    g_assert_cmpuint (bits, ==, 99);
  }
}

/* What contradicts the family that is known already is refused, not converted. */
static void
test_prefix_of_family (void)
{
  g_autoptr (GError) error = NULL;
  int family = AF_INET6;
  guint8 bits, bytes[16];

  g_assert_cmpuint (nsd_prefix_parse ("192.0.2.0/24", &family, bytes, &bits, &error), ==, 0);
  test_assert_invalid (&error, "not an IPv6 address");
  g_assert_cmpint (family, ==, AF_INET6);
}

static void
test_ip_text (void)
{
  static const guint8 bytes[20] = { 192, 0, 2, 1 };

  for (gsize length = 0; length <= sizeof bytes; length++) {
    g_autofree char *text = nsd_ip_text (bytes, length);

    g_assert_cmpstr (text, ==, length == 4 ? "192.0.2.1" : length == 16 ? "c000:201::" : "");
  }
}

static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);

  for (guint round = 0; round < 20000; round++) {
    gsize length = g_rand_boolean (rand) ? 4 : 16;
    g_autofree char *text = NULL;
    guint8 bytes[16], back[16];
    int family = AF_UNSPEC;

    for (gsize i = 0; i < length; i++)
      bytes[i] = g_rand_boolean (rand) ? 0 : (guint8)g_rand_int (rand);
    text = nsd_ip_text (bytes, length);
    g_assert_cmpuint (nsd_ip_parse (text, &family, back, NULL), ==, length);
    g_assert_cmpmem (back, length, bytes, length);
  }
}

static void
test_macs (void)
{
  static const guint8 bytes[4] = { 0x0a, 0xff, 0, 0x10 };
  guint8 back[4] = { 0 };

  test_assert_value (nsd_mac_variant (bytes, 4), "'0a:ff:00:10'");
  test_assert_value (nsd_mac_variant (bytes, 1), "'0a'");
  test_assert_value (nsd_mac_variant (NULL, 0), "''");
  g_assert_cmpuint (nsd_mac_parse ("0A:ff:00:10", back, 4), ==, 4);
  g_assert_cmpmem (back, 4, bytes, 4);
  g_assert_cmpuint (nsd_mac_parse ("0a", back, 4), ==, 1);
  g_assert_cmpuint (nsd_mac_parse ("0a:ff:00:10", back, 3), ==, 0);
  g_assert_cmpuint (nsd_mac_parse ("0a:ff:00:1", back, 4), ==, 0);
  g_assert_cmpuint (nsd_mac_parse ("0a:ff:", back, 4), ==, 0);
  g_assert_cmpuint (nsd_mac_parse ("", back, 4), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ip/good", test_good);
  g_test_add_func ("/ip/bad", test_bad);
  g_test_add_func ("/ip/prefixes", test_prefixes);
  g_test_add_func ("/ip/bad-prefixes", test_bad_prefixes);
  g_test_add_func ("/ip/prefix-of-family", test_prefix_of_family);
  g_test_add_func ("/ip/text", test_ip_text);
  g_test_add_func ("/ip/random", test_random);
  g_test_add_func ("/ip/macs", test_macs);
  return g_test_run ();
}
