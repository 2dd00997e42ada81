/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which settings reach below a link, and what can be said of a lower device without a path. */
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "error.h"
#include "link-lower.h"
#include "link.h"
#include "link/kind.h"
#include "support.h"

/* The caller owns the interfaces alone. */
static NsdLink
make_link (const char *kind, const char *interfaces)
{
  NsdLink link = { .ifindex = 5, .kind = (char *)kind, .port = (char *)"" };

  link.interfaces =
      g_variant_ref_sink (g_variant_new_parsed (interfaces != NULL ? interfaces : "@a{sa{sv}} {}"));
  return link;
}

static NsdSettings *
parse (const char *kind, const char *text)
{
  const NsdAttrTable *tables[] = { &nsd_link_table, nsd_kind_find (kind, NSD_KIND_LINK)->table,
                                   NULL };
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  NsdSettings *settings = nsd_settings_new (dict, tables, NSD_ATTR_CHANGE, &error);

  g_assert_no_error (error);
  return settings;
}

static void
assert_reach (const char *kind, const char *interfaces, const char *text, gboolean expected)
{
  NsdLink link = make_link (kind, interfaces);
  g_autoptr (GVariant) owned = link.interfaces;
  g_autoptr (NsdSettings) settings = parse (kind, text);

  if (nsd_link_reaches_lower (&link, settings) != expected)
    g_test_fail_printf ("%s %s: %s", kind, text, expected ? "stays above" : "reaches below");
}

static void
test_reach (void)
{
  static const char passthru[] = "{'org.netnsd1.Link.Macvlan': {'Mode': <'passthru'>}}";
  static const char bridge[] = "{'org.netnsd1.Link.Macvlan': {'Mode': <'bridge'>}}";
  static const char mac[] = "{'MacAddress': <'02:00:00:00:00:01'>}";

  assert_reach ("gre", NULL, "{'Mtu': <uint32 1400>, 'Up': <true>}", FALSE);
  assert_reach ("gre", NULL, "{'Mtu': <uint32 1400>, 'Ttl': <byte 7>}", TRUE);
  assert_reach ("vxlan", NULL, "{'Vxlan.Link': <objectpath '/'>}", TRUE);
  assert_reach ("macvlan", bridge, mac, FALSE);
  assert_reach ("macvlan", bridge, "{'Mode': <'private'>}", TRUE);
  assert_reach ("macvlan", passthru, mac, TRUE);
  assert_reach ("macvtap", passthru, "{'Master': <objectpath '/'>}", TRUE);
  assert_reach ("macvlan", passthru, "{'Mtu': <uint32 1400>}", FALSE);
  assert_reach ("netkit", NULL, "{'Policy': <'forward'>}", FALSE);
  assert_reach ("netkit", NULL, "{'PeerPolicy': <'forward'>}", TRUE);
  assert_reach ("veth", NULL, mac, FALSE);
}

static void
test_namespace (void)
{
  NsdLink link = make_link ("gre", NULL);
  g_autoptr (GVariant) owned = link.interfaces;

  g_assert_cmpuint (nsd_link_foreign_namespace (&link), ==, 0);
  link.foreign = TRUE;
  g_assert_cmpuint (nsd_link_foreign_namespace (&link), ==, NSD_NETNS_HIDDEN);
  link.lower_netns = 8;
  g_assert_cmpuint (nsd_link_foreign_namespace (&link), ==, 8);
}

/* Changes the TTL of a gre whose lower device has the index @refers in a namespace that is not on
 * the bus; all else is said again. */
static gboolean
change_ttl (int refers, const char *text, guint32 *ret_link, GError **error)
{
  NsdLink link = make_link ("gre", "{'org.netnsd1.Link': {'LinkNamespace': <objectpath '/'>}, "
                                   "'org.netnsd1.Link.Gre': {'Link': <objectpath '/'>}}");
  g_autoptr (GVariant) owned = link.interfaces;
  g_autoptr (NsdSettings) settings = parse ("gre", text);
  g_auto (NsdAttrBuilder) builder = { 0 };
  NsdAttrView view, info, data;

  link.foreign = TRUE;
  link.refers = refers;
  nsd_attr_builder_init (&builder, &test_context, RTM_NEWLINK, 0, sizeof (struct ifinfomsg));
  nsd_link_set_lower (&link, &builder);
  if (!nsd_link_put_info (&builder, "gre", &link, settings, NSD_ATTR_CHANGE, error))
    return FALSE;
  nsd_attr_view_init_message (&view, &test_context, nlmsg_hdr (builder.msg),
                              sizeof (struct ifinfomsg));
  nsd_attr_view_init_nested (&info, &view, view.tb[IFLA_LINKINFO]);
  nsd_attr_view_init_nested (&data, &info, info.tb[IFLA_INFO_DATA]);
  *ret_link = nsd_attr_view_get_u32 (&data, IFLA_GRE_LINK, 77);
  return TRUE;
}

static void
test_hidden (void)
{
  static const char *const named[] = { "{'Link': <objectpath '/org/netnsd1/netns/7/link/3'>}",
                                       "{'Link': <objectpath '/org/netnsd1/netns/8/link/3'>}" };
  g_autoptr (GError) error = NULL;
  guint32 link = 0;

  g_assert_false (change_ttl (3, "{'Ttl': <byte 7>}", &link, &error));
  g_assert_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_false (change_ttl (3, "{'Link': <objectpath '/'>}", &link, &error));
  g_assert_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  for (gsize i = 0; i < G_N_ELEMENTS (named); i++) {
    g_assert_false (change_ttl (0, named[i], &link, &error));
    g_assert_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED);
    g_clear_error (&error);
  }
  /* It has none: that can be said again. */
  g_assert_true (change_ttl (0, "{'Ttl': <byte 7>}", &link, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (link, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-lower/reach", test_reach);
  g_test_add_func ("/link-lower/namespace", test_namespace);
  g_test_add_func ("/link-lower/hidden", test_hidden);
  return g_test_run ();
}
