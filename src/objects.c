/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <linux/if.h>
#include <string.h>

#include "addresses.h"
#include "link/kind.h"
#include "links.h"
#include "routes.h"

static NsdRecords *
records_of (NsdNet *net, NsdNode node)
{
  return node == NSD_NODE_ADDRESS || node == NSD_NODE_ADDRESS_DIR ? net->addresses : net->routes;
}

gboolean
nsd_objects_exist (NsdNet *net, const NsdPath *path)
{
  switch (path->node) {
  case NSD_NODE_LINK:
    return nsd_links_find (net, path->ifindex) != NULL;
  case NSD_NODE_ADDRESS:
  case NSD_NODE_ROUTE:
    return nsd_records_find (records_of (net, path->node), path->key) != NULL;
  default:
    return TRUE;
  }
}

/* Whether @name, or any property if that is NULL, changes without a signal. */
static gboolean
is_silent (const GDBusInterfaceInfo *info, const char *name)
{
  for (GDBusPropertyInfo **property = info->properties; property != NULL && *property != NULL;
       property++)
    if ((name == NULL || strcmp ((*property)->name, name) == 0) &&
        g_strcmp0 (
            g_dbus_annotation_info_lookup ((*property)->annotations,
                                           "org.freedesktop.DBus.Property.EmitsChangedSignal"),
            "false") == 0)
      return TRUE;
  return FALSE;
}

/* Timers run without events, and links that are down change without: read them again before they
 * are shown. */
static void
read_silent (NsdNet *net, const NsdPath *path, const char *interface, const char *property)
{
  const GDBusInterfaceInfo *info = nsd_kind_interface_info (interface);
  const NsdLink *link = nsd_links_find (net, path->ifindex);

  if (link == NULL || info == NULL || ((link->flags & IFF_UP) && !is_silent (info, property)))
    return;
  nsd_net_touch_link (net, path->ifindex);
  nsd_net_drain (net);
}

static GVariant *
record_properties (NsdNet *net, const NsdPath *path, const char *interface)
{
  NsdRecords *records = records_of (net, path->node);
  const NsdRecordClass *class = nsd_records_class (records);
  NsdRecord *record = nsd_records_find (records, path->key);

  if (record == NULL || strcmp (class->table->info->name, interface) != 0)
    return NULL;
  return g_variant_ref_sink (nsd_record_read (record, class, &net->context));
}

GVariant *
nsd_objects_properties (NsdNet *net, const NsdPath *path, const char *interface,
                        const char *property)
{
  NsdLink *link;

  if (path->node == NSD_NODE_ADDRESS && net->has_tentative) {
    nsd_net_touch_addresses (net);
    nsd_net_drain (net);
  }
  if (path->node != NSD_NODE_LINK)
    return record_properties (net, path, interface);
  read_silent (net, path, interface, property);
  link = nsd_links_find (net, path->ifindex);
  return link != NULL ? nsd_link_properties (link, interface) : NULL;
}

const char **
nsd_objects_interfaces (NsdNet *net, const NsdPath *path)
{
  GPtrArray *names = g_ptr_array_new ();

  if (path->node == NSD_NODE_LINK && nsd_objects_exist (net, path)) {
    GVariantIter iter;
    const char *name;

    g_variant_iter_init (&iter, nsd_links_find (net, path->ifindex)->interfaces);
    while (g_variant_iter_next (&iter, "{&s@a{sv}}", &name, NULL))
      g_ptr_array_add (names, (gpointer)nsd_kind_interface_info (name)->name);
  } else if (nsd_objects_exist (net, path)) {
    g_ptr_array_add (names,
                     (gpointer)nsd_records_class (records_of (net, path->node))->table->info->name);
  }
  if (names->len == 0) {
    g_ptr_array_unref (names);
    return NULL;
  }
  g_ptr_array_add (names, NULL);
  return (const char **)g_ptr_array_free (names, FALSE);
}

static void
add_key (gpointer record, gpointer keys)
{
  g_ptr_array_add (keys, g_strdup (((NsdRecord *)record)->key));
}

GPtrArray *
nsd_objects_children (NsdNet *net, NsdNode dir)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);

  if (dir == NSD_NODE_LINK_DIR) {
    g_autoptr (GList) links = nsd_links_list (net);

    for (GList *l = links; l != NULL; l = l->next)
      g_ptr_array_add (keys, g_strdup (((NsdLink *)l->data)->key));
  } else {
    nsd_records_foreach (records_of (net, dir), add_key, keys);
  }
  return keys;
}

GVariant *
nsd_objects_managed (NsdNet *net)
{
  GVariantBuilder builder;

  /* Counters, and links that are down, change without a notification. */
  net->all_links_dirty = TRUE;
  nsd_net_drain (net);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  nsd_links_append_managed (net, &builder);
  nsd_records_append_managed (net->addresses, net, &builder);
  nsd_records_append_managed (net->routes, net, &builder);
  return g_variant_builder_end (&builder);
}

guint64
nsd_objects_serial (NsdNet *net, const NsdPath *path)
{
  NsdLink *link = path->node == NSD_NODE_LINK ? nsd_links_find (net, path->ifindex) : NULL;

  return link != NULL ? link->serial : 0;
}

void
nsd_objects_describe (NsdNet *net, const NsdPath *path, char **ret_link, char **ret_kind)
{
  NsdRecord *record =
      path->node == NSD_NODE_ADDRESS ? nsd_records_find (net->addresses, path->key) : NULL;
  int ifindex = path->node == NSD_NODE_LINK ? path->ifindex : record != NULL ? record->ifindex : 0;
  NsdLink *link = nsd_links_find (net, ifindex);

  *ret_link = g_strdup (link != NULL ? link->name : "");
  *ret_kind = g_strdup (link != NULL ? link->kind : "");
}
