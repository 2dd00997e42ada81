/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of neighbours make of struct ndmsg and NDA_*. */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "neighbours.h"
#include "support.h"

static const NsdAttrTable *const tables[] = { &nsd_neighbour_table, NULL };
static const char *const addresses[] = { "Address", NULL };
static const NsdDescriptionKind kind = {
  tables, NSD_ATTR_READ, RTM_NEWNEIGH, 0, sizeof (struct ndmsg), addresses,
};

static gboolean
try_describe (NsdDescription *description, const char *text, GError **error)
{
  g_autoptr (GError) own = NULL;
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &own);

  g_assert_no_error (own);
  return nsd_description_init (description, &kind, &test_context, dict, error);
}

static void
refuse (const char *text, const char *property, const char *why)
{
  g_auto (NsdDescription) neighbour = { 0 };
  g_autoptr (GError) error = NULL;

  if (try_describe (&neighbour, text, &error)) {
    g_test_fail_printf ("%s is taken", text);
    return;
  }
  g_assert_nonnull (strstr (error->message, property));
  test_assert_invalid (&error, why);
}

static void
assert_reads (const char *text, const char *expected)
{
  g_auto (NsdDescription) neighbour = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (try_describe (&neighbour, text, &error));
  g_assert_no_error (error);
  test_assert_value (nsd_attr_table_read (&nsd_neighbour_table, &neighbour.view), expected);
}

#define LINK "'/org/netnsd1/netns/7/link/3'"

static void
test_values (void)
{
  assert_reads ("{'Link': <objectpath " LINK ">, 'Address': <'192.0.2.1'>, "
                "'MacAddress': <'02:00:00:00:00:0A'>, 'State': <'permanent'>}",
                "{'Link': <objectpath " LINK ">, 'Family': <'inet'>, 'Address': <'192.0.2.1'>, "
                "'Proxy': <false>, 'MacAddress': <'02:00:00:00:00:0a'>, 'State': <'permanent'>, "
                "'Flags': <@as []>}");
  assert_reads ("{'Address': <'2001:DB8::1'>, 'Proxy': <true>, 'Protocol': <'bgp'>, "
                "'Flags': <['managed', 'router']>}",
                "{'Link': <objectpath '/'>, 'Family': <'inet6'>, 'Address': <'2001:db8::1'>, "
                "'Proxy': <true>, 'State': <'none'>, 'Flags': <['router', 'managed']>, "
                "'Protocol': <'bgp'>}");
  assert_reads ("{'Address': <'10.0.0.1'>, 'MacAddress': <'192.0.2.1'>, 'State': <'stale'>}",
                "{'Link': <objectpath '/'>, 'Family': <'inet'>, 'Address': <'10.0.0.1'>, "
                "'Proxy': <false>, 'MacAddress': <'192.0.2.1'>, 'State': <'stale'>, "
                "'Flags': <@as []>}");
}

static void
test_flags (void)
{
  g_auto (NsdDescription) neighbour = { 0 };
  const struct ndmsg *header;

  g_assert_true (try_describe (
      &neighbour, "{'Proxy': <true>, 'Flags': <['extern_learn', 'extern_valid']>}", NULL));
  header = neighbour.builder.header;
  g_assert_cmpuint (header->ndm_flags, ==, NTF_PROXY | NTF_EXT_LEARNED);
  g_assert_cmpuint (nsd_attr_view_get_u32 (&neighbour.view, NDA_FLAGS_EXT, 0), ==, 1 << 2);
}

static void
test_refusals (void)
{
  refuse ("{'Address': <'192.0.2.1/32'>, 'Family': <'inet'>}", "Address", "not an IPv4 address");
  refuse ("{'Address': <'192.0.2.1'>, 'Family': <'inet6'>}", "Address", "not an IPv6 address");
  refuse ("{'Link': <objectpath '/org/netnsd1/netns/8/link/3'>}", "Link", "another namespace");
  refuse ("{'MacAddress': <''>}", "MacAddress", "not a MAC address");
  refuse ("{'MacAddress': <'2:0:0:0:0:1'>}", "MacAddress", "not a MAC address");
  refuse ("{'MacAddress': <'fe80::1'>}", "MacAddress", "not a MAC address");
  refuse ("{'State': <'PERMANENT'>}", "State", "unknown word");
  refuse ("{'State': <'128'>}", "State", "unknown word");
  refuse ("{'Flags': <['proxy']>}", "Flags", "unknown flag");
  refuse ("{'Protocol': <'256'>}", "Protocol", "up to 255");
}

static void
test_mac (void)
{
  guint8 bytes[32];

  g_assert_cmpuint (nsd_neighbour_mac_parse ("02:00:00:00:00:01", bytes), ==, 6);
  g_assert_cmpuint (nsd_neighbour_mac_parse ("192.0.2.1", bytes), ==, 4);
  g_assert_cmpuint (nsd_neighbour_mac_parse ("", bytes), ==, 0);
  g_assert_cmpuint (nsd_neighbour_mac_parse ("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:"
                                             "11:22:33",
                                             bytes),
                    ==, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/neighbour-rows/values", test_values);
  g_test_add_func ("/neighbour-rows/flags", test_flags);
  g_test_add_func ("/neighbour-rows/refused", test_refusals);
  g_test_add_func ("/neighbour-rows/mac", test_mac);
  return g_test_run ();
}
