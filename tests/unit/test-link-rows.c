/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of links and kinds make of attributes that a shared codec does not say. */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "link/kind.h"
#include "support.h"

static const NsdAttr *
row (const char *name)
{
  return test_row (&nsd_link_table, name);
}

/* What @name is in a link with the header @ifi and the attributes of @builder. */
static void
assert_read (const struct ifinfomsg *ifi, const NsdAttrBuilder *builder, const char *name,
             const char *expected)
{
  NsdAttrView view;

  nsd_attr_view_init (&view, &test_context, NULL, NULL, 0);
  if (builder != NULL)
    test_view_of_builder (&view, builder);
  view.header = ifi;
  test_assert_value (row (name)->type->get (&view, row (name)), expected);
}

static void
test_names (void)
{
  static const char *const bad[] = {
    "''",
    "'.'",
    "'..'",
    "'a/b'",
    "'a:b'",
    "'a%d'",
    "'a b'",
    "'a\\tb'",
    "'a\\vb'",
    "'a\\n'",
    "'1234567890123456'",
    "'a\\\\x00'",
    "'\\\\x2e'",
    "'a\\\\x2fb'",
  };

  test_round_trip (row ("Name"), "'a'", NULL);
  test_round_trip (row ("Name"), "'123456789012345'", NULL);
  test_round_trip (row ("Name"), "'...'", NULL);
  test_round_trip (row ("Name"), "'a\\\\xff'", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    test_refused (row ("Name"), bad[i], "cannot be the name of a link");
}

/* isspace() of the kernel is that of Latin-1: it finds a no-break space in the bytes of «à». */
static void
test_latin1_space (void)
{
  test_round_trip (row ("Name"), "'\xc3\xa1'", NULL);
  test_refused (row ("Name"), "'\xc3\xa0'", "cannot be the name of a link");
  test_refused (row ("Name"), "'a\\\\xa0'", "cannot be the name of a link");
}

static void
test_flags (void)
{
  static const char *const names[] = { "Up",        "Promiscuous", "AllMulticast",
                                       "Multicast", "Arp",         "Dynamic" };
  static const guint bits[] = { IFF_UP,        IFF_PROMISC, IFF_ALLMULTI,
                                IFF_MULTICAST, IFF_NOARP,   IFF_DYNAMIC };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *when_set = bits[i] == IFF_NOARP ? "false" : "true";
    const char *when_clear = bits[i] == IFF_NOARP ? "true" : "false";
    struct ifinfomsg set = { .ifi_flags = bits[i] };
    struct ifinfomsg clear = { .ifi_flags = ~bits[i] };
    g_autoptr (GVariant) value = test_value (row (names[i]), when_set);
    g_auto (NsdAttrBuilder) builder;
    struct ifinfomsg *written;

    assert_read (&set, NULL, names[i], when_set);
    assert_read (&clear, NULL, names[i], when_clear);
    test_builder_init (&builder);
    written = builder.header;
    g_assert_true (nsd_attr_put (&builder, row (names[i]), value, NULL));
    g_assert_cmpuint (written->ifi_flags, ==, bits[i]);
    g_assert_cmpuint (written->ifi_change, ==, bits[i]);
    g_variant_unref (value);
    value = test_value (row (names[i]), when_clear);
    written->ifi_flags = 0;
    g_assert_true (nsd_attr_put (&builder, row (names[i]), value, NULL));
    g_assert_cmpuint (written->ifi_flags, ==, 0);
  }
}

/* As ip(8) prints them between < and >. */
static void
test_flag_words (void)
{
  struct ifinfomsg up = { .ifi_flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST };
  struct ifinfomsg running = { .ifi_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK | IFF_LOWER_UP };
  struct ifinfomsg down = { .ifi_flags = IFF_NOARP };

  assert_read (&up, NULL, "Flags", "['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP']");
  assert_read (&running, NULL, "Flags", "['LOOPBACK', 'UP', 'LOWER_UP']");
  assert_read (&down, NULL, "Flags", "['NOARP']");
}

static void
test_header (void)
{
  struct ifinfomsg ifi = { .ifi_index = 5, .ifi_type = ARPHRD_ETHER };
  struct ifinfomsg strange = { .ifi_type = 0x1234 };

  assert_read (&ifi, NULL, "Index", "5");
  assert_read (&ifi, NULL, "Type", "'ether'");
  assert_read (&strange, NULL, "Type", "'4660'");
  test_refused (row ("Index"), "0", "at least 1");
  test_refused (row ("Index"), "-5", "at least 1");
}

static void
test_lladdr (void)
{
  static const guint8 bytes[32] = { 192, 0, 2, 1 };
  struct ifinfomsg ether = { .ifi_type = ARPHRD_ETHER };
  struct ifinfomsg sit = { .ifi_type = ARPHRD_SIT };
  struct ifinfomsg gre6 = { .ifi_type = ARPHRD_IP6GRE };

  for (gsize length = 0; length <= 20; length++) {
    g_auto (NsdAttrBuilder) builder;

    test_builder_init (&builder);
    g_assert_true (nsd_attr_builder_add (&builder, IFLA_ADDRESS, bytes, length, NULL));
    if (length == 0)
      assert_read (&ether, &builder, "MacAddress", "''");
    if (length == 4) {
      assert_read (&ether, &builder, "MacAddress", "'c0:00:02:01'");
      assert_read (&sit, &builder, "MacAddress", "'192.0.2.1'");
      assert_read (&gre6, &builder, "MacAddress", "'c0:00:02:01'");
    }
    if (length == 16)
      assert_read (&gre6, &builder, "MacAddress", "'c000:201::'");
  }
  assert_read (&ether, NULL, "MacAddress", "''");
  test_refused (row ("MacAddress"), "''", "is not a MAC address");
  test_refused (row ("MacAddress"), "'02:00:00:00:00:0'", "is not a MAC address");
}

static void
add_kind (NsdAttrBuilder *builder, const char *kind)
{
  struct nlattr *info = nsd_attr_builder_open (builder, IFLA_LINKINFO, NULL);

  g_assert_true (nsd_attr_builder_add (builder, IFLA_INFO_KIND, kind, strlen (kind) + 1, NULL));
  nsd_attr_builder_close (builder, info);
}

/* IFLA_LINK is the peer of a pair, the parent of everything else, and nothing if it is itself. */
static void
test_parent_and_peer (void)
{
  struct ifinfomsg ifi = { .ifi_index = 5 };
  g_auto (NsdAttrBuilder) vlan;
  g_auto (NsdAttrBuilder) veth;
  g_auto (NsdAttrBuilder) self;

  test_builder_init (&vlan);
  add_kind (&vlan, "vlan");
  nsd_attr_builder_add_u32 (&vlan, IFLA_LINK, 9, NULL);
  assert_read (&ifi, &vlan, "Parent", "'/org/netnsd1/netns/7/link/9'");
  assert_read (&ifi, &vlan, "Peer", "'/'");
  assert_read (&ifi, &vlan, "Kind", "'vlan'");

  test_builder_init (&veth);
  add_kind (&veth, "veth");
  nsd_attr_builder_add_u32 (&veth, IFLA_LINK, 5, NULL);
  nsd_attr_builder_add_u32 (&veth, IFLA_LINK_NETNSID, 3, NULL);
  assert_read (&ifi, &veth, "Peer", "'/org/netnsd1/netns/103/link/5'");
  assert_read (&ifi, &veth, "Parent", "'/'");

  test_builder_init (&self);
  nsd_attr_builder_add_u32 (&self, IFLA_LINK, 5, NULL);
  assert_read (&ifi, &self, "Parent", "'/'");
  assert_read (&ifi, &self, "Kind", "''");
}

static void
test_nested (void)
{
  struct ifinfomsg ifi = { 0 };
  g_auto (NsdAttrBuilder) builder;
  struct nlattr *list;

  test_round_trip (row ("IPv6AddressGenerationMode"), "'eui64'", NULL);
  test_round_trip (row ("IPv6AddressGenerationMode"), "'random'", NULL);
  test_refused (row ("IPv6AddressGenerationMode"), "'best'", "unknown word");
  test_builder_init (&builder);
  list = nsd_attr_builder_open (&builder, IFLA_PROP_LIST, NULL);
  nsd_attr_builder_add (&builder, IFLA_ALT_IFNAME, "first", 6, NULL);
  nsd_attr_builder_add (&builder, IFLA_ALT_IFNAME + 1, "other", 6, NULL);
  nsd_attr_builder_add (&builder, IFLA_ALT_IFNAME, "\xff", 2, NULL);
  nsd_attr_builder_close (&builder, list);
  assert_read (&ifi, &builder, "AlternativeNames", "['first', '\\\\xff']");
  assert_read (&ifi, NULL, "AlternativeNames", "[]");
}

/* As ip(8) prints it: without leading zeros in the address. */
static void
test_bridge_id (void)
{
  static const guint8 id[8] = { 0x80, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x0a };
  const NsdAttr *attr = test_row (nsd_kinds_bridge[0].table, "BridgeId");

  test_reads (attr, id, 8, "'8000.2:0:0:0:0:a'");
  test_reads (attr, id, 7, "''");
}

/* The switches that share one attribute, each in its own bit; the mask says which there are. */
static void
test_bridge_switches (void)
{
  const guint32 options[2] = { 0x2, 0x3 };
  const NsdAttr *off = test_row (nsd_kinds_bridge[0].table, "NoLinklocalLearn");
  const NsdAttr *on = test_row (nsd_kinds_bridge[0].table, "McastVlanSnooping");
  const NsdAttr *missing = test_row (nsd_kinds_bridge[0].table, "MstEnable");
  NsdAttrView view;
  g_autofree gpointer memory = test_view_of_attribute (&view, off->id, options, sizeof options);

  test_assert_value (off->type->get (&view, off), "false");
  test_assert_value (on->type->get (&view, on), "true");
  g_assert_null (missing->type->get (&view, missing));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-rows/names", test_names);
  g_test_add_func ("/link-rows/latin1-space", test_latin1_space);
  g_test_add_func ("/link-rows/flags", test_flags);
  g_test_add_func ("/link-rows/flag-words", test_flag_words);
  g_test_add_func ("/link-rows/header", test_header);
  g_test_add_func ("/link-rows/lladdr", test_lladdr);
  g_test_add_func ("/link-rows/parent-and-peer", test_parent_and_peer);
  g_test_add_func ("/link-rows/nested", test_nested);
  g_test_add_func ("/link-rows/bridge-id", test_bridge_id);
  g_test_add_func ("/link-rows/bridge-switches", test_bridge_switches);
  return g_test_run ();
}
