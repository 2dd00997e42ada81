/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codecs of one attribute: value -> message -> view -> value. */
#include "attr-types.h"

#include <string.h>

#include "support.h"

#define RW (NSD_ATTR_READ | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)

static const NsdWord words[] = {
  { 0, "off" },
  { 1, "on" },
  { 200, "auto" },
  { 0, NULL },
};

static const NsdAttr u8 = { 1, "U8", &nsd_attr_u8, RW };
static const NsdAttr u8_max = { 1, "U8", &nsd_attr_u8, RW, NULL, 7 };
static const NsdAttr u16 = { 2, "U16", &nsd_attr_u16, RW };
static const NsdAttr u16_max = { 2, "U16", &nsd_attr_u16, RW, NULL, 4094 };
static const NsdAttr u32 = { 3, "U32", &nsd_attr_u32, RW };
static const NsdAttr u32_max = { 3, "U32", &nsd_attr_u32, RW, NULL, 65536 };
static const NsdAttr u64 = { 4, "U64", &nsd_attr_u64, RW };
static const NsdAttr s32 = { 5, "S32", &nsd_attr_s32, RW };
static const NsdAttr bool8 = { 6, "Bool8", &nsd_attr_bool8, RW };
static const NsdAttr bool32 = { 7, "Bool32", &nsd_attr_bool32, RW };
static const NsdAttr string = { 8, "String", &nsd_attr_string, RW };
static const NsdAttr string_max = { 8, "String", &nsd_attr_string, RW, NULL, 5 };
static const NsdAttr mac = { 9, "Mac", &nsd_attr_mac, RW };
static const NsdAttr word8 = { 10, "Word8", &nsd_attr_word8, RW, words };
static const NsdAttr word32 = { 11, "Word32", &nsd_attr_word32, RW, words };
static const NsdAttr word_be16 = { 12, "WordBe16", &nsd_attr_word_be16, RW, words };
static const NsdAttr link_row = { NSD_ATTR_MAX, "Link", &nsd_attr_link, RW };

static const NsdAttr *const all[] = {
  &u8,     &u16, &u32,   &u64,    &s32,       &bool8,    &bool32,
  &string, &mac, &word8, &word32, &word_be16, &link_row,
};

static void
test_numbers (void)
{
  test_round_trip (&u8, "0x00", NULL);
  test_round_trip (&u8, "0xff", NULL);
  test_round_trip (&u16, "65535", NULL);
  test_round_trip (&u16, "258", NULL);
  test_round_trip (&u32, "4294967295", NULL);
  test_round_trip (&u32, "16909060", NULL);
  test_round_trip (&u64, "18446744073709551615", NULL);
  test_round_trip (&u64, "72623859790382856", NULL);
  test_round_trip (&s32, "-1", NULL);
  test_round_trip (&s32, "-2147483648", NULL);
  test_round_trip (&s32, "2147483647", NULL);
}

static void
test_range (void)
{
  test_round_trip (&u8_max, "0x07", NULL);
  test_refused (&u8_max, "0x08", "at most 7");
  test_round_trip (&u16_max, "4094", NULL);
  test_refused (&u16_max, "4095", "at most 4094");
  test_round_trip (&u32_max, "65536", NULL);
  test_refused (&u32_max, "65537", "at most 65536");
}

static void
test_booleans (void)
{
  test_round_trip (&bool8, "true", NULL);
  test_round_trip (&bool8, "false", NULL);
  test_round_trip (&bool32, "true", NULL);
  test_round_trip (&bool32, "false", NULL);
  test_reads (&bool8, "\x02", 1, "true");
  test_reads (&bool32, "\0\0\0\x01", 4, "true");
}

/* The kernel reads what is on the wire: the exact size, and 1 for true. */
static void
test_wire (void)
{
  static const struct {
    const NsdAttr *attr;
    const char *text;
    gsize length;
    const char *bytes; /* where the order of bytes is not the host's */
  } cases[] = {
    { &u8, "0x05", 1, "\x05" },
    { &u16, "5", 2, NULL },
    { &u32, "5", 4, NULL },
    { &u64, "5", 8, NULL },
    { &s32, "5", 4, NULL },
    { &bool8, "true", 1, "\x01" },
    { &bool32, "true", 4, NULL },
    { &string, "'ab'", 3, "ab\0" },
    { &string, "''", 1, "\0" },
    { &mac, "'02:00:00:00:00:01'", 6, "\x02\0\0\0\0\x01" },
    { &word8, "'auto'", 1, "\xc8" },
    { &word32, "'auto'", 4, NULL },
    { &word_be16, "'auto'", 2, "\0\xc8" },
    { &link_row, "'/'", 4, "\0\0\0\0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GVariant) value = test_value (cases[i].attr, cases[i].text);
    g_auto (NsdAttrBuilder) builder;
    NsdAttrView view;
    const struct nlattr *nla;

    test_builder_init (&builder);
    g_assert_true (nsd_attr_put (&builder, cases[i].attr, value, NULL));
    test_view_of_builder (&view, &builder);
    nla = nsd_attr_view_get (&view, cases[i].attr->id, 0);
    g_assert_nonnull (nla);
    g_assert_cmpint (nla_len (nla), ==, (int)cases[i].length);
    if (cases[i].bytes != NULL)
      g_assert_cmpmem (nla_data (nla), nla_len (nla), cases[i].bytes, cases[i].length);
  }
}

static void
test_strings (void)
{
  test_round_trip (&string, "''", NULL);
  test_round_trip (&string, "'eth0'", NULL);
  test_round_trip (&string, "'gr\xc3\xbcn'", NULL);
  test_round_trip (&string, "'a\\\\xff'", NULL);
  test_round_trip (&string, "'\\\\x5cx41'", NULL);
  test_round_trip (&string, "'\\\\x41'", "'A'");
  test_refused (&string, "'a\\\\x00b'", "NUL");
  test_round_trip (&string_max, "'12345'", NULL);
  test_round_trip (&string_max, "'1234\\\\xff'", NULL); /* five bytes for the kernel */
  test_refused (&string_max, "'123456'", "at most 5");
  test_reads (&string, "ab", 2, "'ab'"); /* without its NUL */
  test_reads (&string, "a\0b", 3, "'a'");
  test_reads (&string, "a\xff", 3, "'a\\\\xff'");
}

static void
test_macs (void)
{
  static const char *const bad[] = {
    "''",
    "'02'",
    "'02:00:00:00:00'",
    "'02:00:00:00:00:01:'",
    "'02:00:00:00:00:01:02'",
    "'2:0:0:0:0:1'",
    "'02-00-00-00-00-01'",
    "'020000000001'",
    "'02:00:00:00:00:0g'",
    "' 02:00:00:00:00:01'",
    "'02:00:00:00:00:01 '",
    "'02:00:00:00:00:0'",
    "':02:00:00:00:00:01'",
    "'02::00:00:00:01'",
    "'none'",
  };

  test_round_trip (&mac, "'02:00:00:00:00:01'", NULL);
  test_round_trip (&mac, "'FF:Ab:cD:00:00:01'", "'ff:ab:cd:00:00:01'");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    test_refused (&mac, bad[i], "is not a MAC address");
}

static void
test_links (void)
{
  static const char *const bad[] = {
    "'/org'",
    "'/org/netnsd1'",
    "'/org/netnsd1/netns/7'",
    "'/org/netnsd1/netns/7/link'",
    "'/org/netnsd1/netns/7/link/0'",
    "'/org/netnsd1/netns/7/link/03'",
    "'/org/netnsd1/netns/7/link/2147483648'",
    "'/org/netnsd1/netns/7/route/3'",
  };

  test_round_trip (&link_row, "'/'", NULL);
  test_round_trip (&link_row, "'/org/netnsd1/netns/7/link/3'", NULL);
  test_round_trip (&link_row, "'/org/netnsd1/netns/7/link/2147483647'", NULL);
  test_refused (&link_row, "'/org/netnsd1/netns/8/link/3'", "another namespace");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    test_refused (&link_row, bad[i], "is not the path of a link");
  test_reads (&link_row, "\xff\xff\xff\xff", 4, "'/'");
}

static void
test_link_paths (void)
{
  test_assert_value (nsd_link_path_variant (&test_context, -1, 4), "'/org/netnsd1/netns/7/link/4'");
  test_assert_value (nsd_link_path_variant (&test_context, 0, 4),
                     "'/org/netnsd1/netns/100/link/4'");
  test_assert_value (nsd_link_path_variant (&test_context, 5, 4),
                     "'/org/netnsd1/netns/105/link/4'");
  test_assert_value (nsd_link_path_variant (&test_context, 5, 0), "'/'");
  test_assert_value (nsd_link_path_variant (&test_context, -1, -4), "'/'");
}

static const char *
none_of (const NsdAttr *attr)
{
  switch (*attr->type->signature) {
  case 'b':
    return "false";
  case 's':
    return "''";
  case 'o':
    return "'/'";
  case 'y':
    return "0x00";
  default:
    return "0";
  }
}

/* The least number of bytes that a codec reads. */
static gsize
size_of (const NsdAttr *attr)
{
  if (attr == &u8 || attr == &bool8 || attr == &word8 || attr == &string)
    return 1;
  if (attr == &u16 || attr == &word_be16)
    return 2;
  return attr == &u64 ? 8 : attr == &mac ? 6 : 4;
}

static void
test_too_short (void)
{
  const guint8 ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    for (gsize length = 0; length < size_of (all[i]); length++)
      test_reads (all[i], ones, length, none_of (all[i]));
  }
}

static void
test_absent (void)
{
  NsdAttrView view;

  nsd_attr_view_init (&view, &test_context, NULL, NULL, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_assert_value (all[i]->type->get (&view, all[i]), none_of (all[i]));
}

/* Longer than it need be is what a newer kernel may send: the front counts. */
static void
test_longer (void)
{
  test_reads (&u8, "\x05\xff\xff\xff", 4, "0x05");
  test_reads (&mac, "\x02\0\0\0\0\x01\xff\xff", 8, "'02:00:00:00:00:01'");
  test_reads (&word_be16, "\0\x01\xff\xff", 4, "'on'");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attr-types/numbers", test_numbers);
  g_test_add_func ("/attr-types/range", test_range);
  g_test_add_func ("/attr-types/booleans", test_booleans);
  g_test_add_func ("/attr-types/wire", test_wire);
  g_test_add_func ("/attr-types/strings", test_strings);
  g_test_add_func ("/attr-types/macs", test_macs);
  g_test_add_func ("/attr-types/links", test_links);
  g_test_add_func ("/attr-types/link-paths", test_link_paths);
  g_test_add_func ("/attr-types/too-short", test_too_short);
  g_test_add_func ("/attr-types/absent", test_absent);
  g_test_add_func ("/attr-types/longer", test_longer);
  return g_test_run ();
}
