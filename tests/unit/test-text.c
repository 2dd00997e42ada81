/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "text.h"

static const struct {
  const char *bytes;
  const char *text;
} pairs[] = {
  { "", "" },
  { "eth0", "eth0" },
  { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
  { "a\xff", "a\\xff" },
  { "\xff\xfe", "\\xff\\xfe" },
  { "\xc3", "\\xc3" },                   /* cut off */
  { "\xc0\x80", "\\xc0\\x80" },          /* overlong NUL */
  { "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* half of a surrogate pair */
  { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
  { "\xc3\xbc\xff\xc3\xbc", "\xc3\xbc\\xff\xc3\xbc" },
  { "a\\b", "a\\b" },
  { "\\x", "\\x" },
  { "\\x4", "\\x4" },
  { "\\xg0", "\\xg0" },
  { "\\x41", "\\x5cx41" },
  { "\\xFF", "\\x5cxFF" },
  { "\\x00", "\\x5cx00" },
  { "\\x5c", "\\x5cx5c" },
  { "\\\\x41", "\\\\x5cx41" },
  { "\\x4\xff", "\\x4\\xff" },
  { "\\\xff", "\\\\xff" },
};

static void
test_pairs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autofree char *text = nsd_text_from_bytes (pairs[i].bytes, strlen (pairs[i].bytes));
    g_autofree char *bytes = nsd_text_to_bytes (pairs[i].text);

    g_assert_cmpstr (text, ==, pairs[i].text);
    g_assert_cmpstr (bytes, ==, pairs[i].bytes);
  }
}

static void
test_length (void)
{
  g_autofree char *exact = g_memdup2 ("abc", 3);
  g_autofree char *cut = g_memdup2 ("a\xc3", 2);
  g_autofree char *with_nul = nsd_text_from_bytes ("ab\0cd", 5);
  g_autofree char *nothing = nsd_text_from_bytes ("abc", 0);
  g_autofree char *three = nsd_text_from_bytes (exact, 3);
  g_autofree char *two = nsd_text_from_bytes (cut, 2);

  g_assert_cmpstr (with_nul, ==, "ab");
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (three, ==, "abc");
  g_assert_cmpstr (two, ==, "a\\xc3");
}

static void
test_escaped_nul (void)
{
  static const char *const texts[] = { "\\x00", "eth\\x00", "\\x00eth", "\\x41\\x00" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *bytes = nsd_text_to_bytes (texts[i]);

    g_assert_null (bytes);
  }
}

static void
test_upper_case (void)
{
  g_autofree char *bytes = nsd_text_to_bytes ("\\xFFa\\xC3");

  g_assert_cmpstr (bytes, ==,
                   "\xff"
                   "a\xc3");
}

/* Mostly the bytes that escapes are made of, and halves of UTF-8. */
static char
random_byte (GRand *rand)
{
  static const char likely[] = "\\\\\\xx0459afF\xc3\xbc\xe2\x82\xac\xff";

  if (g_rand_boolean (rand))
    return likely[g_rand_int_range (rand, 0, sizeof likely - 1)];
  return (char)g_rand_int_range (rand, 1, 256);
}

static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240229);

  for (guint round = 0; round < 200000; round++) {
    gsize length = (gsize)g_rand_int_range (rand, 0, 24);
    g_autofree char *bytes = g_malloc (length + 1);
    g_autofree char *text = NULL;
    g_autofree char *back = NULL;

    for (gsize i = 0; i < length; i++)
      bytes[i] = random_byte (rand);
    bytes[length] = '\0';
    text = nsd_text_from_bytes (bytes, length);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    back = nsd_text_to_bytes (text);
    g_assert_cmpstr (back, ==, bytes);
  }
}

static void
test_mentions (void)
{
  g_assert_true (nsd_text_mentions ("Nexthop id does not exist", "NextHopId"));
  g_assert_true (nsd_text_mentions ("Nexthop id does not exist", "Id"));
  g_assert_true (nsd_text_mentions ("no such (next hop) id", "NextHop"));
  g_assert_true (nsd_text_mentions ("Invalid MTU", "Mtu"));
  g_assert_false (nsd_text_mentions ("Nexthop ids", "NextHopId"));
  g_assert_false (nsd_text_mentions ("the id of a nexthop", "NextHopId"));
  g_assert_false (nsd_text_mentions ("nexthop", "NextHopId"));
  g_assert_false (nsd_text_mentions ("", "Mtu"));
}

static void
assert_shortened (const char *text, gsize most, const char *wanted)
{
  g_autofree char *shortened = nsd_text_shorten (text, most);

  g_assert_cmpstr (shortened, ==, wanted);
}

static void
test_shorten (void)
{
  assert_shortened ("", 0, "");
  assert_shortened ("abcdef", 6, "abcdef");
  assert_shortened ("abcdefg", 6, "abc … efg");
  assert_shortened ("abcdefg", 1, " … ");
  /* A character is there, or it is not. */
  assert_shortened ("a\xc3\xbc\xc3\xbc\xc3\xbcz", 4, "a … z");
  assert_shortened ("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 8, "\xe2\x82\xac … \xe2\x82\xac");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/pairs", test_pairs);
  g_test_add_func ("/text/length", test_length);
  g_test_add_func ("/text/escaped-nul", test_escaped_nul);
  g_test_add_func ("/text/upper-case", test_upper_case);
  g_test_add_func ("/text/random", test_random);
  g_test_add_func ("/text/mentions", test_mentions);
  g_test_add_func ("/text/shorten", test_shorten);
  return g_test_run ();
}
