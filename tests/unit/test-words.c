/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words and flags: what ip(8) prints for a number. */
#include "attr-types.h"

#include <string.h>

#include "rtwords.h"
#include "support.h"

static const NsdWord words[] = {
  { 0, "off" },
  { 1, "on" },
  { 200, "auto" },
  { 0, NULL },
};

static const NsdWord flags[] = {
  { 1 << 0, "first" },
  { 1 << 1, "second" },
  { 1u << 31, "last" },
  { 0, NULL },
};

static const NsdAttr word8 = { 1, "Word8", &nsd_attr_word8, NSD_ATTR_CHANGE, words };
static const NsdAttr word32 = { 2, "Word32", &nsd_attr_word32, NSD_ATTR_CHANGE, words };
static const NsdAttr word_be16 = { 3, "WordBe16", &nsd_attr_word_be16, NSD_ATTR_CHANGE, words };

static void
test_codecs (void)
{
  const NsdAttr *const all[] = { &word8, &word32, &word_be16 };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    test_round_trip (all[i], "'off'", NULL);
    test_round_trip (all[i], "'on'", NULL);
    test_round_trip (all[i], "'auto'", NULL);
    test_round_trip (all[i], "'2'", NULL);
    test_round_trip (all[i], "'200'", "'auto'");
    test_refused (all[i], "'On'", "“off”, “on”, “auto”");
    test_refused (all[i], "'on '", "unknown word");
    test_refused (all[i], "''", "unknown word");
    test_refused (all[i], "'-1'", "unknown word");
    test_refused (all[i], "'+1'", "unknown word");
    test_refused (all[i], "'0x1'", "unknown word");
    test_refused (all[i], "' 1'", "unknown word");
  }
  test_reads (&word8, "\x07", 1, "'7'");
  test_reads (&word_be16, "\x01\x00", 2, "'256'");
}

static void
test_largest (void)
{
  test_round_trip (&word8, "'255'", NULL);
  test_refused (&word8, "'256'", "up to 255");
  test_round_trip (&word_be16, "'65535'", NULL);
  test_refused (&word_be16, "'65536'", "up to 65535");
  test_round_trip (&word32, "'4294967295'", NULL);
  test_refused (&word32, "'4294967296'", "up to 4294967295");
}

static void
test_parse_keeps_value (void)
{
  guint32 value = 4711;

  g_assert_false (nsd_word_parse (words, 255, "none", &value, NULL));
  g_assert_cmpuint (value, ==, 4711);
  g_assert_true (nsd_word_parse (words, 255, "auto", &value, NULL));
  g_assert_cmpuint (value, ==, 200);
}

/* 0 as the largest number is how callers say that there is nothing but the words. */
static void
test_words_only (void)
{
  g_autoptr (GError) error = NULL;
  guint32 value = 4711;

  g_assert_true (nsd_word_parse (nsd_family_words, 0, "inet6", &value, &error));
  g_assert_cmpuint (value, ==, 10);
  g_assert_false (nsd_word_parse (nsd_family_words, 0, "10", &value, &error));
  test_assert_invalid (&error, "“inet”, “inet6”");
  if (nsd_word_parse (nsd_family_words, 0, "0", &value, &error))
    g_test_fail_printf ("“0” is taken for the word of a family");
  else
    test_assert_invalid (&error, "“inet”, “inet6”");
}

static gboolean
parse_flags (const char *text, guint32 *ret_flags, GError **error)
{
  g_autoptr (GVariant) array = g_variant_ref_sink (g_variant_new_parsed (text));

  return nsd_flag_words_parse (flags, array, ret_flags, error);
}

static void
test_flags (void)
{
  g_autoptr (GError) error = NULL;
  guint32 value = 4711;

  g_assert_false (parse_flags ("['first', 'third']", &value, &error));
  g_assert_cmpuint (value, ==, 4711);
  test_assert_invalid (&error, "“third”");
  g_assert_false (parse_flags ("['']", &value, NULL));
  g_assert_false (parse_flags ("['1']", &value, NULL));
  g_assert_true (parse_flags ("@as []", &value, &error));
  g_assert_cmpuint (value, ==, 0);
  g_assert_true (parse_flags ("['last', 'first', 'first']", &value, &error));
  g_assert_cmpuint (value, ==, 0x80000001);
}

static void
test_flag_words (void)
{
  test_assert_value (nsd_flag_words_variant (flags, 0), "[]");
  test_assert_value (nsd_flag_words_variant (flags, 0x80000003), "['first', 'second', 'last']");
  test_assert_value (nsd_flag_words_variant (flags, 0x30), "['30']");
  test_assert_value (nsd_flag_words_variant (flags, 0x32), "['second', '30']");
}

static void
check_words (const NsdWord *list, guint32 max)
{
  for (const NsdWord *word = list; word->word != NULL; word++) {
    g_autoptr (GVariant) text = g_variant_ref_sink (nsd_word_variant (list, word->value));
    guint32 value;

    /* Two words for a value, or two values for a word, would not come back. */
    g_assert_cmpstr (g_variant_get_string (text, NULL), ==, word->word);
    g_assert_true (nsd_word_parse (list, max, word->word, &value, NULL));
    g_assert_cmpuint (value, ==, word->value);
    g_assert_cmpuint (value, <=, max);
    g_assert_false (g_ascii_isdigit (*word->word));
  }
}

static void
test_lists (void)
{
  check_words (nsd_family_words, G_MAXUINT8);
  check_words (nsd_scope_words, G_MAXUINT8);
  check_words (nsd_protocol_words, G_MAXUINT8);
  check_words (nsd_type_words, G_MAXUINT8);
  check_words (nsd_nexthop_words, G_MAXUINT32);
  check_words (nsd_metric_words, NSD_ATTR_MAX);
  check_words (nsd_encap_words, G_MAXUINT16);
  check_words (nsd_pref_words, G_MAXUINT8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/words/codecs", test_codecs);
  g_test_add_func ("/words/largest", test_largest);
  g_test_add_func ("/words/parse-keeps-value", test_parse_keeps_value);
  g_test_add_func ("/words/words-only", test_words_only);
  g_test_add_func ("/words/flags", test_flags);
  g_test_add_func ("/words/flag-words", test_flag_words);
  g_test_add_func ("/words/lists", test_lists);
  return g_test_run ();
}
