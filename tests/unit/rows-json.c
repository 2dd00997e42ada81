/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the rows of the daemon as JSON, for tests that must cover each of them: an array of
 * {"interface", "member", "type": "method" | "property", "action", "signature"}. */
#include <gio/gio.h>

#include "interfaces.h"

static void
print_row (const char *interface, const char *member, const char *type, const char *action,
           const char *signature)
{
  static gboolean first = TRUE;

  g_print ("%s  {\"interface\": \"%s\", \"member\": \"%s\", \"type\": \"%s\", \"action\": \"%s\", "
           "\"signature\": \"%s\"}",
           first ? "" : ",\n", interface, member, type, action, signature);
  first = FALSE;
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

int
main (void)
{
  nsd_interfaces_init ();
  g_print ("[\n");
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    for (gsize n = 0; n < (*i)->n_methods; n++)
      print_method (*i, &(*i)->methods[n]);
    for (GDBusPropertyInfo **p = (*i)->info->properties; p != NULL && *p != NULL; p++)
      if ((*p)->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE)
        print_row ((*i)->info->name, (*p)->name, "property", (*i)->set->action, (*p)->signature);
  }
  g_print ("\n]\n");
  return 0;
}
