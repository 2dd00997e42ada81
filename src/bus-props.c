/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-props.h"

#include <string.h>

#include "error.h"
#include "interfaces.h"
#include "names.h"
#include "namespace.h"
#include "objects.h"
#include "registry.h"

/* D-Bus Specification, «Standard Interfaces». */
static const char standard_xml[] =
    "<node>"
    "<interface name='org.freedesktop.DBus.Properties'>"
    "<method name='Get'><arg name='interface_name' type='s' direction='in'/>"
    "<arg name='property_name' type='s' direction='in'/>"
    "<arg name='value' type='v' direction='out'/></method>"
    "<method name='GetAll'><arg name='interface_name' type='s' direction='in'/>"
    "<arg name='properties' type='a{sv}' direction='out'/></method>"
    "<method name='Set'><arg name='interface_name' type='s' direction='in'/>"
    "<arg name='property_name' type='s' direction='in'/>"
    "<arg name='value' type='v' direction='in'/></method>"
    "<signal name='PropertiesChanged'><arg name='interface_name' type='s'/>"
    "<arg name='changed_properties' type='a{sv}'/>"
    "<arg name='invalidated_properties' type='as'/></signal>"
    "</interface>"
    "<interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'>"
    "<arg name='objects' type='a{oa{sa{sv}}}' direction='out'/></method>"
    "<signal name='InterfacesAdded'><arg name='object' type='o'/>"
    "<arg name='interfaces' type='a{sa{sv}}'/></signal>"
    "<signal name='InterfacesRemoved'><arg name='object' type='o'/>"
    "<arg name='interfaces' type='as'/></signal>"
    "</interface>"
    "<interface name='org.freedesktop.DBus.Introspectable'>"
    "<method name='Introspect'><arg name='xml' type='s' direction='out'/></method>"
    "</interface>"
    "<interface name='org.freedesktop.DBus.Peer'>"
    "<method name='Ping'/>"
    "<method name='GetMachineId'><arg name='machine_uuid' type='s' direction='out'/></method>"
    "</interface>"
    "</node>";

enum {
  PROPERTIES,
  OBJECT_MANAGER,
  INTROSPECTABLE,
  N_STANDARD
};

static GDBusNodeInfo *standard;
static NsdInterface interfaces[N_STANDARD];

static gboolean
is_standard_name (const char *name)
{
  return g_str_has_prefix (name, "org.freedesktop.DBus.");
}

static gboolean
has_properties (NsdNode node)
{
  return node == NSD_NODE_MANAGER || node == NSD_NODE_NAMESPACE || node == NSD_NODE_LINK ||
         node == NSD_NODE_ADDRESS || node == NSD_NODE_ROUTE;
}

static gboolean
is_object_manager (NsdNode node)
{
  return node == NSD_NODE_MANAGER || node == NSD_NODE_NAMESPACE;
}

gboolean
nsd_props_apply (const NsdInterface *interface, NsdNode node)
{
  if (interface == &interfaces[PROPERTIES])
    return has_properties (node);
  if (interface == &interfaces[OBJECT_MANAGER])
    return is_object_manager (node);
  return TRUE;
}

NsdWhere
nsd_props_where (const NsdInterface *interface, NsdNode node)
{
  if (node == NSD_NODE_NAMESPACE)
    return interface == &interfaces[OBJECT_MANAGER] ? NSD_IN_WORKER : NSD_ON_MAIN;
  return node > NSD_NODE_NAMESPACE ? NSD_IN_WORKER : NSD_ON_MAIN;
}

/* ---- Properties ---- */

static void
set_unknown (GError **error, int code, const char *what, const char *name,
             const NsdRequest *request)
{
  g_set_error (error, G_DBUS_ERROR, code, "%s has no %s %s", request->object_path, what, name);
}

/* All properties of one interface of the object, as a{sv}, owned; of @property, or of all of them
 * if it is NULL, the value is that of now. */
static GVariant *
read_properties (NsdRequest *request, const char *name, const char *property, GError **error)
{
  const NsdInterface *interface = nsd_interface_find (name);
  GVariant *properties = NULL;

  if (is_standard_name (name))
    return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  if (interface != NULL && interface->node == request->path.node)
    properties = request->net != NULL
                     ? nsd_objects_properties (request->net, &request->path, name, property)
                     : g_variant_ref_sink (interface->properties (request, error));
  if (properties == NULL)
    set_unknown (error, G_DBUS_ERROR_UNKNOWN_INTERFACE, "interface", name, request);
  return properties;
}

static GVariant *
get (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) value = NULL;
  const NsdInterface *interface;
  const char *name, *property;

  g_variant_get (request->parameters, "(&s&s)", &name, &property);
  properties = read_properties (request, name, property, error);
  if (properties == NULL)
    return NULL;
  value = g_variant_lookup_value (properties, property, NULL);
  if (value != NULL)
    return g_variant_new ("(v)", value);
  interface = nsd_interface_find (name);
  if (interface != NULL && g_dbus_interface_info_lookup_property (
                               (GDBusInterfaceInfo *)interface->info, property) != NULL)
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "The kernel does not report the property %s", property);
  else
    set_unknown (error, G_DBUS_ERROR_UNKNOWN_PROPERTY, "property", property, request);
  return NULL;
}

static GVariant *
get_all (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) properties = NULL;
  const char *name;

  g_variant_get (request->parameters, "(&s)", &name);
  properties = read_properties (request, name, NULL, error);
  return properties != NULL ? g_variant_new ("(@a{sv})", properties) : NULL;
}

const NsdMethod *
nsd_props_find_set (NsdNode node, GVariant *parameters, GError **error)
{
  const NsdInterface *interface;
  GDBusPropertyInfo *info = NULL;
  g_autoptr (GVariant) value = NULL;
  const char *name, *property;

  g_variant_get (parameters, "(&s&sv)", &name, &property, &value);
  interface = nsd_interface_find (name);
  if (interface != NULL && interface->node == node)
    info = g_dbus_interface_info_lookup_property ((GDBusInterfaceInfo *)interface->info, property);
  if (interface == NULL || interface->node != node)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE,
                 "The object has no interface %s", name);
  else if (info == NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY, "%s has no property %s", name,
                 property);
  else if (!(info->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) || interface->set == NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_PROPERTY_READ_ONLY, "Property %s is read-only",
                 property);
  else if (!g_variant_is_of_type (value, G_VARIANT_TYPE (info->signature)))
    nsd_error_set_invalid (error, "Property %s: expected a value of type %s, got %s", property,
                           info->signature, g_variant_get_type_string (value));
  else
    return interface->set;
  return NULL;
}

/* The dispatcher takes the row of nsd_props_find_set() instead. */
static GVariant *
set (NsdRequest *request, GError **error)
{
  g_return_val_if_reached (NULL);
}

/* ---- ObjectManager ---- */

static GVariant *
get_managed_objects (NsdRequest *request, GError **error)
{
  g_autoptr (GList) namespaces = NULL;
  GVariantBuilder builder;

  if (request->net != NULL)
    return g_variant_new ("(@a{oa{sa{sv}}})", nsd_objects_managed (request->net));
  namespaces = nsd_registry_list (request->registry);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (GList *l = namespaces; l != NULL; l = l->next)
    g_variant_builder_add (&builder, "{o@a{sa{sv}}}", ((NsdNamespace *)l->data)->path,
                           nsd_namespace_interfaces (l->data));
  return g_variant_new ("(a{oa{sa{sv}}})", &builder);
}

/* ---- Introspectable ---- */

static void
append_children (GString *xml, NsdRequest *request)
{
  g_autoptr (GPtrArray) keys = NULL;
  static const struct {
    NsdNode node;
    const char *children[4];
  } fixed[] = {
    { NSD_NODE_ROOT, { "org" } },
    { NSD_NODE_ORG, { "netnsd1" } },
    { NSD_NODE_MANAGER, { "netns" } },
    { NSD_NODE_NAMESPACE, { "link", "address", "route" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    for (const char *const *child = fixed[i].children;
         fixed[i].node == request->path.node && *child != NULL; child++)
      g_string_append_printf (xml, "  <node name=\"%s\"/>\n", *child);
  if (request->path.node == NSD_NODE_NETNS_DIR) {
    g_autoptr (GList) namespaces = nsd_registry_list (request->registry);

    for (GList *l = namespaces; l != NULL; l = l->next)
      g_string_append_printf (xml, "  <node name=\"%" G_GUINT64_FORMAT "\"/>\n",
                              nsd_netns_id (((NsdNamespace *)l->data)->netns));
  }
  if (request->net == NULL)
    return;
  if (request->path.node == NSD_NODE_LINK_DIR || request->path.node == NSD_NODE_ADDRESS_DIR ||
      request->path.node == NSD_NODE_ROUTE_DIR) {
    keys = nsd_objects_children (request->net, request->path.node);
    for (guint i = 0; i < keys->len; i++)
      g_string_append_printf (xml, "  <node name=\"%s\"/>\n", (const char *)keys->pdata[i]);
  }
}

static void
append_interfaces (GString *xml, NsdRequest *request)
{
  g_autofree const char **names =
      request->net != NULL ? nsd_objects_interfaces (request->net, &request->path) : NULL;

  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++)
    if ((*i)->node == request->path.node &&
        (request->net == NULL || (names != NULL && g_strv_contains (names, (*i)->info->name))))
      g_dbus_interface_info_generate_xml ((GDBusInterfaceInfo *)(*i)->info, 2, xml);
}

static GVariant *
introspect (NsdRequest *request, GError **error)
{
  NsdNode node = request->path.node;
  GString *xml =
      g_string_new ("<!DOCTYPE node PUBLIC "
                    "\"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
                    "  \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
                    "<node>\n");

  for (GDBusInterfaceInfo **info = standard->interfaces; *info != NULL; info++) {
    const NsdInterface *interface = nsd_props_find ((*info)->name);

    if (interface == NULL || nsd_props_apply (interface, node))
      g_dbus_interface_info_generate_xml (*info, 2, xml);
  }
  if (has_properties (node))
    append_interfaces (xml, request);
  append_children (xml, request);
  g_string_append (xml, "</node>\n");
  return g_variant_new ("(@s)", g_variant_new_take_string (g_string_free (xml, FALSE)));
}

/* ---- rows ---- */

/* The thread depends on the object: nsd_props_where(). */
static const NsdMethod property_rows[] = {
  { "Get", NSD_READ, NSD_ON_MAIN, get },
  { "GetAll", NSD_READ, NSD_ON_MAIN, get_all },
  /* Never reached: the action is that of the property's own row, nsd_props_find_set(). */
  { "Set", NSD_READ, NSD_ON_MAIN, set },
};
static const NsdMethod object_manager_rows[] = {
  { "GetManagedObjects", NSD_READ, NSD_ON_MAIN, get_managed_objects },
};
static const NsdMethod introspectable_rows[] = {
  { "Introspect", NSD_READ, NSD_ON_MAIN, introspect },
};

void
nsd_props_init (void)
{
  g_autoptr (GError) error = NULL;

  standard = g_dbus_node_info_new_for_xml (standard_xml, &error);
  if (standard == NULL)
    g_error ("The XML of the standard interfaces is broken: %s", error->message);
  interfaces[PROPERTIES] =
      (NsdInterface){ g_dbus_node_info_lookup_interface (standard, NSD_IFACE_PROPERTIES),
                      NSD_NODE_NONE,
                      property_rows,
                      G_N_ELEMENTS (property_rows),
                      NULL,
                      NULL };
  interfaces[OBJECT_MANAGER] =
      (NsdInterface){ g_dbus_node_info_lookup_interface (standard, NSD_IFACE_OBJECT_MANAGER),
                      NSD_NODE_NONE,
                      object_manager_rows,
                      G_N_ELEMENTS (object_manager_rows),
                      NULL,
                      NULL };
  interfaces[INTROSPECTABLE] =
      (NsdInterface){ g_dbus_node_info_lookup_interface (standard, NSD_IFACE_INTROSPECTABLE),
                      NSD_NODE_NONE,
                      introspectable_rows,
                      G_N_ELEMENTS (introspectable_rows),
                      NULL,
                      NULL };
}

const NsdInterface *
nsd_props_find (const char *interface)
{
  for (gsize i = 0; i < N_STANDARD; i++)
    if (strcmp (interfaces[i].info->name, interface) == 0)
      return &interfaces[i];
  return NULL;
}
