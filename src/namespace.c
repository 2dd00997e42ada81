/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "address-list.h"
#include "bulk-add.h"
#include "error.h"
#include "link.h"
#include "names.h"
#include "neighbour.h"
#include "nexthop.h"
#include "nsd-interfaces.h"
#include "route-list.h"
#include "route-transfer.h"
#include "route.h"
#include "rule.h"

GVariant *
nsd_namespace_properties (const NsdNamespace *namespace)
{
  g_auto (GStrv) names = nsd_namespace_names (namespace);
  NsdNetShared *shared = namespace->shared;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "Names",
                         g_variant_new_strv ((const char *const *)names, -1));
  g_variant_builder_add (&builder, "{sv}", "Id",
                         g_variant_new_uint64 (nsd_netns_id (namespace->netns)));
  g_variant_builder_add (&builder, "{sv}", "Inode",
                         g_variant_new_uint64 (nsd_netns_inode (namespace->netns)));
  g_variant_builder_add (&builder, "{sv}", "Host", g_variant_new_boolean (namespace->host));
  g_variant_builder_add (&builder, "{sv}", "OwnerUid", g_variant_new_uint32 (namespace->owner));
  g_variant_builder_add (&builder, "{sv}", "RoutesExported",
                         g_variant_new_boolean (g_atomic_int_get (&shared->routes_exported)));
  g_variant_builder_add (
      &builder, "{sv}", "RouteCount",
      g_variant_new_uint64 ((guint64)(gsize)g_atomic_pointer_get (&shared->route_count)));
  return g_variant_builder_end (&builder);
}

GVariant *
nsd_namespace_interfaces (const NsdNamespace *namespace)
{
  return g_variant_new_parsed ("{%s: %@a{sv}}", NSD_IFACE_NAMESPACE,
                               nsd_namespace_properties (namespace));
}

/* ---- main thread ---- */

/* The dispatcher has found it just before. */
static NsdNamespace *
namespace_of (NsdRequest *request)
{
  return nsd_registry_find (request->registry, request->path.netns);
}

static GVariant *
properties (NsdRequest *request, GError **error)
{
  return nsd_namespace_properties (namespace_of (request));
}

static void
on_deleted (NsdNamespace *namespace, const GError *error, gpointer data)
{
  NsdRequest *request = data;
  g_autoptr (GError) copy = error != NULL ? g_error_copy (error) : NULL;

  if (copy == NULL) {
    nsd_request_return (request, NULL);
    return;
  }
  g_prefix_error (&copy, "Cannot delete %s: ", request->where);
  nsd_request_fail (request, g_steal_pointer (&copy));
}

static GVariant *
delete_namespace (NsdRequest *request, GError **error)
{
  NsdNamespace *namespace = namespace_of (request);

  if (namespace->host)
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED, "Cannot delete the host namespace");
  else
    nsd_registry_delete (request->registry, namespace, on_deleted, nsd_request_defer (request));
  return NULL;
}

static GVariant *
open_descriptor (NsdRequest *request, GError **error)
{
  int fd = fcntl (nsd_netns_fd (namespace_of (request)->netns), F_DUPFD_CLOEXEC, 3);

  if (fd < 0) {
    nsd_error_set_errno (error, errno, NULL);
    g_prefix_error (error, "Cannot open %s: ", request->where);
    return NULL;
  }
  return g_variant_new ("(@h)", nsd_request_return_fd (request, fd));
}

/* ---- worker ---- */

static int
compare_pids (gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *)a;
  guint32 second = *(const guint32 *)b;

  return first < second ? -1 : first > second;
}

/* Reads all of /proc, which is not for the main thread. */
static GVariant *
list_processes (NsdRequest *request, GError **error)
{
  g_autoptr (NsdNetns) netns = nsd_netns_new_from_thread (error);
  g_autoptr (GArray) pids = NULL;

  if (netns == NULL)
    return NULL;
  pids = nsd_netns_list_processes (nsd_netns_inode (netns));
  g_array_sort (pids, compare_pids);
  return g_variant_new ("(@au)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids->data,
                                                            pids->len, sizeof (guint32)));
}

/* clang-format off */
static const NsdMethod methods[] = {
  { "Delete", NSD_ACTION_DELETE_NAMESPACE, NSD_ON_MAIN, delete_namespace },
  { "Open", NSD_ACTION_OPEN_NAMESPACE, NSD_ON_MAIN, open_descriptor },
  { "ListProcesses", NSD_READ, NSD_IN_WORKER, list_processes },
  { "CreateLink", NSD_ACTION_CREATE_LINK, NSD_IN_WORKER, nsd_link_create, nsd_link_check_create,
    .details = { "link", "kind" }, .other_namespace = nsd_link_create_other_namespace },
  { "GetLink", NSD_READ, NSD_IN_WORKER, nsd_link_get_by_name },
  { "FindLinks", NSD_READ, NSD_IN_WORKER, nsd_link_find_matching },
  { "AddRoute", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, nsd_route_add, nsd_route_check_add },
  { "AddRoutes", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, nsd_bulk_add_routes,
    nsd_bulk_check_add_routes },
  { "ListRoutes", NSD_READ, NSD_IN_WORKER, nsd_route_list },
  { "FlushRoutes", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, nsd_route_flush,
    nsd_route_check_flush },
  { "ExportRoutes", NSD_READ, NSD_ON_MAIN, nsd_route_transfer_export,
    nsd_route_transfer_check_export },
  { "ImportRoutes", NSD_ACTION_CONFIGURE_ROUTE, NSD_ON_MAIN, nsd_route_transfer_import,
    nsd_route_transfer_check_import },
  { "FindAddresses", NSD_READ, NSD_IN_WORKER, nsd_address_find },
  { "GetRouteTo", NSD_READ, NSD_IN_WORKER, nsd_route_get_to },
  { "ListNextHops", NSD_READ, NSD_IN_WORKER, nsd_nexthop_list },
  { "AddNextHop", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, nsd_nexthop_add,
    nsd_nexthop_check_add },
  { "RemoveNextHop", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, nsd_nexthop_remove,
    nsd_nexthop_check_remove },
  { "ListRules", NSD_READ, NSD_IN_WORKER, nsd_rule_list },
  { "AddRule", NSD_ACTION_CONFIGURE_RULE, NSD_IN_WORKER, nsd_rule_add, nsd_rule_check_add },
  { "RemoveRule", NSD_ACTION_CONFIGURE_RULE, NSD_IN_WORKER, nsd_rule_remove,
    nsd_rule_check_remove },
  { "ListNeighbours", NSD_READ, NSD_IN_WORKER, nsd_neighbour_list },
  { "AddNeighbour", NSD_ACTION_CONFIGURE_NEIGHBOUR, NSD_IN_WORKER, nsd_neighbour_add,
    nsd_neighbour_check_add },
  { "RemoveNeighbour", NSD_ACTION_CONFIGURE_NEIGHBOUR, NSD_IN_WORKER, nsd_neighbour_remove,
    nsd_neighbour_check_remove },
  { "FlushNeighbours", NSD_ACTION_CONFIGURE_NEIGHBOUR, NSD_IN_WORKER, nsd_neighbour_flush,
    nsd_neighbour_check_flush },
  { "SubscribeNeighbours", NSD_READ, NSD_IN_WORKER, nsd_neighbour_subscribe },
  { "UnsubscribeNeighbours", NSD_READ, NSD_IN_WORKER, nsd_neighbour_unsubscribe },
};
/* clang-format on */

const NsdInterface nsd_interface_namespace = {
  &org_netnsd1_namespace_interface,
  NSD_NODE_NAMESPACE,
  methods,
  G_N_ELEMENTS (methods),
  NULL,
  properties,
};
