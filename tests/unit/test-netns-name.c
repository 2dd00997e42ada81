/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netns.h"
#include "support.h"

static void
assert_refused (const char *name, const char *why)
{
  g_autoptr (GError) error = NULL;

  if (nsd_netns_check_name (name, &error)) {
    g_autofree char *escaped = g_strescape (name, NULL);

    g_test_fail_printf ("“%s” is taken", escaped);
    return;
  }
  test_assert_invalid (&error, why);
}

static void
test_good (void)
{
  static const char *const names[] = {
    "a",    "blue",   "0",  "a b", "a.b", "a-b",  "a..", "gr\xc3\xbcn", "\xe7\xb6\xb2",
    "a\\b", "a\\xzz", "\\", "~",   "_",   "a:b%",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (nsd_netns_check_name (names[i], &error));
    g_assert_no_error (error);
  }
}

static void
test_bad (void)
{
  assert_refused ("", "empty");
  assert_refused ("-", "begins with");
  assert_refused ("-n", "begins with");
  assert_refused (".", "begins with");
  assert_refused ("..", "begins with");
  assert_refused (".hidden", "begins with");
  assert_refused ("/", "“/”");
  assert_refused ("a/b", "“/”");
  assert_refused ("a/", "“/”");
  assert_refused ("\\x41", "escape");
  assert_refused ("a\\x00", "escape");
  assert_refused ("a\n", "control");
  assert_refused ("\t", "control");
  assert_refused ("a\x7f", "control");
  assert_refused ("a\x1b[2J", "control");
  assert_refused ("a\xc2\x85z", "control"); /* NEXT LINE, of C1 */
}

static void
test_length (void)
{
  g_autofree char *longest = g_strnfill (255, 'a');
  g_autofree char *longer = g_strnfill (256, 'a');
  g_autoptr (GString) wide = g_string_new (NULL);

  g_assert_true (nsd_netns_check_name (longest, NULL));
  assert_refused (longer, "longer");
  for (guint i = 0; i < 128; i++)
    g_string_append (wide, "\xc3\xbc");
  assert_refused (wide->str, "longer"); /* bytes count, not characters */
}

/* GDBus lets only UTF-8 in; the function promises it whoever asks. */
static void
test_utf8 (void)
{
  assert_refused ("a\xff", "UTF-8");
  assert_refused ("a\xc3(", "UTF-8");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netns-name/good", test_good);
  g_test_add_func ("/netns-name/bad", test_bad);
  g_test_add_func ("/netns-name/length", test_length);
  g_test_add_func ("/netns-name/utf8", test_utf8);
  return g_test_run ();
}
