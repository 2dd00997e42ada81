/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the rows of the daemon as JSON, for tests that must cover each of them.
 *
 * rows-json: an array of {"interface", "member", "type": "method" | "property", "action",
 * "signature"}.
 *
 * rows-json --attributes: the attributes of the kinds of links, an array of {"interface", "kind",
 * "role": "link" | "port", "property", "ids", "signature", "readable", "creatable", "changeable"}.
 */
#include <gio/gio.h>
#include <string.h>

#include "attr-types.h"
#include "interfaces.h"
#include "link/kind.h"
#include "link/vxlan.h"

static const char *
separator (void)
{
  static gboolean first = TRUE;
  const char *text = first ? "" : ",\n";

  first = FALSE;
  return text;
}

static void
print_row (const char *interface, const char *member, const char *type, const char *action,
           const char *signature)
{
  g_print ("%s  {\"interface\": \"%s\", \"member\": \"%s\", \"type\": \"%s\", \"action\": \"%s\", "
           "\"signature\": \"%s\"}",
           separator (), interface, member, type, action, signature);
}

static void
print_method (const NsdInterface *interface, const NsdMethod *row)
{
  GDBusMethodInfo *info =
      g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)interface->info, row->member);
  g_autoptr (GString) signature = g_string_new ("(");

  for (GDBusArgInfo **arg = info->in_args; arg != NULL && *arg != NULL; arg++)
    g_string_append (signature, (*arg)->signature);
  g_string_append_c (signature, ')');
  print_row (interface->info->name, row->member, "method", row->action, signature->str);
}

static void
print_members (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    for (gsize n = 0; n < (*i)->n_methods; n++)
      print_method (*i, &(*i)->methods[n]);
    for (GDBusPropertyInfo **p = (*i)->info->properties; p != NULL && *p != NULL; p++)
      if ((*p)->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE)
        print_row ((*i)->info->name, (*p)->name, "property", (*i)->set->action, (*p)->signature);
  }
}

static const char *
word (const NsdAttr *attr, NsdAttrFlags flag)
{
  return (attr->flags & flag) ? "true" : "false";
}

static void
print_attribute (const NsdKind *kind, const NsdAttr *attr)
{
  g_print ("%s  {\"interface\": \"%s\", \"kind\": \"%s\", \"role\": \"%s\", \"property\": \"%s\", "
           "\"ids\": [%u",
           separator (), kind->table->info->name, kind->name,
           kind->role == NSD_KIND_PORT ? "port" : "link", attr->name, attr->id);
  if (attr->type == &nsd_attr_tunnel_ip)
    g_print (", %u", attr->arg);
  g_print ("], \"signature\": \"%s\", \"readable\": %s, \"creatable\": %s, \"changeable\": %s}",
           attr->type->signature, word (attr, NSD_ATTR_READ),
           word (attr, NSD_ATTR_CREATE | NSD_ATTR_LATE), word (attr, NSD_ATTR_CHANGE));
}

static void
print_attributes (void)
{
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    for (const NsdKind *kind = *file; kind->name != NULL; kind++)
      for (gsize n = 0; n < kind->table->n_rows; n++)
        print_attribute (kind, &kind->table->rows[n]);
}

int
main (int argc, char **argv)
{
  nsd_interfaces_init ();
  g_print ("[\n");
  if (argc > 1 && strcmp (argv[1], "--attributes") == 0)
    print_attributes ();
  else
    print_members ();
  g_print ("\n]\n");
  return 0;
}
