/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "support.h"

#define UNTOUCHED 4711

static gboolean
load (const char *content, NsdConfig *config, GError **error)
{
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("netnsd-config-XXXXXX", &file, NULL);
  gboolean ok;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (file, content, -1, NULL));
  config->route_object_limit = UNTOUCHED;
  ok = nsd_config_load (config, file, TRUE, error);
  if (!ok)
    g_assert_nonnull (strstr ((*error)->message, file));
  g_unlink (file);
  return ok;
}

static void
assert_limit (const char *content, guint limit)
{
  g_autoptr (GError) error = NULL;
  NsdConfig config;

  g_assert_true (load (content, &config, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (config.route_object_limit, ==, limit);
}

static void
assert_refused (const char *content, const char *why)
{
  g_autoptr (GError) error = NULL;
  NsdConfig config;

  if (load (content, &config, &error)) {
    g_test_fail_printf ("taken: %s", content);
    return;
  }
  g_assert_nonnull (strstr (error->message, why));
  g_assert_cmpuint (config.route_object_limit, ==, UNTOUCHED);
}

static void
test_good (void)
{
  assert_limit ("", 10000);
  assert_limit ("# a comment\n\n[Limits]\n", 10000);
  assert_limit ("[Limits]\nRouteObjectLimit=500\n", 500);
  assert_limit ("[Limits]\nRouteObjectLimit = 0 \n", 0);
  assert_limit ("[Limits]\nRouteObjectLimit=4294967295\n", G_MAXUINT);
}

static void
test_unknown (void)
{
  assert_refused ("[Limits]\nRouteObjectLimt=1\n", "RouteObjectLimt");
  assert_refused ("[Limit]\nRouteObjectLimit=1\n", "[Limit]");
  assert_refused ("[Limits]\nRouteObjectLimit=1\n[More]\nKey=1\n", "Key");
}

static void
test_bad_number (void)
{
  static const char *const values[] = {
    "", "-1", "+1", "1.5", "0x10", "10k", "many", "4294967296", "99999999999999999999999",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *content = g_strdup_printf ("[Limits]\nRouteObjectLimit=%s\n", values[i]);

    assert_refused (content, "RouteObjectLimit");
  }
}

static void
test_no_key_file (void)
{
  assert_refused ("RouteObjectLimit=1\n", "Cannot read");
  assert_refused ("[Limits\n", "Cannot read");
  assert_refused ("[Limits]\nwhat is this\n", "Cannot read");
}

static void
test_missing_file (void)
{
  const char *file = "/proc/self/no-such-file/netnsd.conf";
  g_autoptr (GError) error = NULL;
  NsdConfig config = { UNTOUCHED };

  g_assert_false (nsd_config_load (&config, file, TRUE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, file));
  g_assert_cmpuint (config.route_object_limit, ==, UNTOUCHED);
  g_clear_error (&error);

  g_assert_true (nsd_config_load (&config, file, FALSE, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (config.route_object_limit, ==, 10000);
}

/* A file that is there and cannot be read is not the same as none. */
static void
test_not_a_file (void)
{
  g_autoptr (GError) error = NULL;
  NsdConfig config = { UNTOUCHED };

  g_assert_false (nsd_config_load (&config, "/proc/self", FALSE, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (config.route_object_limit, ==, UNTOUCHED);
}

static void
test_shipped (void)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "data", "netnsd.conf", NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  NsdConfig config;

  g_assert_true (nsd_config_load (&config, file, TRUE, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (config.route_object_limit, ==, 10000);
  g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
  g_assert_nonnull (strstr (content, "#RouteObjectLimit=10000\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/good", test_good);
  g_test_add_func ("/config/unknown", test_unknown);
  g_test_add_func ("/config/bad-number", test_bad_number);
  g_test_add_func ("/config/no-key-file", test_no_key_file);
  g_test_add_func ("/config/missing-file", test_missing_file);
  g_test_add_func ("/config/not-a-file", test_not_a_file);
  g_test_add_func ("/config/shipped", test_shipped);
  return g_test_run ();
}
