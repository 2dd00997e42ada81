/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows and the XML say the same. */
#include <string.h>

#include "addresses.h"
#include "attr-types.h"
#include "interfaces.h"
#include "link/kind.h"
#include "names.h"
#include "routes.h"

#define EMITS "org.freedesktop.DBus.Property.EmitsChangedSignal"

/* The tables of attributes: of links, of kinds, of addresses and of routes. */
static GPtrArray *
all_tables (void)
{
  GPtrArray *tables = g_ptr_array_new ();

  g_ptr_array_add (tables, (gpointer)&nsd_link_table);
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    for (const NsdKind *kind = *file; kind->name != NULL; kind++)
      if (kind == *file || kind->table != kind[-1].table)
        g_ptr_array_add (tables, (gpointer)kind->table);
  g_ptr_array_add (tables, (gpointer)&nsd_address_table);
  g_ptr_array_add (tables, (gpointer)&nsd_route_table);
  return tables;
}

static gboolean
has_table (const GDBusInterfaceInfo *info)
{
  g_autoptr (GPtrArray) tables = all_tables ();

  for (guint i = 0; i < tables->len; i++)
    if (((const NsdAttrTable *)tables->pdata[i])->info == info)
      return TRUE;
  return FALSE;
}

static void
check_methods (const NsdInterface *interface)
{
  for (GDBusMethodInfo **m = interface->info->methods; m != NULL && *m != NULL; m++) {
    guint n = 0;

    for (gsize i = 0; i < interface->n_methods; i++)
      n += strcmp (interface->methods[i].member, (*m)->name) == 0;
    if (n != 1)
      g_test_fail_printf ("%s.%s has %u rows", interface->info->name, (*m)->name, n);
  }
  for (gsize i = 0; i < interface->n_methods; i++) {
    const NsdMethod *row = &interface->methods[i];

    if (g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)interface->info, row->member) ==
        NULL)
      g_test_fail_printf ("%s.%s is not in the XML", interface->info->name, row->member);
    g_assert_nonnull (row->handler);
    g_assert_true (strcmp (row->action, NSD_READ) == 0 ||
                   g_str_has_prefix (row->action, NSD_BUS_NAME "."));
  }
}

static void
test_methods (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++)
    check_methods (*i);
}

/* Details for polkit come from leading strings: without one they would be somebody's surprise. */
static void
test_details (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    for (gsize n = 0; n < (*i)->n_methods; n++) {
      const NsdMethod *row = &(*i)->methods[n];
      GDBusMethodInfo *info =
          g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)(*i)->info, row->member);

      for (gsize d = 0; d < G_N_ELEMENTS (row->details) && row->details[d] != NULL; d++) {
        g_assert_nonnull (info->in_args[d]);
        g_assert_cmpstr (info->in_args[d]->signature, ==, "s");
      }
    }
  }
}

static const NsdAttr *
only_readable_row (const NsdAttrTable *table, const char *name)
{
  const NsdAttr *found = NULL;

  for (gsize i = 0; i < table->n_rows; i++) {
    if (strcmp (table->rows[i].name, name) != 0)
      continue;
    if (found != NULL)
      g_test_fail_printf ("%s.%s has two rows", table->info->name, name);
    found = &table->rows[i];
  }
  return found != NULL && (found->flags & NSD_ATTR_READ) ? found : NULL;
}

/* Kinds can share an interface, and differ in the rows that they have of it. */
static void
check_property (const GDBusInterfaceInfo *info, const GDBusPropertyInfo *property)
{
  g_autoptr (GPtrArray) tables = all_tables ();
  gboolean writable = FALSE, readable = FALSE;

  for (guint i = 0; i < tables->len; i++) {
    const NsdAttrTable *table = tables->pdata[i];
    const NsdAttr *attr = table->info == info ? only_readable_row (table, property->name) : NULL;

    if (attr == NULL)
      continue;
    readable = TRUE;
    writable |= (attr->flags & NSD_ATTR_CHANGE) != 0;
    if (strcmp (attr->type->signature, property->signature) != 0)
      g_test_fail_printf ("%s.%s is %s in the XML, %s in its row", info->name, property->name,
                          property->signature, attr->type->signature);
  }
  if (!readable)
    g_test_fail_printf ("%s.%s has no row", info->name, property->name);
  g_assert_true (property->flags & G_DBUS_PROPERTY_INFO_FLAGS_READABLE);
  /* Properties of addresses change through their Set, all at once. */
  if (info != nsd_address_table.info &&
      writable != ((property->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0))
    g_test_fail_printf ("%s.%s is %swritable in the XML", info->name, property->name,
                        writable ? "not " : "");
}

static void
check_row (const NsdAttrTable *table, const NsdAttr *attr)
{
  GDBusPropertyInfo *property =
      g_dbus_interface_info_lookup_property ((GDBusInterfaceInfo *)table->info, attr->name);

  if ((attr->flags & NSD_ATTR_READ) && property == NULL)
    g_test_fail_printf ("%s.%s is not in the XML", table->info->name, attr->name);
  if (!(attr->flags & NSD_ATTR_READ) && property != NULL &&
      only_readable_row (table, attr->name) == NULL)
    g_test_fail_printf ("%s.%s cannot be read", table->info->name, attr->name);
  if ((attr->flags & NSD_ATTR_READ) && attr->type->get == NULL)
    g_test_fail_printf ("%s.%s has a codec that does not read", table->info->name, attr->name);
  g_assert_cmpuint (attr->id, <=, NSD_ATTR_MAX);
  g_assert_true (g_variant_type_string_is_valid (attr->type->signature));
  g_assert_true (g_dbus_is_member_name (attr->name));
  /* Settable, one way or the other, or readable: else what for? */
  g_assert_cmpuint (
      attr->flags & (NSD_ATTR_READ | NSD_ATTR_CREATE | NSD_ATTR_CHANGE | NSD_ATTR_LATE), !=, 0);
}

static void
test_properties (void)
{
  g_autoptr (GPtrArray) tables = all_tables ();

  for (guint i = 0; i < tables->len; i++) {
    const NsdAttrTable *table = tables->pdata[i];

    for (GDBusPropertyInfo **p = table->info->properties; p != NULL && *p != NULL; p++)
      check_property (table->info, *p);
    for (gsize n = 0; n < table->n_rows; n++)
      check_row (table, &table->rows[n]);
  }
}

/* Words need words: the codecs look them up in row.data. */
static void
test_words (void)
{
  g_autoptr (GPtrArray) tables = all_tables ();

  for (guint i = 0; i < tables->len; i++) {
    const NsdAttrTable *table = tables->pdata[i];

    for (gsize n = 0; n < table->n_rows; n++) {
      const NsdAttr *attr = &table->rows[n];

      if (attr->type == &nsd_attr_word8 || attr->type == &nsd_attr_word16 ||
          attr->type == &nsd_attr_word32 || attr->type == &nsd_attr_word_be16 ||
          attr->type == &nsd_attr_flag_words32)
        g_assert_nonnull (attr->data);
    }
  }
}

static GVariant *
read_absent (const NsdAttr *attr, gconstpointer header, const struct nlattr *others)
{
  NsdAttrView view;

  nsd_attr_view_init (&view, NULL, header, NULL, 0);
  for (guint id = 1; id <= NSD_ATTR_MAX; id++)
    view.tb[id] = id != attr->id ? others : NULL;
  return g_variant_ref_sink (attr->type->get (&view, attr));
}

/* What dictionaries share must not depend on anything but the attribute that is absent. */
static void
test_plain_codecs (void)
{
  static const guint8 header[32] = { AF_INET };
  g_autoptr (GPtrArray) tables = all_tables ();
  guint8 other_header[32], bytes[64];
  guint n_plain = 0;

  memset (other_header, AF_INET6, sizeof other_header);
  memset (bytes, 0x11, sizeof bytes);
  ((struct nlattr *)bytes)->nla_len = sizeof bytes;
  for (guint i = 0; i < tables->len; i++) {
    const NsdAttrTable *table = tables->pdata[i];

    for (gsize n = 0; n < table->n_rows; n++) {
      const NsdAttr *attr = &table->rows[n];

      if (attr->type->plain && attr->id != 0) {
        g_autoptr (GVariant) value = read_absent (attr, header, NULL);
        g_autoptr (GVariant) other = read_absent (attr, other_header, (struct nlattr *)bytes);

        g_assert_cmpvariant (value, other);
        n_plain++;
      }
    }
  }
  g_assert_cmpuint (n_plain, >, 0);
}

/* Whoever has properties can read them, and whoever has none that is writable cannot write. */
static void
test_interfaces (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    gboolean writable = FALSE;

    g_assert_true (nsd_interface_find ((*i)->info->name) == *i);
    for (GDBusPropertyInfo **p = (*i)->info->properties; p != NULL && *p != NULL; p++)
      writable |= ((*p)->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0;
    if (writable) {
      g_assert_nonnull ((*i)->set);
      g_assert_cmpstr ((*i)->set->action, !=, NSD_READ);
    }
    if ((*i)->info->properties != NULL && !has_table ((*i)->info))
      g_assert_nonnull ((*i)->properties);
  }
}

static void
test_every_table_is_on_the_bus (void)
{
  g_autoptr (GPtrArray) tables = all_tables ();

  for (guint i = 0; i < tables->len; i++) {
    const NsdInterface *interface =
        nsd_interface_find (((const NsdAttrTable *)tables->pdata[i])->info->name);

    g_assert_nonnull (interface);
    g_assert_true (interface->info == ((const NsdAttrTable *)tables->pdata[i])->info);
  }
}

static const char *
emits (const GDBusPropertyInfo *property)
{
  const char *value = g_dbus_annotation_info_lookup (property->annotations, EMITS);

  return value != NULL ? value : "true";
}

static void
check_emits (const char *interface, const GDBusPropertyInfo *property)
{
  static const char *const values[] = { "true", "false", "const", NULL };
  const char *value = emits (property);

  if (!g_strv_contains (values, value))
    g_test_fail_printf ("%s.%s: EmitsChangedSignal is %s", interface, property->name, value);
  if ((property->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) && strcmp (value, "true") != 0)
    g_test_fail_printf ("%s.%s is writable, and changes without a signal", interface,
                        property->name);
}

static void
test_emits_changed_signal (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++)
    for (GDBusPropertyInfo **p = (*i)->info->properties; p != NULL && *p != NULL; p++)
      check_emits ((*i)->info->name, *p);
}

static void
check_file (const NsdKind *file)
{
  for (const NsdKind *kind = file; kind->name != NULL; kind++) {
    g_assert_true (nsd_kind_find (kind->name, kind->role) == kind);
    g_assert_true (g_str_has_prefix (kind->table->info->name, NSD_IFACE_LINK "."));
    g_assert_true (kind->table->info == file->table->info);
    g_assert_true (nsd_kind_interface_info (kind->table->info->name) == file->table->info);
  }
}

static void
test_kinds (void)
{
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    check_file (*file);
  g_assert_null (nsd_kind_find ("dummy", NSD_KIND_LINK));
  g_assert_null (nsd_kind_find ("veth", NSD_KIND_PORT));
  g_assert_true (nsd_kind_interface_info (NSD_IFACE_LINK) == nsd_link_table.info);
  g_assert_null (nsd_kind_interface_info (NSD_IFACE_ROUTE));
}

static void
test_property_type (void)
{
  g_assert_cmpstr (nsd_kind_property_type ("Mtu", "u"), ==, "u");
  g_assert_cmpstr (nsd_kind_property_type ("Mtu", "s"), ==, "u");
  g_assert_cmpstr (nsd_kind_property_type ("Priority", "s"), ==, "q");
  g_assert_cmpstr (nsd_kind_property_type ("Peer", "a{sv}"), ==, "o"); /* written, not read */
  g_assert_null (nsd_kind_property_type ("Nothing", "s"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  nsd_interfaces_init ();
  g_test_add_func ("/table/methods", test_methods);
  g_test_add_func ("/table/details", test_details);
  g_test_add_func ("/table/properties", test_properties);
  g_test_add_func ("/table/words", test_words);
  g_test_add_func ("/table/plain-codecs", test_plain_codecs);
  g_test_add_func ("/table/interfaces", test_interfaces);
  g_test_add_func ("/table/every-table-is-on-the-bus", test_every_table_is_on_the_bus);
  g_test_add_func ("/table/emits-changed-signal", test_emits_changed_signal);
  g_test_add_func ("/table/kinds", test_kinds);
  g_test_add_func ("/table/property-type", test_property_type);
  return g_test_run ();
}
