/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of rules make of struct fib_rule_hdr and FRA_*, and what descriptions of rules
 * match.
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "description.h"
#include "rules.h"
#include "support.h"

static const NsdAttrTable *const tables[] = { &nsd_rule_table, NULL };
static const char *const prefixes[] = { "Source", "Destination", NULL };
static const NsdDescriptionKind kind = {
  tables, NSD_ATTR_READ, RTM_NEWRULE, 0, sizeof (struct fib_rule_hdr), prefixes,
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
describe (NsdDescription *description, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_describe (description, text, &error));
  g_assert_no_error (error);
}

static void
refuse (const char *text, const char *property, const char *why)
{
  g_auto (NsdDescription) rule = { 0 };
  g_autoptr (GError) error = NULL;

  if (try_describe (&rule, text, &error)) {
    g_test_fail_printf ("%s is taken", text);
    return;
  }
  g_assert_nonnull (strstr (error->message, property));
  test_assert_invalid (&error, why);
}

/* All that the rows read in a rule. */
static void
assert_reads (const char *text, const char *expected)
{
  g_auto (NsdDescription) rule = { 0 };

  describe (&rule, text);
  test_assert_value (nsd_attr_table_read (&nsd_rule_table, &rule.view), expected);
}

#define RULE(family, conditions, action, rest)                                                     \
  "{'Family': <'" family "'>, 'Priority': <uint32 100>, 'Invert': <false>" conditions              \
  ", 'L3Master': <false>" action rest ", 'Flags': <@as []>}"

static void
round_trip (const char *family, const char *value)
{
  g_auto (NsdDescription) rule = { 0 };
  g_autofree char *text = g_strdup_printf ("{'Family': <'%s'>, %s}", family, value);
  g_autofree char *alone = g_strdup_printf ("{%s}", value);
  g_autoptr (GVariant) wanted = g_variant_parse (G_VARIANT_TYPE_VARDICT, alone, NULL, NULL, NULL);
  g_autoptr (GVariant) read = NULL;
  GVariantIter iter;
  const char *name;
  GVariant *child;

  describe (&rule, text);
  read = g_variant_ref_sink (nsd_attr_table_read (&nsd_rule_table, &rule.view));
  g_variant_iter_init (&iter, wanted);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) expected = child;
    g_autoptr (GVariant) found = g_variant_lookup_value (read, name, NULL);

    if (found == NULL || !g_variant_equal (found, expected))
      g_test_fail_printf ("%s is read as something else", value);
  }
}

static void
test_values (void)
{
  round_trip ("inet", "'Priority': <uint32 4294967295>");
  round_trip ("inet", "'Invert': <true>");
  round_trip ("inet", "'Source': <'192.0.2.0/24'>, 'Destination': <'10.0.0.0/8'>");
  round_trip ("inet6", "'Source': <'2001:db8::/33'>, 'Destination': <'fe80::1/128'>");
  round_trip ("inet", "'Tos': <byte 0x10>");
  round_trip ("inet", "'Dscp': <byte 63>, 'DscpMask': <byte 1>");
  round_trip ("inet6", "'FlowLabel': <uint32 1048575>, 'FlowLabelMask': <uint32 1>");
  round_trip ("inet", "'Mark': <uint32 5>, 'MarkMask': <uint32 255>");
  round_trip ("inet", "'InputLink': <'fifteen-letters'>, 'OutputLink': <'lo'>");
  round_trip ("inet", "'L3Master': <true>");
  round_trip ("inet", "'UidRangeStart': <uint32 0>, 'UidRangeEnd': <uint32 4294967294>");
  round_trip ("inet", "'UidRangeEnd': <uint32 7>, 'UidRangeStart': <uint32 5>");
  round_trip ("inet", "'IpProtocol': <'tcp'>");
  round_trip ("inet", "'IpProtocol': <'250'>");
  round_trip ("inet", "'SourcePortRange': <(uint16 1, uint16 65534)>");
  round_trip ("inet", "'DestinationPortRange': <(uint16 80, uint16 80)>");
  round_trip ("inet", "'SourcePortMask': <uint16 3>, 'DestinationPortMask': <uint16 4>");
  round_trip ("inet", "'TunnelId': <uint64 0x1122334455667788>");
  round_trip ("inet", "'Action': <'blackhole'>");
  round_trip ("inet", "'Table': <uint32 4294967295>");
  round_trip ("inet", "'Goto': <uint32 7>");
  round_trip ("inet", "'SuppressPrefixLength': <0>, 'SuppressInterfaceGroup': <2147483647>");
  round_trip ("inet", "'RealmFrom': <uint16 3>, 'RealmTo': <uint16 65535>");
  round_trip ("inet", "'Protocol': <'static'>");
  round_trip ("inet", "'Flags': <['unresolved', 'iif_detached']>");
}

/* Of what a rule does not have there is no key. */
static void
test_none (void)
{
  assert_reads ("{'Family': <'inet'>, 'Priority': <uint32 100>}",
                RULE ("inet", "", ", 'Action': <'0'>", ""));
  assert_reads ("{'Family': <'inet6'>, 'Priority': <uint32 100>, 'Source': <''>, "
                "'Destination': <'::/0'>, 'InputLink': <''>, 'L3Master': <false>, "
                "'SuppressPrefixLength': <-1>, 'Tos': <byte 0>, 'RealmTo': <uint16 0>}",
                RULE ("inet6", "", ", 'Action': <'0'>", ""));
}

/* One without the other. */
static void
test_pairs (void)
{
  round_trip ("inet", "'UidRangeStart': <uint32 5>");
  assert_reads (
      "{'Family': <'inet'>, 'Priority': <uint32 100>, 'UidRangeEnd': <uint32 7>}",
      "{'Family': <'inet'>, 'Priority': <uint32 100>, 'Invert': <false>, 'L3Master': <false>, "
      "'UidRangeStart': <uint32 0>, 'UidRangeEnd': <uint32 7>, 'Action': <'0'>, 'Flags': <@as "
      "[]>}");
  assert_reads ("{'Family': <'inet'>, 'Priority': <uint32 100>, 'RealmFrom': <uint16 7>}",
                RULE ("inet", "", ", 'Action': <'0'>", ", 'RealmFrom': <uint16 7>"));
  /* As the kernel has it where the mark is 0. */
  assert_reads (
      "{'Family': <'inet'>, 'Priority': <uint32 100>, 'MarkMask': <uint32 7>}",
      RULE ("inet", ", 'Mark': <uint32 0>, 'MarkMask': <uint32 7>", ", 'Action': <'0'>", ""));
}

static void
test_refusals (void)
{
  refuse ("{'Source': <'192.0.2.1/24'>}", "Source", "behind its prefix length");
  refuse ("{'Destination': <'2001:db8::1/127'>}", "Destination", "behind its prefix length");
  refuse ("{'Source': <'10.0.0.0/8'>, 'Destination': <'fe80::/10'>}", "Destination",
          "not an IPv4 address");
  refuse ("{'Family': <'inet6'>, 'Source': <'10.0.0.0/8'>}", "Source", "not an IPv6 address");
  refuse ("{'Family': <'ipv6'>}", "Family", "unknown word");
  refuse ("{'Action': <'to_table'>}", "Action", "unknown word");
  refuse ("{'IpProtocol': <'256'>}", "IpProtocol", "up to 255");
  refuse ("{'InputLink': <'sixteen-letters-'>}", "InputLink", "at most 15 bytes");
  refuse ("{'UidRangeEnd': <uint32 4294967295>}", "UidRangeEnd", "no uid");
  refuse ("{'SourcePortRange': <(uint16 7, uint16 5)>}", "SourcePortRange", "no range");
  refuse ("{'SourcePortRange': <(uint16 0, uint16 5)>}", "SourcePortRange", "no range");
  refuse ("{'DestinationPortRange': <(uint16 1, uint16 65535)>}", "DestinationPortRange",
          "no range");
  refuse ("{'Dscp': <byte 64>}", "Dscp", "at most 63");
  refuse ("{'FlowLabel': <uint32 0x100000>}", "FlowLabel", "at most 1048575");
  refuse ("{'TunnelId': <uint64 0>}", "TunnelId", "0 for none");
  refuse ("{'SuppressPrefixLength': <129>}", "SuppressPrefixLength", "-1 to 128");
  refuse ("{'SuppressInterfaceGroup': <-2>}", "SuppressInterfaceGroup", "out of range");
  refuse ("{'Flags': <['invert']>}", "Flags", "unknown flag");
  refuse ("{'Via': <'x'>}", "Via", "Unknown property");
}

static const char *
mismatch (const char *wanted, const char *rule)
{
  g_auto (NsdDescription) match = { 0 };
  g_auto (NsdDescription) other = { 0 };
  const NsdAttr *attr;

  describe (&match, wanted);
  describe (&other, rule);
  attr = nsd_description_mismatch (&match, &other.view);
  return attr != NULL ? attr->name : "";
}

static void
test_match (void)
{
  const char *rule = "{'Source': <'192.0.2.1/32'>, 'Priority': <uint32 5>, 'IpProtocol': <'tcp'>}";

  g_assert_cmpstr (mismatch ("{}", rule), ==, "");
  g_assert_cmpstr (mismatch ("{'Source': <'192.0.2.1'>}", rule), ==, "");
  g_assert_cmpstr (mismatch ("{'IpProtocol': <'6'>, 'Family': <'inet'>}", rule), ==, "");
  g_assert_cmpstr (mismatch ("{'Destination': <''>, 'Invert': <false>}", rule), ==, "");
  g_assert_cmpstr (mismatch ("{'Source': <''>}", rule), ==, "Source");
  g_assert_cmpstr (mismatch ("{'Source': <'192.0.2.0/24'>}", rule), ==, "Source");
  g_assert_cmpstr (mismatch ("{'Priority': <uint32 5>, 'Family': <'inet6'>}", rule), ==, "Family");
  g_assert_cmpstr (mismatch ("{'Goto': <uint32 0>}", rule), ==, "Goto");
  g_assert_cmpstr (mismatch ("{'Mark': <uint32 0>}", rule), ==, "Mark");
}

static void
test_whole (void)
{
  static const char *const ignored[] = { "Priority", NULL };
  g_auto (NsdDescription) rule = { 0 };
  g_auto (NsdDescription) whole = { 0 };
  g_auto (NsdDescription) part = { 0 };

  describe (&rule, "{'Source': <'192.0.2.1/32'>, 'Priority': <uint32 5>, 'Mark': <uint32 1>}");
  describe (&whole, "{'Source': <'192.0.2.1'>, 'Mark': <uint32 1>}");
  describe (&part, "{'Source': <'192.0.2.1'>}");
  g_assert_true (nsd_description_is_whole (&whole, &rule.view, ignored));
  g_assert_false (nsd_description_is_whole (&part, &rule.view, ignored));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rule-rows/values", test_values);
  g_test_add_func ("/rule-rows/none", test_none);
  g_test_add_func ("/rule-rows/pairs", test_pairs);
  g_test_add_func ("/rule-rows/refused", test_refusals);
  g_test_add_func ("/rule-rows/match", test_match);
  g_test_add_func ("/rule-rows/whole", test_whole);
  return g_test_run ();
}
