/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-list.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

#include "address.h"
#include "addresses.h"
#include "bulk.h"
#include "error.h"
#include "links.h"

/* ---- which are meant ---- */

static gboolean
check_match (GVariant *match, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, match);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    const NsdAttr *attr = nsd_attr_table_find (&nsd_address_table, name);
    g_autoptr (GVariant) value = child;

    if (attr == NULL) {
      nsd_error_set_invalid (error, "Unknown property %s: no address has it", name);
      return FALSE;
    }
    if (!g_variant_is_of_type (value, G_VARIANT_TYPE (attr->type->signature))) {
      nsd_error_set_invalid (error, "Property %s: expected a value of type %s, got %s", name,
                             attr->type->signature, g_variant_get_type_string (value));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
matches (const NsdAttrView *view, GVariant *match)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, match);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    const NsdAttr *attr = nsd_attr_table_find (&nsd_address_table, name);
    g_autoptr (GVariant) wanted = child;
    g_autoptr (GVariant) value = g_variant_ref_sink (attr->type->get (view, attr));

    if (!g_variant_equal (value, wanted))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  NsdNet *net;
  GVariant *match;
  int ifindex; /* 0: any */
  GPtrArray *found;
} Search;

static void
look_at (gpointer data, gpointer user_data)
{
  const NsdRecord *record = data;
  Search *search = user_data;
  NsdAttrView view;

  if (search->ifindex != 0 && record->ifindex != search->ifindex)
    return;
  nsd_record_view (record, &nsd_address_class, &search->net->context, &view);
  if (matches (&view, search->match))
    g_ptr_array_add (search->found, data);
}

/* By link, and of one link the primary addresses first. */
static int
compare (gconstpointer a, gconstpointer b)
{
  const NsdRecord *first = *(NsdRecord *const *)a;
  const NsdRecord *second = *(NsdRecord *const *)b;
  const struct ifaddrmsg *x = nlmsg_data (first->message);
  const struct ifaddrmsg *y = nlmsg_data (second->message);

  if (first->ifindex != second->ifindex)
    return first->ifindex < second->ifindex ? -1 : 1;
  if ((x->ifa_flags & IFA_F_SECONDARY) != (y->ifa_flags & IFA_F_SECONDARY))
    return x->ifa_flags & IFA_F_SECONDARY ? 1 : -1;
  return strcmp (first->key, second->key);
}

/* The records of the addresses that match, until the next event is read. */
static GPtrArray *
search_addresses (NsdNet *net, GVariant *match, int ifindex)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  Search search = { net, match, ifindex, found };

  nsd_records_foreach (net->addresses, look_at, &search);
  g_ptr_array_sort (found, compare);
  return g_steal_pointer (&found);
}

/* ---- FindAddresses ---- */

GVariant *
nsd_address_find (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) match = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (GPtrArray) found = NULL;
  GVariantBuilder paths;

  if (!check_match (match, error)) {
    nsd_request_prefix_error (request, error, "find addresses");
    return NULL;
  }
  found = search_addresses (request->net, match, 0);
  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < found->len; i++) {
    const NsdRecord *record = found->pdata[i];
    g_autofree char *path = nsd_path_object (request->net->id, NSD_NODE_ADDRESS, record->key);

    g_variant_builder_add (&paths, "o", path);
  }
  return g_variant_new ("(ao)", &paths);
}

/* ---- FlushAddresses ---- */

gboolean
nsd_address_check_flush (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) match = g_variant_get_child_value (request->parameters, 0);

  if (check_match (match, error))
    return TRUE;
  nsd_request_prefix_error (request, error, "flush addresses of link %s",
                            nsd_links_find (request->net, request->path.ifindex)->name);
  return FALSE;
}

/* The secondary addresses go before their primary one, which takes them along or makes one of them
 * primary (__inet_del_ifa() in net/ipv4/devinet.c). */
static gboolean
collect (NsdRequest *request, GVariant *match, NsdBulk *bulk, GError **error)
{
  g_autoptr (GPtrArray) found = search_addresses (request->net, match, request->path.ifindex);

  for (guint i = found->len; i > 0; i--) {
    const NsdRecord *record = found->pdata[i - 1];
    g_auto (NsdAttrBuilder) builder = { 0 };

    if (!nsd_address_build_delete (request->net, record->message, &builder, error))
      return FALSE;
    nsd_bulk_add (bulk, nlmsg_hdr (builder.msg));
  }
  return TRUE;
}

GVariant *
nsd_address_flush (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) match = g_variant_get_child_value (request->parameters, 0);
  NsdNet *net = request->net;
  g_autofree char *link = g_strdup (nsd_links_find (net, request->path.ifindex)->name);
  g_auto (NsdBulk) bulk = { 0 };

  nsd_bulk_init (&bulk);
  bulk.harmless = EADDRNOTAVAIL;
  if (check_match (match, error) && collect (request, match, &bulk, error) &&
      !nsd_bulk_send (&bulk, net->socket, error) && *error == NULL)
    nsd_error_set_errno (error, bulk.failure.errnum, bulk.failure.text);
  nsd_net_drain (net);
  if (*error != NULL) {
    nsd_request_prefix_error (request, error, "flush addresses of link %s", link);
    return NULL;
  }
  return g_variant_new ("(u)", nsd_bulk_done (&bulk));
}
