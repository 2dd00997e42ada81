/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that remember which bytes came from which property. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "attr-types.h"
#include "link/kind.h"
#include "support.h"

#define FIRST 32 /* behind struct nlmsghdr and a header of 16 bytes */

static const NsdAttr inner_row = { 2, "Inner", &nsd_attr_u32, NSD_ATTR_CREATE };

/* A codec that writes a nest with a property of its own in it. */
static gboolean
put_nest (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, attr->id, error);

  g_assert_nonnull (nest);
  g_assert_true (nsd_attr_builder_add_u32 (builder, 1, 0, error));
  g_assert_true (nsd_attr_put (builder, &inner_row, value, error));
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static const NsdAttrType nest_type = { "u", NULL, put_nest };
static const NsdAttr outer_row = { 9, "Outer", &nest_type, NSD_ATTR_CREATE };
static const NsdAttr option_row = { 0, "Option", &nsd_attr_option_u, NSD_ATTR_CREATE };

static void
put (NsdAttrBuilder *builder, const NsdAttr *attr, const char *text)
{
  g_autoptr (GVariant) value = test_value (attr, text);
  g_autoptr (GError) error = NULL;

  g_assert_true (nsd_attr_put (builder, attr, value, &error));
  g_assert_no_error (error);
}

static void
put_link (NsdAttrBuilder *builder, const char *name, const char *text)
{
  put (builder, test_row (&nsd_link_table, name), text);
}

static void
assert_span (const NsdAttrBuilder *builder, guint32 start, guint32 end, const char *name)
{
  for (guint32 offset = start; offset < end; offset++)
    g_assert_cmpstr (nsd_attr_builder_property_at (builder, offset), ==, name);
}

static void
test_header (void)
{
  g_auto (NsdAttrBuilder) builder;
  const struct nlmsghdr *nlh;
  static const guint8 zero[16];

  nsd_attr_builder_init (&builder, &test_context, RTM_NEWLINK, NLM_F_CREATE, sizeof zero);
  nlh = nlmsg_hdr (builder.msg);
  g_assert_cmpuint (nlh->nlmsg_type, ==, RTM_NEWLINK);
  g_assert_cmpuint (nlh->nlmsg_flags, ==, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
  g_assert_cmpuint (nlh->nlmsg_len, ==, FIRST);
  g_assert_cmpmem (builder.header, sizeof zero, zero, sizeof zero);
  g_assert_true (builder.header == nlmsg_data (nlh));
}

static void
test_property_at (void)
{
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  put_link (&builder, "Name", "'veth0'"); /* 4 + 6 bytes, padded to 12 */
  put_link (&builder, "Mtu", "9000");
  assert_span (&builder, 0, FIRST, NULL);
  assert_span (&builder, FIRST, FIRST + 12, "Name");
  assert_span (&builder, FIRST + 12, FIRST + 20, "Mtu");
  assert_span (&builder, FIRST + 20, FIRST + 100, NULL);
  g_assert_null (nsd_attr_builder_property_at (&builder, G_MAXUINT32));
}

/* What writes into the header alone has no bytes of its own. */
static void
test_property_of_header (void)
{
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  put_link (&builder, "Up", "true");
  g_assert_cmpstr (nsd_attr_builder_only_property (&builder), ==, "Up");
  put_link (&builder, "Mtu", "9000");
  assert_span (&builder, 0, FIRST, NULL);
  assert_span (&builder, FIRST, FIRST + 8, "Mtu");
}

static void
test_nested (void)
{
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  put (&builder, &outer_row, "5");
  assert_span (&builder, FIRST, FIRST + 12, "Outer"); /* the nest, and an attribute without name */
  assert_span (&builder, FIRST + 12, FIRST + 20, "Inner");
  g_assert_null (nsd_attr_builder_property_at (&builder, FIRST + 20));
}

static guint32
offset_of (const NsdAttrBuilder *builder, gconstpointer bytes, gsize length)
{
  const struct nlmsghdr *nlh = nlmsg_hdr (builder->msg);
  const char *found = memmem (nlh, nlh->nlmsg_len, bytes, length);

  g_assert_nonnull (found);
  return (guint32)(found - (const char *)nlh);
}

/* The peer of a veth has a message of its own inside the message. */
static void
test_peer (void)
{
  const NsdAttrTable *const tables[] = { nsd_kinds_veth[0].table, NULL };
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_new_parsed (
      "{'Peer': <{'Name': <'inside'>, 'Up': <true>, 'Mtu': <uint32 4711>}>}"));
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, NULL);
  const guint32 mtu = 4711;
  g_auto (NsdAttrBuilder) builder;
  gpointer header;

  test_builder_init (&builder);
  header = builder.header;
  put_link (&builder, "Name", "'outside'");
  g_assert_true (nsd_kinds_veth[0].put (&builder, settings, NSD_ATTR_CREATE, NULL));
  g_assert_true (builder.header == header);
  g_assert_cmpuint (((struct ifinfomsg *)header)->ifi_flags, ==, 0);
  g_assert_cmpstr (nsd_attr_builder_property_at (&builder, offset_of (&builder, "inside", 7)), ==,
                   "Name");
  g_assert_cmpstr (nsd_attr_builder_property_at (&builder, offset_of (&builder, &mtu, 4)), ==,
                   "Mtu");
  /* the header of the peer, with the flags */
  g_assert_null (nsd_attr_builder_property_at (&builder, FIRST + 12 + 4));
}

static void
test_property_in_text (void)
{
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  put_link (&builder, "Mtu", "9000");
  put_link (&builder, "Name", "'a'");
  g_assert_cmpstr (nsd_attr_builder_property_in_text (&builder, "Invalid MTU"), ==, "Mtu");
  g_assert_cmpstr (nsd_attr_builder_property_in_text (&builder, "the name: is taken"), ==, "Name");
  g_assert_cmpstr (nsd_attr_builder_property_in_text (&builder, "mtu"), ==, "Mtu");
  g_assert_cmpstr (nsd_attr_builder_property_in_text (&builder, "bad \"mtu\", sorry"), ==, "Mtu");
  g_assert_null (nsd_attr_builder_property_in_text (&builder, "names of mtus, rename"));
  g_assert_null (nsd_attr_builder_property_in_text (&builder, "mtu of that name"));
  g_assert_null (nsd_attr_builder_property_in_text (&builder, "invalid group"));
  g_assert_null (nsd_attr_builder_property_in_text (&builder, "m tub"));
  g_assert_null (nsd_attr_builder_property_in_text (&builder, ""));
}

static void
test_only_property (void)
{
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  g_assert_null (nsd_attr_builder_only_property (&builder));
  put (&builder, &option_row, "5"); /* carried by no attribute */
  g_assert_null (nsd_attr_builder_only_property (&builder));
  put_link (&builder, "Mtu", "9000");
  g_assert_cmpstr (nsd_attr_builder_only_property (&builder), ==, "Mtu");
  put_link (&builder, "Group", "9000");
  g_assert_null (nsd_attr_builder_only_property (&builder));
}

/* Full is an error for the caller, not a cut message. */
static void
test_full (void)
{
  g_autofree char *large = g_malloc0 (40000);
  g_autoptr (GError) error = NULL;
  g_auto (NsdAttrBuilder) builder;
  guint32 length;

  test_builder_init (&builder);
  g_assert_false (nsd_attr_builder_add (&builder, 1, large, 40000, &error));
  test_assert_invalid (&error, "too long");
  g_assert_cmpuint (nlmsg_hdr (builder.msg)->nlmsg_len, ==, FIRST);
  while (nsd_attr_builder_add (&builder, 1, large, 1000, NULL))
    ;
  while (nsd_attr_builder_add_u32 (&builder, 1, 5, NULL))
    ;
  length = nlmsg_hdr (builder.msg)->nlmsg_len;
  g_assert_cmpuint (length, >, 3000);
  while (nsd_attr_builder_open (&builder, 1, &error) != NULL)
    ;
  test_assert_invalid (&error, "too long");
  g_assert_cmpuint (nlmsg_hdr (builder.msg)->nlmsg_len, <=, length + 8);
}

static void
test_room (void)
{
  g_autofree char *large = g_malloc0 (70000);
  g_autoptr (GError) error = NULL;
  g_auto (NsdAttrBuilder) builder;

  test_builder_init (&builder);
  nsd_attr_builder_make_room (&builder, 100);
  nsd_attr_builder_make_room (&builder, 100000);
  g_assert_true (builder.header == nlmsg_data (nlmsg_hdr (builder.msg)));
  g_assert_true (nsd_attr_builder_add (&builder, 1, large, 40000, &error));
  g_assert_true (nsd_attr_builder_add (&builder, 2, large, 40000, &error));
  g_assert_no_error (error);
  /* The length of an attribute has 16 bits. */
  g_assert_false (nsd_attr_builder_add (&builder, 3, large, 65532, &error));
  test_assert_invalid (&error, "too long");
  g_assert_cmpuint (nlmsg_hdr (builder.msg)->nlmsg_len, ==, FIRST + 2 * 40004);
}

static void
count_free (gpointer data)
{
  (*(guint *)data)++;
}

/* What is held outlives the writing, and goes with the message. */
static void
test_hold (void)
{
  guint freed = 0;
  NsdAttrBuilder builder;

  test_builder_init (&builder);
  nsd_attr_builder_hold (&builder, &freed, count_free);
  nsd_attr_builder_hold (&builder, &freed, count_free);
  g_assert_cmpuint (freed, ==, 0);
  nsd_attr_builder_clear (&builder);
  g_assert_cmpuint (freed, ==, 2);
  nsd_attr_builder_clear (&builder);
  g_assert_cmpuint (freed, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attr-builder/header", test_header);
  g_test_add_func ("/attr-builder/property-at", test_property_at);
  g_test_add_func ("/attr-builder/property-of-header", test_property_of_header);
  g_test_add_func ("/attr-builder/nested", test_nested);
  g_test_add_func ("/attr-builder/peer", test_peer);
  g_test_add_func ("/attr-builder/property-in-text", test_property_in_text);
  g_test_add_func ("/attr-builder/only-property", test_only_property);
  g_test_add_func ("/attr-builder/full", test_full);
  g_test_add_func ("/attr-builder/room", test_room);
  g_test_add_func ("/attr-builder/hold", test_hold);
  return g_test_run ();
}
