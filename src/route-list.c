/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-list.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bulk.h"
#include "error.h"
#include "route-match.h"
#include "route-plan.h"
#include "route.h"
#include "routes.h"

/* A message of D-Bus needs up to one and a half times as much for the same values, and the bus
 * takes 32 MiB (max_message_size in dbus-daemon's system.conf; 16 more are left for luck). */
#define MOST_BYTES (10 * 1024 * 1024)

/* More rows than a route has. */
#define MOST_ROWS 32

/* ---- ListRoutes ---- */

/* Routes have most values in common with the one before: those are made once.  `raw` is what the
 * value was made of. */
typedef struct {
  gboolean always; /* shown, whatever the value */
  GVariant *key;
  GVariant *entry; /* {sv} */
  guint8 raw[32];
  gsize raw_length;
} Column;

typedef struct {
  const NsdAttrContext *context;
  Column columns[MOST_ROWS];
  GPtrArray *routes; /* GVariant */
  gsize bytes;
  guint32 limit;
  gboolean truncated;
} List;

/* What a reader needs of any route; all else is there if it is not the plain value. */
static gboolean
is_always_shown (const NsdAttr *attr)
{
  static const char *const names[] = { "Destination", "Family", "Table", "Protocol", "Type", NULL };

  return g_strv_contains (names, attr->name);
}

static gboolean
is_shown (const NsdAttr *attr, const NsdAttrView *view)
{
  const struct rtmsg *rtm = view->header;

  switch (attr->id) {
  case 0:
    return (strcmp (attr->name, "Scope") == 0 && rtm->rtm_scope != RT_SCOPE_UNIVERSE) ||
           (strcmp (attr->name, "Tos") == 0 && rtm->rtm_tos != 0) ||
           (strcmp (attr->name, "Flags") == 0 && rtm->rtm_flags != 0);
  case RTA_GATEWAY:
    return view->tb[RTA_GATEWAY] != NULL || view->tb[RTA_VIA] != NULL;
  case RTA_CACHEINFO: {
    const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct rta_cacheinfo));

    return nla != NULL && ((const struct rta_cacheinfo *)nla_data (nla))->rta_expires != 0;
  }
  default:
    return view->tb[attr->id] != NULL;
  }
}

/* The bytes that the value of a row comes from; 0 if they are too many, or more than one
 * attribute. */
static gsize
raw_value (const NsdAttr *attr, const NsdAttrView *view, guint8 raw[32])
{
  const struct rtmsg *rtm = view->header;
  const struct nlattr *nla = attr->id != 0 ? view->tb[attr->id] : NULL;
  gsize length = sizeof *rtm;

  if (attr->id != 0 && (nla == NULL || nla_len (nla) > 16 || attr->id == RTA_CACHEINFO ||
                        attr->id == RTA_ENCAP_TYPE))
    return 0;
  memcpy (raw, rtm, sizeof *rtm);
  /* The length of the prefix is of no row but the destination, which differs anyway. */
  ((struct rtmsg *)raw)->rtm_dst_len = 0;
  if (nla != NULL) {
    memcpy (raw + length, nla_data (nla), (gsize)nla_len (nla));
    length += (gsize)nla_len (nla);
  }
  return length;
}

static GVariant *
make_entry (Column *column, const NsdAttr *attr, const NsdAttrView *view)
{
  GVariant *value = attr->type->get (view, attr);

  if (column->key == NULL)
    column->key = g_variant_ref_sink (g_variant_new_string (attr->name));
  return value != NULL ? g_variant_ref_sink (
                             g_variant_new_dict_entry (column->key, g_variant_new_variant (value)))
                       : NULL;
}

static void
append_entry (GVariantBuilder *builder, Column *column, const NsdAttr *attr,
              const NsdAttrView *view)
{
  guint8 raw[32];
  gsize length = attr->id != RTA_DST ? raw_value (attr, view, raw) : 0;
  g_autoptr (GVariant) entry = NULL;

  if (length != 0 && column->raw_length == length && memcmp (column->raw, raw, length) == 0) {
    g_variant_builder_add_value (builder, column->entry);
    return;
  }
  entry = make_entry (column, attr, view);
  if (entry == NULL)
    return;
  g_variant_builder_add_value (builder, entry);
  if (length == 0)
    return;
  g_clear_pointer (&column->entry, g_variant_unref);
  column->entry = g_steal_pointer (&entry);
  memcpy (column->raw, raw, length);
  column->raw_length = length;
}

static gboolean
restart_list (gpointer data, GError **error)
{
  List *list = data;

  g_ptr_array_set_size (list->routes, 0);
  list->bytes = 0;
  list->truncated = FALSE;
  return TRUE;
}

static gboolean
list_route (const struct nlmsghdr *nlh, gpointer data, GError **error)
{
  List *list = data;
  GVariantBuilder builder;
  NsdAttrView view;
  GVariant *route;

  if ((list->limit != 0 && list->routes->len >= list->limit) || list->bytes > MOST_BYTES) {
    list->truncated = TRUE;
    return FALSE;
  }
  nsd_attr_view_init_message (&view, list->context, nlh, sizeof (struct rtmsg));
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < nsd_route_table.n_rows; i++) {
    const NsdAttr *attr = &nsd_route_table.rows[i];

    if (list->columns[i].always || is_shown (attr, &view))
      append_entry (&builder, &list->columns[i], attr, &view);
  }
  route = g_variant_ref_sink (g_variant_builder_end (&builder));
  list->bytes += g_variant_get_size (route);
  g_ptr_array_add (list->routes, route);
  return TRUE;
}

static void
list_init (List *list, NsdRequest *request)
{
  *list = (List){ .context = &request->net->context };
  list->routes = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  g_variant_get_child (request->parameters, 1, "u", &list->limit);
  g_assert (nsd_route_table.n_rows <= MOST_ROWS);
  for (gsize i = 0; i < nsd_route_table.n_rows; i++)
    list->columns[i].always = is_always_shown (&nsd_route_table.rows[i]);
}

static void
list_clear (List *list)
{
  for (gsize i = 0; i < MOST_ROWS; i++) {
    g_clear_pointer (&list->columns[i].key, g_variant_unref);
    g_clear_pointer (&list->columns[i].entry, g_variant_unref);
  }
  g_ptr_array_unref (list->routes);
}

GVariant *
nsd_route_list (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  g_auto (NsdRouteMatch) match = { 0 };
  List list;
  const NsdRouteDump dump = { restart_list, list_route, &list };
  NsdNet *net = request->net;
  GVariant *reply = NULL;

  list_init (&list, request);
  if (nsd_route_match_init (&match, &net->context, dict, error) &&
      nsd_route_match_dump (&match, &net->context, net->socket, &dump, error))
    reply = g_variant_new ("(@aa{sv}b)",
                           g_variant_new_array (G_VARIANT_TYPE_VARDICT,
                                                (GVariant *const *)list.routes->pdata,
                                                list.routes->len),
                           list.truncated);
  else
    nsd_request_prefix_error (request, error, "list routes");
  list_clear (&list);
  return reply;
}

/* ---- FlushRoutes ---- */

static gboolean
restart_flush (gpointer routes, GError **error)
{
  g_ptr_array_set_size (routes, 0);
  return TRUE;
}

static gboolean
note_route (const struct nlmsghdr *nlh, gpointer routes, GError **error)
{
  g_ptr_array_add (routes, g_memdup2 (nlh, nlh->nlmsg_len));
  return TRUE;
}

/* Whether all that could be taken for each other match, or none of them. */
static gboolean
is_of_places (const NsdRouteMatch *match)
{
  static const char *const names[] = { "Destination", "Family", "Metric", "Source",
                                       "Table",       "Tos",    NULL };

  for (guint i = 0; i < match->conditions->len; i++)
    if (!g_strv_contains (names,
                          g_array_index (match->conditions, NsdRouteCondition, i).attr->name))
      return FALSE;
  return TRUE;
}

/* What deletes the routes that match, and no others, into @requests. */
static gboolean
plan_flush (NsdNet *net, const NsdRouteMatch *match, GPtrArray *routes, NsdRoutePlan *plan,
            NsdNlBatch *requests, GError **error)
{
  const NsdRouteDump dump = { restart_flush, note_route, routes };

  if (!nsd_route_match_dump (match, &net->context, net->socket, &dump, error))
    return FALSE;
  for (guint i = routes->len; i > 0; i--)
    nsd_route_plan_add (plan, routes->pdata[i - 1], is_of_places (match));
  if (!nsd_route_plan_look (plan, net->socket, error))
    return FALSE;
  nsd_route_plan_make (plan, requests);
  return TRUE;
}

static gboolean
take_in (gpointer net, GError **error)
{
  nsd_net_take_in (net);
  return TRUE;
}

/* Somebody else was faster, or one deletion took another route along: that is no failure.  Returns
 * how many went. */
static guint
send_flush (NsdNet *net, NsdNlBatch *requests, GError **error)
{
  g_auto (NsdBulk) bulk = { 0 };

  nsd_bulk_init (&bulk);
  bulk.harmless = ESRCH;
  bulk.progress = take_in;
  bulk.progress_data = net;
  for (guint i = 0; i < nsd_nl_batch_count (requests); i++)
    nsd_bulk_add (&bulk, nsd_nl_batch_nth (requests, i));
  if (!nsd_bulk_send (&bulk, net->socket, error) && *error == NULL)
    nsd_error_set_errno (error, bulk.failure.errnum, bulk.failure.text);
  nsd_net_drain (net);
  return nsd_bulk_done (&bulk);
}

/* Those that are left, since others would go. */
static void
set_kept (const NsdRoutePlan *plan, GError **error)
{
  g_autofree char *names = nsd_route_plan_name_kept (plan);

  g_set_error (
      error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
      "in place of %s the kernel would delete another route, which comes first and has all "
      "that is asked for",
      names);
}

/* As «ip route flush», which wants to be told of something. */
static gboolean
parse_flush (NsdRequest *request, NsdRouteMatch *match, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (GVariant) of_main = nsd_route_match_of_main (dict);

  if (g_variant_n_children (dict) > 0)
    return nsd_route_match_init (match, &request->net->context, of_main, error);
  nsd_error_set_invalid (error, "An empty match would be all routes of the table main");
  return FALSE;
}

gboolean
nsd_route_check_flush (NsdRequest *request, GError **error)
{
  g_auto (NsdRouteMatch) match = { 0 };

  if (parse_flush (request, &match, error))
    return TRUE;
  nsd_request_prefix_error (request, error, "flush routes");
  return FALSE;
}

GVariant *
nsd_route_flush (NsdRequest *request, GError **error)
{
  NsdNet *net = request->net;
  g_auto (NsdRouteMatch) match = { 0 };
  g_autoptr (GPtrArray) routes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (NsdRoutePlan) plan = nsd_route_plan_new (&net->context);
  g_autoptr (NsdNlBatch) requests = nsd_nl_batch_new ();
  guint count = 0;

  if (parse_flush (request, &match, error) &&
      plan_flush (net, &match, routes, plan, requests, error)) {
    count = send_flush (net, requests, error);
    if (*error == NULL && nsd_route_plan_count_kept (plan) > 0)
      set_kept (plan, error);
  }
  if (*error != NULL) {
    if (count > 0)
      g_prefix_error (error, "%u are deleted, then: ", count);
    nsd_request_prefix_error (request, error, "flush routes");
    return NULL;
  }
  return g_variant_new ("(t)", (guint64)count);
}
