/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces.h"

#include <string.h>

#include "address.h"
#include "link.h"
#include "link/kind.h"
#include "manager.h"
#include "namespace.h"
#include "route.h"

static GPtrArray *all; /* NsdInterface, NULL-terminated; never changes after init */

static const NsdInterface *const written[];
static const gsize n_written;

/* The properties of kinds are written as those of links. */
static NsdInterface *
interface_of_kind (const NsdKind *kind)
{
  NsdInterface *interface = g_new (NsdInterface, 1);

  *interface = nsd_interface_link;
  interface->info = kind->table->info;
  interface->methods = kind->methods;
  interface->n_methods = kind->n_methods;
  return interface;
}

/* Once for each file of kinds: all that are in it have the same interface. */
static void
add_kinds (void)
{
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    g_ptr_array_add (all, interface_of_kind (*file));
}

static void
check (const NsdInterface *interface)
{
  for (gsize i = 0; i < interface->n_methods; i++) {
    const NsdMethod *row = &interface->methods[i];

    if (row->action == NULL || row->handler == NULL ||
        g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)interface->info, row->member) ==
            NULL ||
        nsd_interface_find_method (interface, row->member) != row)
      g_error ("The row %s.%s is incomplete, unknown to the XML, or there twice",
               interface->info->name, row->member);
  }
  for (GDBusMethodInfo **m = interface->info->methods; m != NULL && *m != NULL; m++)
    if (nsd_interface_find_method (interface, (*m)->name) == NULL)
      g_error ("%s.%s has no row", interface->info->name, (*m)->name);
}

void
nsd_interfaces_init (void)
{
  if (all != NULL)
    return;
  all = g_ptr_array_new ();
  for (gsize i = 0; i < n_written; i++)
    g_ptr_array_add (all, (gpointer)written[i]);
  add_kinds ();
  for (guint i = 0; i < all->len; i++) {
    const NsdInterface *interface = all->pdata[i];

    /* Look-ups by name come with every call. */
    g_dbus_interface_info_cache_build ((GDBusInterfaceInfo *)interface->info);
    check (interface);
  }
  g_ptr_array_add (all, NULL);
}

const NsdInterface *const *
nsd_interfaces_all (void)
{
  return (const NsdInterface *const *)all->pdata;
}

const NsdInterface *
nsd_interface_find (const char *name)
{
  for (const NsdInterface *const *interface = nsd_interfaces_all (); *interface != NULL;
       interface++)
    if (strcmp ((*interface)->info->name, name) == 0)
      return *interface;
  return NULL;
}

const NsdMethod *
nsd_interface_find_method (const NsdInterface *interface, const char *member)
{
  for (gsize i = 0; i < interface->n_methods; i++)
    if (strcmp (interface->methods[i].member, member) == 0)
      return &interface->methods[i];
  return NULL;
}

static const NsdInterface *const written[] = {
  &nsd_interface_manager, &nsd_interface_namespace, &nsd_interface_link,
  &nsd_interface_address, &nsd_interface_route,
};
static const gsize n_written = G_N_ELEMENTS (written);
