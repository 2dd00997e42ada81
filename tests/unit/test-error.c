/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#define OURS     "org.netnsd1.Error."
#define STANDARD "org.freedesktop.DBus.Error."

static const char *const names[] = {
  [NSD_ERROR_NOT_FOUND] = OURS "NotFound",
  [NSD_ERROR_EXISTS] = OURS "Exists",
  [NSD_ERROR_BUSY] = OURS "Busy",
  [NSD_ERROR_NOT_SUPPORTED] = OURS "NotSupported",
  [NSD_ERROR_UNREACHABLE] = OURS "Unreachable",
  [NSD_ERROR_GONE] = OURS "Gone",
  [NSD_ERROR_ABORTED] = OURS "Aborted",
  [NSD_ERROR_KERNEL] = OURS "Kernel",
  [NSD_ERROR_DISMISSED] = OURS "NotAuthorized.Dismissed",
  [NSD_ERROR_INTERACTION_REQUIRED] = STANDARD "InteractiveAuthorizationRequired",
};

static const struct {
  int errnum;
  const char *name;
} classes[] = {
  { ENOENT, OURS "NotFound" },
  { ENODEV, OURS "NotFound" },
  { ESRCH, OURS "NotFound" },
  { EADDRNOTAVAIL, OURS "NotFound" },
  { EEXIST, OURS "Exists" },
  { EBUSY, OURS "Busy" },
  { EOPNOTSUPP, OURS "NotSupported" },
  { ENOTSUP, OURS "NotSupported" },
  { EAFNOSUPPORT, OURS "NotSupported" },
  { ENETUNREACH, OURS "Unreachable" },
  { EHOSTUNREACH, OURS "Unreachable" },
  { ENETDOWN, OURS "Unreachable" },
  { EPERM, STANDARD "AccessDenied" },
  { EACCES, OURS "NotSupported" },
  { ENOTEMPTY, OURS "Busy" },
  { EINVAL, OURS "Kernel" },
  { ENOMEM, OURS "Kernel" },
  { ENOBUFS, OURS "Kernel" },
  { ERANGE, OURS "Kernel" },
  { EIO, OURS "Kernel" },
};

static void
assert_name (GError *error, const char *name)
{
  g_autofree char *encoded = g_dbus_error_encode_gerror (error);

  g_assert_cmpstr (encoded, ==, name);
}

static void
test_names (void)
{
  g_assert_cmpuint (G_N_ELEMENTS (names), ==, NSD_N_ERRORS);
  for (guint code = 0; code < NSD_N_ERRORS; code++) {
    g_autoptr (GError) error = g_error_new_literal (NSD_ERROR, (int)code, "text");
    g_autoptr (GError) back = NULL;

    g_assert_cmpstr (nsd_error_name (code), ==, names[code]);
    g_assert_true (g_dbus_is_error_name (names[code]));
    assert_name (error, names[code]);
    back = g_dbus_error_new_for_dbus_error (names[code], "text");
    g_assert_true (g_error_matches (back, NSD_ERROR, (int)code));
  }
}

static void
test_classes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    g_autoptr (GError) error = NULL;

    nsd_error_set_errno (&error, classes[i].errnum, NULL);
    g_test_message ("%s", strerrorname_np (classes[i].errnum));
    assert_name (error, classes[i].name);
  }
}

/* Whatever the kernel answers has a name, and a text that somebody can look up. */
static void
test_every_errno (void)
{
  for (int errnum = 1; errnum < 4096; errnum++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *ending = strerrorname_np (errnum) != NULL
                                  ? g_strdup_printf (" (%s)", strerrorname_np (errnum))
                                  : g_strdup_printf (" (errno %d)", errnum);

    nsd_error_set_errno (&error, errnum, NULL);
    g_assert_true (g_str_has_prefix (error->message, g_strerror (errnum)));
    if (g_error_matches (error, NSD_ERROR, NSD_ERROR_KERNEL))
      g_assert_true (g_str_has_suffix (error->message, ending));
    else
      g_assert_cmpstr (error->message, ==, g_strerror (errnum));
  }
}

static void
test_text (void)
{
  g_autoptr (GError) kernel = NULL;
  g_autoptr (GError) exists = NULL;
  g_autoptr (GError) empty = NULL;

  nsd_error_set_errno (&kernel, EINVAL, "Nexthop has invalid gateway");
  g_assert_cmpstr (kernel->message, ==, "Nexthop has invalid gateway (EINVAL)");
  nsd_error_set_errno (&exists, EEXIST, "Name 100%s taken");
  g_assert_cmpstr (exists->message, ==, "Name 100%s taken");
  nsd_error_set_errno (&empty, EEXIST, "");
  g_assert_cmpstr (empty->message, ==, g_strerror (EEXIST));
}

static void
test_invalid (void)
{
  g_autoptr (GError) error = NULL;

  nsd_error_set_invalid (&error, "%d is not %s", 5, "“%s”");
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (error->message, ==, "5 is not “%s”");
  assert_name (error, STANDARD "InvalidArgs");
}

static void
test_nobody_asks (void)
{
  nsd_error_set_errno (NULL, EINVAL, "text");
  nsd_error_set_errno (NULL, EEXIST, NULL);
  nsd_error_set_invalid (NULL, "%d", 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/names", test_names);
  g_test_add_func ("/error/classes", test_classes);
  g_test_add_func ("/error/every-errno", test_every_errno);
  g_test_add_func ("/error/text", test_text);
  g_test_add_func ("/error/invalid", test_invalid);
  g_test_add_func ("/error/nobody-asks", test_nobody_asks);
  return g_test_run ();
}
