/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-row.h"

#include <string.h>

#include "bus-props.h"
#include "error.h"
#include "interfaces.h"
#include "names.h"

static const NsdInterface *
find_interface (const char *name, NsdNode node)
{
  const NsdInterface *interface = nsd_props_find (name);

  if (interface != NULL)
    return nsd_props_apply (interface, node) ? interface : NULL;
  interface = nsd_interface_find (name);
  return interface != NULL && interface->node == node ? interface : NULL;
}

/* A call need not name the interface (D-Bus Specification, «Message Types»). */
static const NsdInterface *
guess_interface (const char *member, NsdNode node)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++)
    if ((*i)->node == node && nsd_interface_find_method (*i, member) != NULL)
      return *i;
  return NULL;
}

static gboolean
check_signature (const NsdInterface *interface, NsdCall *call, GError **error)
{
  GDBusMethodInfo *info = g_dbus_interface_info_lookup_method (
      (GDBusInterfaceInfo *)interface->info, call->request.method->member);
  g_autoptr (GString) expected = g_string_new ("(");

  for (GDBusArgInfo **arg = info->in_args; arg != NULL && *arg != NULL; arg++)
    g_string_append (expected, (*arg)->signature);
  g_string_append_c (expected, ')');
  if (g_variant_is_of_type (call->request.parameters, G_VARIANT_TYPE (expected->str)))
    return TRUE;
  nsd_error_set_invalid (error, "%s takes %s, not %s", info->name, expected->str,
                         g_variant_get_type_string (call->request.parameters));
  return FALSE;
}

gboolean
nsd_call_find_row (NsdCall *call, GError **error)
{
  const char *member = g_dbus_message_get_member (call->message);
  const char *name = call->request.interface;
  NsdNode node = call->request.path.node;
  const NsdInterface *interface =
      name != NULL ? find_interface (name, node) : guess_interface (member, node);

  if (interface == NULL) {
    g_set_error (error, G_DBUS_ERROR,
                 name != NULL ? G_DBUS_ERROR_UNKNOWN_INTERFACE : G_DBUS_ERROR_UNKNOWN_METHOD,
                 "%s has no %s %s", call->request.object_path,
                 name != NULL ? "interface" : "method", name != NULL ? name : member);
    return FALSE;
  }
  call->request.interface = interface->info->name;
  call->request.method = nsd_interface_find_method (interface, member);
  if (call->request.method == NULL) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD, "%s has no method %s",
                 interface->info->name, member);
    return FALSE;
  }
  if (!check_signature (interface, call, error))
    return FALSE;
  call->in_worker = nsd_props_find (interface->info->name) != NULL
                        ? nsd_props_where (interface, node) == NSD_IN_WORKER
                        : call->request.method->where == NSD_IN_WORKER;
  if (interface == nsd_props_find (NSD_IFACE_PROPERTIES) && strcmp (member, "Set") == 0) {
    call->request.method = nsd_props_find_set (node, call->request.parameters, error);
    call->in_worker = TRUE;
  }
  return call->request.method != NULL;
}
