/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bulk-add.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "bulk.h"
#include "error.h"
#include "links.h"
#include "route-undo.h"
#include "route.h"

/* What is added. */
typedef struct {
  const char *noun; /* «route» of «route 17 of 20» */
  const char *name; /* the setting that names one */
  /* The request for one, in @builder; @keys gets the key of its object, where that is known. */
  gboolean (*build) (NsdRequest *request, GVariant *dict, NsdAttrBuilder *builder, GPtrArray *keys,
                     GError **error);
  /* After a failure, which @error tells. */
  void (*take_back) (NsdBulk *bulk, NsdNet *net, GError **error);
} Sort;

static const Sort routes;
static const Sort addresses;

/* ---- the two ---- */

static gboolean
build_route (NsdRequest *request, GVariant *dict, NsdAttrBuilder *builder, GPtrArray *keys,
             GError **error)
{
  struct nlmsghdr *nlh;

  if (!nsd_route_build_add (request->net, dict, builder, error))
    return FALSE;
  nlh = nlmsg_hdr (builder->msg);
  if (nlh->nlmsg_flags & NLM_F_REPLACE) {
    nsd_error_set_invalid (error, "Property Mode: what is replaced cannot be taken back, use "
                                  "“create” or “append”");
    return FALSE;
  }
  /* To take it back: with "create" there is no other with the prefix and the metric, and the echo
   * of an IPv6 route is the whole that it became a part of (rt6_fill_node() in net/ipv6/route.c).
   */
  if (!(nlh->nlmsg_flags & NLM_F_APPEND) || builder->family == AF_INET6)
    nlh->nlmsg_flags &= (guint16)~NLM_F_ECHO;
  return TRUE;
}

static void
take_back_routes (NsdBulk *bulk, NsdNet *net, GError **error)
{
  nsd_route_take_back (bulk, net->socket, &net->context, error);
}

static gboolean
build_address (NsdRequest *request, GVariant *dict, NsdAttrBuilder *builder, GPtrArray *keys,
               GError **error)
{
  char *key = NULL;

  if (!nsd_address_build_add (request->net, request->path.ifindex, dict, builder, &key, error))
    return FALSE;
  g_ptr_array_add (keys, key);
  return TRUE;
}

static gboolean
undo_address (const struct nlmsghdr *nlh, NsdAttrBuilder *builder, gpointer net, GError **error)
{
  return nsd_address_build_delete (net, nlh, builder, error);
}

static void
take_back_addresses (NsdBulk *bulk, NsdNet *net, GError **error)
{
  nsd_bulk_tell_left (nsd_bulk_take_back (bulk, net->socket, undo_address, net), NULL, error);
}

/* ---- what they have in common ---- */

/* «route 17 of 20, 10.0.0.0/24: » */
static void
prefix_item (const Sort *sort, GVariant *array, gsize index, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (array, index);
  const char *name = "";

  g_variant_lookup (dict, sort->name, "&s", &name);
  g_prefix_error (error, "%s %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT "%s%s: ", sort->noun,
                  index + 1, g_variant_n_children (array), *name != '\0' ? ", " : "", name);
}

static void
prefix_all (const Sort *sort, NsdRequest *request, const char *link, GError **error)
{
  if (link != NULL)
    nsd_request_prefix_error (request, error, "add addresses to link %s", link);
  else
    nsd_request_prefix_error (request, error, "add routes");
}

/* All requests, in @bulk if that is not NULL. */
static gboolean
build_all (const Sort *sort, NsdRequest *request, GVariant *array, NsdBulk *bulk, GPtrArray *keys,
           GError **error)
{
  gsize count = g_variant_n_children (array);

  for (gsize i = 0; i < count; i++) {
    g_autoptr (GVariant) dict = g_variant_get_child_value (array, i);
    g_auto (NsdAttrBuilder) builder = { 0 };

    if (!sort->build (request, dict, &builder, keys, error)) {
      prefix_item (sort, array, i, error);
      return FALSE;
    }
    if (bulk != NULL)
      nsd_bulk_add (bulk, nlmsg_hdr (builder.msg));
  }
  return TRUE;
}

static gboolean
check_all (const Sort *sort, NsdRequest *request, const char *link, GError **error)
{
  g_autoptr (GVariant) array = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (build_all (sort, request, array, NULL, keys, error))
    return TRUE;
  prefix_all (sort, request, link, error);
  return FALSE;
}

/* The request that failed is made again, since it knows which property is where. */
static void
set_failure (const Sort *sort, NsdRequest *request, GVariant *array, const NsdBulk *bulk,
             GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (array, bulk->failed);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (sort->build (request, dict, &builder, keys, error))
    nsd_net_set_failure (&builder, &bulk->failure, error);
  prefix_item (sort, array, bulk->failed, error);
}

/* So that the kernel's buffer for events does not run over. */
static gboolean
take_in (gpointer net, GError **error)
{
  nsd_net_take_in (net);
  return TRUE;
}

/* Adds all, or none; @keys gets those of the objects. */
static gboolean
add_all (const Sort *sort, NsdRequest *request, GPtrArray *keys, GError **error)
{
  g_autoptr (GVariant) array = g_variant_get_child_value (request->parameters, 0);
  g_auto (NsdBulk) bulk = { 0 };

  nsd_bulk_init (&bulk);
  bulk.progress = take_in;
  bulk.progress_data = request->net;
  if (!build_all (sort, request, array, &bulk, keys, error))
    return FALSE;
  if (!nsd_bulk_send (&bulk, request->net->socket, error)) {
    if (bulk.failed != G_MAXUINT)
      set_failure (sort, request, array, &bulk, error);
    sort->take_back (&bulk, request->net, error);
  }
  nsd_net_drain (request->net);
  return *error == NULL;
}

/* ---- AddRoutes ---- */

gboolean
nsd_bulk_check_add_routes (NsdRequest *request, GError **error)
{
  return check_all (&routes, request, NULL, error);
}

GVariant *
nsd_bulk_add_routes (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) array = g_variant_get_child_value (request->parameters, 0);

  if (!add_all (&routes, request, NULL, error)) {
    prefix_all (&routes, request, NULL, error);
    return NULL;
  }
  return g_variant_new ("(t)", (guint64)g_variant_n_children (array));
}

/* ---- AddAddresses ---- */

static const char *
link_of (NsdRequest *request)
{
  return nsd_links_find (request->net, request->path.ifindex)->name;
}

gboolean
nsd_bulk_check_add_addresses (NsdRequest *request, GError **error)
{
  return check_all (&addresses, request, link_of (request), error);
}

/* An IPv6 address may be notified later: see nsd_address_add(). */
static void
look_for (NsdNet *net, const GPtrArray *keys)
{
  for (guint i = 0; i < keys->len; i++) {
    if (nsd_records_find (net->addresses, keys->pdata[i]) == NULL) {
      nsd_net_touch_addresses (net);
      nsd_net_drain (net);
      return;
    }
  }
}

GVariant *
nsd_bulk_add_addresses (NsdRequest *request, GError **error)
{
  g_autofree char *link = g_strdup (link_of (request));
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GVariantBuilder paths;

  if (!add_all (&addresses, request, keys, error)) {
    prefix_all (&addresses, request, link, error);
    return NULL;
  }
  look_for (request->net, keys);
  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < keys->len; i++) {
    g_autofree char *path = nsd_path_object (request->net->id, NSD_NODE_ADDRESS, keys->pdata[i]);

    g_variant_builder_add (&paths, "o", path);
  }
  return g_variant_new ("(ao)", &paths);
}

static const Sort routes = { "route", "Destination", build_route, take_back_routes };
static const Sort addresses = { "address", "Address", build_address, take_back_addresses };
