/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An a{sv} argument against rows, and what undoes it. */
#include <linux/if_link.h>
#include <string.h>

#include "attr-types.h"
#include "link/kind.h"
#include "support.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE
#define CHANGE NSD_ATTR_CHANGE
#define LATE   NSD_ATTR_LATE

static const GDBusInterfaceInfo first_info = { -1, (char *)"org.example.First" };
static const GDBusInterfaceInfo second_info = { -1, (char *)"org.example.Second" };

static const NsdAttr first_rows[] = {
  { 1, "Free", &nsd_attr_u32, R | CREATE | CHANGE },
  { 2, "Born", &nsd_attr_string, R | CREATE },
  { 3, "Later", &nsd_attr_bool8, R | LATE | CHANGE },
  { 4, "Fixed", &nsd_attr_u16, R },
  { 5, "Shared", &nsd_attr_string, R },
  { 6, "Both", &nsd_attr_u32, R | CREATE },
};
static const NsdAttr second_rows[] = {
  { 1, "Shared", &nsd_attr_u32, CREATE },
  { 2, "Own", &nsd_attr_u8, R | CREATE | CHANGE },
  { 3, "Both", &nsd_attr_u32, R | CREATE },
};
static const NsdAttr option_rows[] = {
  { 0, "Exclusive", &nsd_attr_option_b, CREATE },
  { 0, "Mode", &nsd_attr_option_s, CREATE },
};

static const NsdAttrTable first = { &first_info, first_rows, G_N_ELEMENTS (first_rows) };
static const NsdAttrTable second = { &second_info, second_rows, G_N_ELEMENTS (second_rows) };
static const NsdAttrTable options = { NULL, option_rows, G_N_ELEMENTS (option_rows) };
static const NsdAttrTable *const tables[] = { &first, &second, NULL };
static const NsdAttrTable *const only_options[] = { &options, NULL };

static NsdSettings *
parse (const NsdAttrTable *const *in, const char *text, NsdAttrFlags use, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (dict);
  return nsd_settings_new (dict, in, use, error);
}

static NsdSettings *
taken (const char *text, NsdAttrFlags use)
{
  g_autoptr (GError) error = NULL;
  NsdSettings *settings = parse (tables, text, use, &error);

  g_assert_no_error (error);
  return settings;
}

static void
refuse_as (int code, const char *text, NsdAttrFlags use, const char *key, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NsdSettings) settings = parse (tables, text, use, &error);

  if (settings != NULL) {
    g_test_fail_printf ("%s is taken", text);
    return;
  }
  g_assert_error (error, G_DBUS_ERROR, code);
  g_assert_nonnull (strstr (error->message, key));
  g_assert_nonnull (strstr (error->message, why));
}

static void
refuse (const char *text, NsdAttrFlags use, const char *key, const char *why)
{
  refuse_as (G_DBUS_ERROR_INVALID_ARGS, text, use, key, why);
}

static void
refuse_read_only (const char *text, NsdAttrFlags use, const char *key, const char *why)
{
  refuse_as (G_DBUS_ERROR_PROPERTY_READ_ONLY, text, use, key, why);
}

static void
test_good (void)
{
  g_autoptr (NsdSettings) settings =
      taken ("{'Free': <uint32 5>, 'Born': <'x'>, 'Own': <byte 7>}", CREATE);

  g_assert_cmpuint (nsd_settings_count (settings), ==, 3);
  g_assert_cmpuint (g_variant_get_uint32 (nsd_settings_get (settings, "Free")), ==, 5);
  g_assert_cmpstr (nsd_settings_get_string (settings, "Born", "y"), ==, "x");
  g_assert_null (nsd_settings_get (settings, "Both"));
  g_assert_true (nsd_settings_nth (settings, 0)->attr == &first_rows[0]);
  g_assert_true (nsd_settings_nth (settings, 2)->table == &second);
  g_assert_true (nsd_settings_touch (settings, &second));
  g_assert_true (nsd_settings_have (settings, CHANGE));
  g_assert_false (nsd_settings_have (settings, LATE));
}

static void
test_empty (void)
{
  g_autoptr (NsdSettings) settings = taken ("@a{sv} {}", CHANGE);

  g_assert_cmpuint (nsd_settings_count (settings), ==, 0);
  g_assert_false (nsd_settings_touch (settings, &first));
  g_assert_false (nsd_settings_have (settings, CREATE | CHANGE | LATE | R));
}

static void
test_unknown (void)
{
  refuse ("{'Nothing': <1>}", CREATE, "Nothing", "Unknown");
  refuse ("{'free': <uint32 1>}", CREATE, "free", "Unknown");
  refuse ("{'': <1>}", CREATE, "", "Unknown");
  refuse ("{'Free': <uint32 1>, 'Nothing': <1>}", CREATE, "Nothing", "Unknown");
}

static void
test_type (void)
{
  refuse ("{'Free': <5>}", CREATE, "Free", "expected a value of type u, got i");
  refuse ("{'Free': <'5'>}", CREATE, "Free", "got s");
  refuse ("{'Born': <@o '/'>}", CREATE, "Born", "got o");
  refuse ("{'Free': <<uint32 5>>}", CREATE, "Free", "got v");
}

static void
test_use (void)
{
  refuse ("{'Fixed': <@q 1>}", CREATE, "Fixed", "read-only");
  refuse_read_only ("{'Fixed': <@q 1>}", CHANGE, "Fixed", "read-only");
  refuse_read_only ("{'Born': <'x'>}", CHANGE, "Born", "only on creation");
  refuse ("{'Later': <true>}", CREATE, "Later", "cannot be set on creation");
  nsd_settings_free (taken ("{'Later': <true>}", CREATE | LATE));
  nsd_settings_free (taken ("{'Later': <true>}", CHANGE));
}

static void
test_twice (void)
{
  refuse ("{'Free': <uint32 1>, 'Own': <byte 1>, 'Free': <uint32 1>}", CREATE, "Free", "twice");
  refuse ("{'Free': <uint32 1>, 'First.Free': <uint32 1>}", CREATE, "Free", "twice");
}

/* The same name in two tables: two settings, if both are said in full. */
static void
test_qualified (void)
{
  g_autoptr (NsdSettings) settings =
      taken ("{'Second.Both': <uint32 2>, 'Both': <uint32 1>}", CREATE);

  g_assert_true (nsd_settings_nth (settings, 0)->table == &second);
  g_assert_true (nsd_settings_nth (settings, 1)->table == &first);
  refuse ("{'Third.Both': <uint32 2>}", CREATE, "Third.Both", "Unknown");
  refuse ("{'Second.Free': <uint32 2>}", CREATE, "Second.Free", "Unknown");
  refuse ("{'Sec.Both': <uint32 2>}", CREATE, "Sec.Both", "Unknown");
  refuse ("{'Seconds.Both': <uint32 2>}", CREATE, "Seconds.Both", "Unknown");
  refuse ("{'.Both': <uint32 2>}", CREATE, ".Both", "Unknown");
  refuse ("{'Second.': <uint32 2>}", CREATE, "Second.", "Unknown");
  refuse ("{'org.example.Second.Both': <uint32 2>}", CREATE, "Both", "Unknown");
}

/* A name that the first table only reads, and the second takes. */
static void
test_usable_row (void)
{
  g_autoptr (NsdSettings) settings = taken ("{'Shared': <uint32 1>}", CREATE);

  g_assert_true (nsd_settings_nth (settings, 0)->attr == &second_rows[0]);
  refuse ("{'Shared': <'x'>}", CREATE, "Shared", "expected a value of type u");
  refuse_read_only ("{'Shared': <'x'>}", CHANGE, "Shared", "read-only");
  refuse ("{'First.Shared': <'x'>}", CREATE, "Shared", "read-only");
}

static void
test_peer_of_veth (void)
{
  const NsdAttrTable *const of_veth[] = { &nsd_link_table, nsd_kinds_veth[0].table, NULL };
  g_autoptr (NsdSettings) settings =
      parse (of_veth, "{'Peer': <{'Name': <'b'>}>, 'Mtu': <uint32 9000>}", CREATE, NULL);

  g_assert_nonnull (settings);
  g_assert_true (nsd_settings_nth (settings, 0)->table == nsd_kinds_veth[0].table);
  g_assert_true (nsd_settings_nth (settings, 1)->table == &nsd_link_table);
}

static void
test_options (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NsdSettings) settings = parse (only_options, "{'Exclusive': <false>}", CREATE, &error);

  g_assert_no_error (error);
  g_assert_false (nsd_settings_get_boolean (settings, "Exclusive", TRUE));
  g_assert_true (nsd_settings_get_boolean (settings, "Other", TRUE));
  g_assert_cmpstr (nsd_settings_get_string (settings, "Mode", "create"), ==, "create");
  g_assert_null (parse (only_options, "{'Exclusiv': <false>}", CREATE, &error));
  test_assert_invalid (&error, "Exclusiv");
  g_assert_null (parse (only_options, "{'Link.Exclusive': <false>}", CREATE, &error));
  test_assert_invalid (&error, "Exclusive");
}

/* Only what really changed is put back, and only what can be read. */
static void
test_reverse (void)
{
  g_autoptr (NsdSettings) settings = taken (
      "{'Free': <uint32 5>, 'Born': <'new'>, 'Own': <byte 7>, 'Shared': <uint32 1>}", CREATE);
  g_autoptr (GVariant) before = g_variant_ref_sink (g_variant_new_parsed (
      "{'org.example.First': {'Free': <uint32 4>, 'Born': <'old'>, 'Later': <true>},"
      " 'org.example.Second': {'Own': <byte 7>}}"));
  g_autoptr (GVariant) after = g_variant_ref_sink (g_variant_new_parsed (
      "{'org.example.First': {'Free': <uint32 5>, 'Born': <'old'>, 'Later': <false>},"
      " 'org.example.Second': {'Own': <byte 7>}}"));
  g_autoptr (NsdSettings) reverse = nsd_settings_new_reverse (settings, &first, before, after);

  g_assert_cmpuint (nsd_settings_count (reverse), ==, 1);
  g_assert_true (nsd_settings_nth (reverse, 0)->attr == &first_rows[0]);
  g_assert_cmpuint (g_variant_get_uint32 (nsd_settings_nth (reverse, 0)->value), ==, 4);
}

/* One property changed because another did: both are put back, but in the common table. */
static void
test_reverse_side_effect (void)
{
  g_autoptr (NsdSettings) settings = taken ("{'Free': <uint32 5>}", CREATE);
  g_autoptr (GVariant) before = g_variant_ref_sink (
      g_variant_new_parsed ("{'org.example.First': {'Free': <uint32 4>, 'Later': <true>}}"));
  g_autoptr (GVariant) after = g_variant_ref_sink (
      g_variant_new_parsed ("{'org.example.First': {'Free': <uint32 5>, 'Later': <false>}}"));
  g_autoptr (NsdSettings) alone = nsd_settings_new_reverse (settings, &first, before, after);
  g_autoptr (NsdSettings) all = nsd_settings_new_reverse (settings, NULL, before, after);

  g_assert_null (nsd_settings_get (alone, "Later"));
  g_assert_true (nsd_settings_get_boolean (all, "Later", FALSE));
  g_assert_cmpuint (nsd_settings_count (all), ==, 2);
}

/* What was there before and is gone, with its interface or without it. */
static void
test_reverse_gone (void)
{
  g_autoptr (NsdSettings) settings = taken ("{'Free': <uint32 5>, 'Own': <byte 7>}", CREATE);
  g_autoptr (GVariant) before =
      g_variant_ref_sink (g_variant_new_parsed ("{'org.example.First': {'Free': <uint32 4>},"
                                                " 'org.example.Second': {'Own': <byte 1>}}"));
  g_autoptr (GVariant) after =
      g_variant_ref_sink (g_variant_new_parsed ("{'org.example.First': @a{sv} {}}"));
  g_autoptr (NsdSettings) reverse = nsd_settings_new_reverse (settings, NULL, before, after);

  g_assert_cmpuint (nsd_settings_count (reverse), ==, 2);
  g_assert_cmpuint (g_variant_get_byte (nsd_settings_get (reverse, "Own")), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/good", test_good);
  g_test_add_func ("/settings/empty", test_empty);
  g_test_add_func ("/settings/unknown", test_unknown);
  g_test_add_func ("/settings/type", test_type);
  g_test_add_func ("/settings/use", test_use);
  g_test_add_func ("/settings/twice", test_twice);
  g_test_add_func ("/settings/qualified", test_qualified);
  g_test_add_func ("/settings/usable-row", test_usable_row);
  g_test_add_func ("/settings/peer-of-veth", test_peer_of_veth);
  g_test_add_func ("/settings/options", test_options);
  g_test_add_func ("/settings/reverse", test_reverse);
  g_test_add_func ("/settings/reverse-side-effect", test_reverse_side_effect);
  g_test_add_func ("/settings/reverse-gone", test_reverse_gone);
  return g_test_run ();
}
