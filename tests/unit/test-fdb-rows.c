/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of entries of forwarding databases, and VLANs of bridges. */
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <string.h>
#include <unistd.h>

#include "link/bridge-vlans.h"
#include "link/fdb.h"
#include "support.h"

static const NsdAttr *
row (const char *name)
{
  return test_row (&nsd_fdb_table, name);
}

static void
assert_read (const struct ndmsg *ndm, const char *name, const char *expected)
{
  NsdAttrView view;

  nsd_attr_view_init (&view, &test_context, ndm, NULL, 0);
  test_assert_value (row (name)->type->get (&view, row (name)), expected);
}

/* What @name writes into the header. */
static struct ndmsg
written (const char *name, const char *text)
{
  g_autoptr (GVariant) value = test_value (row (name), text);
  g_auto (NsdAttrBuilder) builder;
  g_autoptr (GError) error = NULL;

  test_builder_init (&builder);
  g_assert_true (nsd_attr_put (&builder, row (name), value, &error));
  g_assert_no_error (error);
  return *(struct ndmsg *)builder.header;
}

/* Several bits are set: the word is that of bridge(8). */
static void
test_state (void)
{
  static const struct {
    guint16 state;
    const char *word;
  } known[] = {
    { NUD_PERMANENT, "'permanent'" },
    { NUD_PERMANENT | NUD_NOARP, "'permanent'" },
    { NUD_PERMANENT | NUD_REACHABLE, "'permanent'" },
    { NUD_NOARP, "'static'" },
    { NUD_NOARP | NUD_REACHABLE, "'static'" },
    { NUD_STALE, "'stale'" },
    { NUD_REACHABLE, "'reachable'" },
    { NUD_FAILED, "'32'" },
    { 0, "'0'" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    assert_read (&(struct ndmsg){ .ndm_state = known[i].state }, "State", known[i].word);
  g_assert_cmpuint (written ("State", "'permanent'").ndm_state, ==, NUD_PERMANENT | NUD_NOARP);
  g_assert_cmpuint (written ("State", "'static'").ndm_state, ==, NUD_NOARP | NUD_REACHABLE);
  g_assert_cmpuint (written ("State", "'reachable'").ndm_state, ==, NUD_REACHABLE);
  test_refused (row ("State"), "'stale'", "unknown word");
  test_refused (row ("State"), "'64'", "unknown word");
}

static void
test_flags (void)
{
  guint32 locked = 2;
  NsdAttrView view;
  struct ndmsg ndm = { .ndm_flags = NTF_SELF };
  g_autofree gpointer memory =
      test_view_of_attribute (&view, NDA_FLAGS_EXT, &locked, sizeof locked);

  assert_read (&(struct ndmsg){ 0 }, "Flags", "[]");
  assert_read (&(struct ndmsg){ .ndm_flags = 0xfe }, "Flags",
               "['self', 'router', 'extern_learn', 'offload', 'master', 'sticky', '8']");
  view.header = &ndm;
  test_assert_value (row ("Flags")->type->get (&view, row ("Flags")), "['self', 'locked']");
  g_assert_cmpuint (written ("Flags", "[]").ndm_flags, ==, 0);
  g_assert_cmpuint (written ("Flags", "['master', 'sticky']").ndm_flags, ==,
                    NTF_MASTER | NTF_STICKY);
  test_refused (row ("Flags"), "['self', 'locked']", "unknown flag");
  test_refused (row ("Flags"), "['offload']", "unknown flag");
}

static void
test_link (void)
{
  assert_read (&(struct ndmsg){ .ndm_ifindex = 3 }, "Link", "'/org/netnsd1/netns/7/link/3'");
  g_assert_cmpint (written ("Link", "'/org/netnsd1/netns/7/link/3'").ndm_ifindex, ==, 3);
  test_refused (row ("Link"), "'/org/netnsd1/netns/8/link/3'", "another namespace");
  test_refused (row ("Link"), "'/org/netnsd1/netns/7'", "not the path of a link");
}

static void
test_remote (void)
{
  test_round_trip (row ("Destination"), "'192.0.2.1'", NULL);
  test_round_trip (row ("Destination"), "'2001:db8::1'", NULL);
  test_refused (row ("Destination"), "''", "not an IP address");
  test_refused (row ("Destination"), "'192.0.2'", "not an IP address");
  test_reads (row ("Destination"), "\1\2\3", 3, "''");
  test_round_trip (row ("Port"), "4789", NULL);
  test_reads (row ("Port"), "\x12\xb5", 2, "4789");
  test_round_trip (row ("Vni"), "16777215", NULL);
  test_refused (row ("Vni"), "16777216", "out of range");
  test_refused (row ("SourceVni"), "16777216", "out of range");
  test_refused (row ("Vlan"), "4095", "out of range");
  test_round_trip (row ("Via"), "'/org/netnsd1/netns/7/link/3'", NULL);
}

static void
test_age (void)
{
  guint32 second = (guint32)sysconf (_SC_CLK_TCK);
  struct nda_cacheinfo info = { .ndm_used = 5 * second + second / 2, .ndm_updated = 7 * second };

  test_reads (row ("Used"), &info, sizeof info, "5");
  test_reads (row ("Updated"), &info, sizeof info, "7");
  test_reads (row ("Used"), &info, sizeof info - 1, "0");
}

static void
test_vlans (void)
{
  static const NsdAttr vlans = { NSD_KIND_ASKED, "Vlans", &nsd_attr_bridge_vlans, NSD_ATTR_READ };
  const guint16 ranges[] = { 1,  1,  BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED,
                             10, 20, BRIDGE_VLAN_INFO_UNTAGGED };
  const char *first = "{'Id': <uint16 1>, 'RangeEnd': <uint16 1>, 'Pvid': <true>, "
                      "'Untagged': <true>}";
  const char *second = "{'Id': <uint16 10>, 'RangeEnd': <uint16 20>, 'Pvid': <false>, "
                       "'Untagged': <true>}";
  g_autofree char *one = g_strdup_printf ("[%s]", first);
  g_autofree char *both = g_strdup_printf ("[%s, %s]", first, second);

  test_reads (&vlans, NULL, 0, "[]");
  test_reads (&vlans, ranges, sizeof ranges, both);
  test_reads (&vlans, ranges, sizeof ranges - 1, one);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fdb-rows/state", test_state);
  g_test_add_func ("/fdb-rows/flags", test_flags);
  g_test_add_func ("/fdb-rows/link", test_link);
  g_test_add_func ("/fdb-rows/remote", test_remote);
  g_test_add_func ("/fdb-rows/age", test_age);
  g_test_add_func ("/fdb-rows/vlans", test_vlans);
  return g_test_run ();
}
