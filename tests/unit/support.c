/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define HEADER_SIZE 16

static const guint8 no_header[HEADER_SIZE];

static char *
link_path (gpointer data, int nsid, int ifindex)
{
  return g_strdup_printf ("/org/netnsd1/netns/%d/link/%d", nsid < 0 ? 7 : 100 + nsid, ifindex);
}

const NsdAttrContext test_context = { 7, link_path, NULL };

void
test_builder_init (NsdAttrBuilder *builder)
{
  nsd_attr_builder_init (builder, &test_context, RTM_SETLINK, 0, HEADER_SIZE);
}

void
test_view_of_builder (NsdAttrView *view, const NsdAttrBuilder *builder)
{
  const struct nlmsghdr *nlh = nlmsg_hdr (builder->msg);

  nsd_attr_view_init (view, builder->context, builder->header, nlmsg_attrdata (nlh, HEADER_SIZE),
                      nlmsg_attrlen (nlh, HEADER_SIZE));
}

gpointer
test_view_of_attribute (NsdAttrView *view, guint id, gconstpointer data, gsize length)
{
  struct nlattr *nla = g_malloc (sizeof *nla + length);

  nla->nla_type = (guint16)id;
  nla->nla_len = (guint16)(sizeof *nla + length);
  if (length > 0)
    memcpy (nla + 1, data, length);
  nsd_attr_view_init (view, &test_context, no_header, nla, nla->nla_len);
  return nla;
}

const NsdAttr *
test_row (const NsdAttrTable *table, const char *name)
{
  const NsdAttr *attr = nsd_attr_table_find (table, name);

  g_assert_nonnull (attr);
  return attr;
}

GVariant *
test_value (const NsdAttr *attr, const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value =
      g_variant_parse (G_VARIANT_TYPE (attr->type->signature), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

void
test_assert_value (GVariant *value, const char *text)
{
  g_autoptr (GVariant) owned = value != NULL ? g_variant_ref_sink (value) : NULL;
  g_autofree char *printed = NULL;

  g_assert_nonnull (owned);
  printed = g_variant_print (owned, FALSE);
  g_assert_cmpstr (printed, ==, text);
}

void
test_assert_invalid (GError **error, const char *word)
{
  g_assert_error (*error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  if (strstr ((*error)->message, word) == NULL)
    g_test_fail_printf ("“%s” does not say “%s”", (*error)->message, word);
  g_clear_error (error);
}

void
test_round_trip (const NsdAttr *attr, const char *text, const char *expected)
{
  g_autoptr (GVariant) value = test_value (attr, text);
  g_auto (NsdAttrBuilder) builder;
  g_autoptr (GError) error = NULL;
  NsdAttrView view;

  test_builder_init (&builder);
  g_assert_true (nsd_attr_put (&builder, attr, value, &error));
  g_assert_no_error (error);
  test_view_of_builder (&view, &builder);
  value = (g_variant_unref (value), g_variant_ref_sink (attr->type->get (&view, attr)));
  g_assert_true (g_variant_is_of_type (value, G_VARIANT_TYPE (attr->type->signature)));
  test_assert_value (g_variant_ref (value), expected != NULL ? expected : text);
}

void
test_refused (const NsdAttr *attr, const char *text, const char *why)
{
  g_autoptr (GVariant) value = test_value (attr, text);
  g_auto (NsdAttrBuilder) builder;
  g_autoptr (GError) error = NULL;
  guint32 length;

  test_builder_init (&builder);
  length = nlmsg_hdr (builder.msg)->nlmsg_len;
  if (nsd_attr_put (&builder, attr, value, &error)) {
    g_test_fail_printf ("%s takes %s", attr->name, text);
    return;
  }
  g_assert_nonnull (strstr (error->message, attr->name));
  test_assert_invalid (&error, why);
  if (nlmsg_hdr (builder.msg)->nlmsg_len != length)
    g_test_fail_printf ("%s refuses %s, and has written something", attr->name, text);
  g_assert_null (nsd_attr_builder_only_property (&builder));
}

void
test_reads (const NsdAttr *attr, gconstpointer data, gsize length, const char *expected)
{
  NsdAttrView view;
  g_autofree gpointer memory = test_view_of_attribute (&view, attr->id, data, length);

  test_assert_value (attr->type->get (&view, attr), expected);
}
