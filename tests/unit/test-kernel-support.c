/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-support.h"

static const char aliases[] = "# Aliases extracted from modules themselves.\n"
                              "alias rtnl-link-bond bonding\n"
                              "alias char-major-10-200 tun\n"
                              "alias devname:net/tun tun\n"
                              "alias rtnl-link-ip6gretap ip6_gre\n"
                              "alias net-pf-17 af_packet\n"
                              "alias rtnl-link-virt_wifi virt_wifi\n";

static void
test_has_module (void)
{
  g_assert_true (nsd_kernel_support_has_module (aliases, "bond"));
  g_assert_true (nsd_kernel_support_has_module (aliases, "tun"));
  g_assert_true (nsd_kernel_support_has_module (aliases, "ip6gretap"));
  g_assert_true (nsd_kernel_support_has_module (aliases, "virt_wifi"));
}

static void
test_has_no_module (void)
{
  g_assert_false (nsd_kernel_support_has_module (aliases, "ip6gre"));
  g_assert_false (nsd_kernel_support_has_module (aliases, "bonding"));
  g_assert_false (nsd_kernel_support_has_module (aliases, "gretap"));
  g_assert_false (nsd_kernel_support_has_module (aliases, ""));
  g_assert_false (nsd_kernel_support_has_module ("", "bond"));
  g_assert_false (nsd_kernel_support_has_module ("", "tun"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernel-support/has-module", test_has_module);
  g_test_add_func ("/kernel-support/has-no-module", test_has_no_module);
  return g_test_run ();
}
