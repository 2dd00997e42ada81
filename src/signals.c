/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signals.h"

#include <string.h>

#include "names.h"

#define MAX_HELD 32

/* Put aside, and sent when all are made: to send one wakes the thread that writes to the bus, which
 * then competes with the making of the next.  Not without a limit, though. */
static void
emit_to (NsdNet *net, const char *destination, const char *path, const char *interface,
         const char *member, GVariant *parameters)
{
  GDBusMessage *message = g_dbus_message_new_signal (path, interface, member);

  if (destination != NULL)
    g_dbus_message_set_destination (message, destination);
  g_dbus_message_set_body (message, parameters);
  g_ptr_array_add (net->signals, message);
  if (net->signals->len >= MAX_HELD)
    nsd_signals_flush (net);
}

void
nsd_signals_flush (NsdNet *net)
{
  for (guint i = 0; i < net->signals->len; i++) {
    GDBusMessage *message = g_ptr_array_index (net->signals, i);
    g_autoptr (GError) error = NULL;

    /* Fails only when the connection is closed, and then the daemon is about to end. */
    if (!g_dbus_connection_send_message (net->options.connection, message,
                                         G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error))
      g_debug ("Cannot send the signal %s: %s", g_dbus_message_get_member (message),
               error->message);
  }
  g_ptr_array_set_size (net->signals, 0);
}

static void
emit (NsdNet *net, const char *path, const char *interface, const char *member,
      GVariant *parameters)
{
  emit_to (net, NULL, path, interface, member, parameters);
}

void
nsd_signal_added (NsdNet *net, NsdNode node, const char *key, GVariant *interfaces)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (interfaces);
  g_autofree char *path = NULL;

  if (!net->published)
    return;
  path = nsd_path_object (net->id, node, key);
  emit (net, net->path, NSD_IFACE_OBJECT_MANAGER, "InterfacesAdded",
        g_variant_new ("(o@a{sa{sv}})", path, owned));
}

void
nsd_signal_removed (NsdNet *net, NsdNode node, const char *key, const char *const *interfaces)
{
  g_autofree char *path = NULL;

  if (!net->published)
    return;
  path = nsd_path_object (net->id, node, key);
  emit (net, net->path, NSD_IFACE_OBJECT_MANAGER, "InterfacesRemoved",
        g_variant_new ("(o^as)", path, interfaces));
}

/* Properties that the XML marks as changing in silence: timers and counters. */
static gboolean
is_silent (const GDBusInterfaceInfo *interface, const char *property)
{
  GDBusPropertyInfo *info =
      g_dbus_interface_info_lookup_property ((GDBusInterfaceInfo *)interface, property);
  const char *value =
      info != NULL ? g_dbus_annotation_info_lookup (
                         info->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal")
                   : NULL;

  return g_strcmp0 (value, "false") == 0;
}

/* Tables are read in the order of their rows, so the n-th entry of both is the same property but
 * where the kernel began or ceased to report one in front of it. */
static GVariant *
lookup (GVariant *dict, gsize hint, const char *name)
{
  if (hint < g_variant_n_children (dict)) {
    const char *key;
    GVariant *value;

    g_variant_get_child (dict, hint, "{&sv}", &key, &value);
    if (strcmp (key, name) == 0)
      return value;
    g_variant_unref (value);
  }
  return g_variant_lookup_value (dict, name, NULL);
}

static GVariant *
compare (const GDBusInterfaceInfo *interface, GVariant *before, GVariant *after,
         gboolean (*ages) (const char *, GVariant *, GVariant *))
{
  GVariantBuilder changed;
  gsize n_changed = 0;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, after);
  for (gsize i = 0; g_variant_iter_next (&iter, "{&sv}", &name, &value); i++) {
    g_autoptr (GVariant) old = lookup (before, i, name);

    if ((old == NULL || !g_variant_equal (old, value)) && !is_silent (interface, name)) {
      g_variant_builder_add (&changed, "{sv}", name, value);
      n_changed += !(old != NULL && ages != NULL && ages (name, old, value));
    }
    g_variant_unref (value);
  }
  if (n_changed == 0) {
    g_variant_builder_clear (&changed);
    return NULL;
  }
  return g_variant_builder_end (&changed);
}

/* Properties that ended, as when a kernel module that reported them went. */
static GVariant *
vanished (GVariant *before, GVariant *after)
{
  GVariantBuilder names;
  GVariantIter iter;
  const char *name;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_iter_init (&iter, before);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL)) {
    g_autoptr (GVariant) value = g_variant_lookup_value (after, name, NULL);

    if (value == NULL)
      g_variant_builder_add (&names, "s", name);
  }
  return g_variant_builder_end (&names);
}

gboolean
nsd_signal_changed (NsdNet *net, NsdNode node, const char *key, const GDBusInterfaceInfo *interface,
                    GVariant *before, GVariant *after,
                    gboolean (*ages) (const char *, GVariant *, GVariant *))
{
  g_autoptr (GVariant) changed = compare (interface, before, after, ages);
  gboolean fewer = g_variant_n_children (before) > g_variant_n_children (after);

  if (changed == NULL && !fewer)
    return FALSE;
  if (changed == NULL)
    changed = g_variant_new ("a{sv}", NULL);
  nsd_signal_emit (net, node, key, NSD_IFACE_PROPERTIES, "PropertiesChanged",
                   g_variant_new ("(s@a{sv}@as)", interface->name, g_steal_pointer (&changed),
                                  fewer ? vanished (before, after) : g_variant_new_strv (NULL, 0)));
  return TRUE;
}

void
nsd_signal_emit (NsdNet *net, NsdNode node, const char *key, const char *interface,
                 const char *member, GVariant *parameters)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);
  g_autofree char *path = NULL;

  if (!net->published)
    return;
  path = nsd_path_object (net->id, node, key);
  emit (net, path, interface, member, owned);
}

void
nsd_signal_namespace (NsdNet *net, const char *destination, const char *member,
                      GVariant *parameters)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);

  if (net->published)
    emit_to (net, destination, net->path, NSD_IFACE_NAMESPACE, member, owned);
}
