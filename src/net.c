/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "addresses.h"
#include "error.h"
#include "link/bridge-vlans.h"
#include "link-look.h"
#include "link-news.h"
#include "links.h"
#include "neighbours.h"
#include "routes.h"
#include "rules.h"
#include "signals.h"

/* Under churn nearly every dump is interrupted: a few tries, then take what came and compare again
 * when it is quieter. */
#define DUMP_TRIES       4
#define RESYNC_DELAY     100 /* milliseconds, doubled up to … */
#define RESYNC_DELAY_MAX 800

/* Routes that may have gone without a word are looked for once for many events: at least this much
 * later, and so much later that it takes a tenth of the time (milliseconds). */
#define ROUTES_DELAY     10
#define ROUTES_DELAY_MAX 500

/* Counting a table that is too large for objects takes so much longer than anything else that it is
 * done for many changes at once, and takes a twentieth of the time (milliseconds). */
#define RECOUNT_DELAY     1000
#define RECOUNT_DELAY_MAX 20000

/* After events that nobody waits for, the next ones are left to gather once they have taken more
 * than an allowance: an object that changes often is told of once then, and somebody's storm takes
 * a third of a processor at most (each moment is paid for with REST more).  What comes singly is
 * told at once.  The kernel's buffer holds what comes in REST_MAX (microseconds). */
#define REST           2
#define REST_ALLOWANCE 10000
#define REST_MAX       50000

static const int groups[];

/* ---- shared with main ---- */

NsdNetShared *
nsd_net_shared_new (void)
{
  NsdNetShared *shared = g_new0 (NsdNetShared, 1);

  g_atomic_ref_count_init (&shared->references);
  shared->routes_exported = TRUE;
  return shared;
}

NsdNetShared *
nsd_net_shared_ref (NsdNetShared *shared)
{
  g_atomic_ref_count_inc (&shared->references);
  return shared;
}

void
nsd_net_shared_unref (NsdNetShared *shared)
{
  if (g_atomic_ref_count_dec (&shared->references))
    g_free (shared);
}

/* ---- requests ---- */

/* The property that the failure is about: by the offset that the kernel gives, or because its text
 * speaks of just one of those in the message, or because there is only one. */
static const char *
failed_property (const NsdAttrBuilder *builder, const NsdNlFailure *failure)
{
  const char *property = NULL;

  if (failure->has_offset)
    property = nsd_attr_builder_property_at (builder, failure->offset);
  if (property == NULL && failure->text != NULL)
    property = nsd_attr_builder_property_in_text (builder, failure->text);
  return property != NULL ? property : nsd_attr_builder_only_property (builder);
}

/* A value that the kernel finds wrong is one out of range, which only the kernel could know. */
static void
set_error (GError **error, const NsdNlFailure *failure, gboolean has_properties)
{
  nsd_error_set_errno (error, failure->errnum, failure->text);
  if (has_properties && (failure->errnum == EINVAL || failure->errnum == ERANGE ||
                         failure->errnum == EADDRNOTAVAIL)) {
    (*error)->domain = G_DBUS_ERROR;
    (*error)->code = G_DBUS_ERROR_INVALID_ARGS;
  }
}

void
nsd_net_set_failure (const NsdAttrBuilder *builder, const NsdNlFailure *failure, GError **error)
{
  const char *property = failed_property (builder, failure);

  set_error (error, failure, nsd_attr_builder_has_properties (builder));
  if (property != NULL) {
    g_autofree char *message = g_strdup_printf ("%s (property %s)", (*error)->message, property);

    g_free ((*error)->message);
    (*error)->message = g_steal_pointer (&message);
  }
}

gboolean
nsd_net_request (NsdNet *net, NsdAttrBuilder *builder, NsdNlFunc func, gpointer data,
                 GError **error)
{
  g_auto (NsdNlFailure) failure = { 0 };

  if (nsd_nl_socket_request (net->socket, builder->msg, func, data, &failure))
    return TRUE;
  if (error != NULL)
    nsd_net_set_failure (builder, &failure, error);
  return FALSE;
}

gboolean
nsd_net_transact (NsdNet *net, NsdAttrBuilder *builder, NsdNlFunc func, gpointer data,
                  GError **error)
{
  gboolean ok = nsd_net_request (net, builder, func, data, error);

  nsd_net_drain (net);
  return ok;
}

NsdNlSocket *
nsd_net_side_socket (NsdNet *net)
{
  if (net->side_socket == NULL)
    net->side_socket = nsd_nl_socket_new (NULL);
  return net->side_socket;
}

gboolean
nsd_net_dump (NsdNet *net, int type, gconstpointer header, gsize header_size,
              void (*restart) (gpointer), NsdNlFunc func, gpointer data, gboolean *ret_complete)
{
  for (int i = 0; i < DUMP_TRIES; i++) {
    struct nl_msg *msg = nlmsg_alloc_simple (type, NLM_F_REQUEST);
    g_autoptr (GError) error = NULL;
    gboolean interrupted = FALSE;
    gboolean ok;

    nlmsg_append (msg, (gpointer)header, header_size, NLMSG_ALIGNTO);
    restart (data);
    ok = nsd_nl_socket_dump (net->socket, msg, func, data, &interrupted, &error);
    nlmsg_free (msg);
    if (!ok) {
      g_warning ("Cannot list what is in namespace %" G_GUINT64_FORMAT ": %s", net->id,
                 error->message);
      return FALSE;
    }
    *ret_complete = !interrupted;
    if (!interrupted)
      return TRUE;
  }
  return TRUE;
}

void
nsd_net_schedule (NsdNet *net, GSource **source, guint delay, GSourceFunc func)
{
  *source = g_timeout_source_new (delay);
  g_source_set_callback (*source, func, net, NULL);
  g_source_attach (*source, g_main_context_get_thread_default ());
}

void
nsd_net_clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* ---- events ---- */

static void
on_nsid (NsdNet *net, const struct nlmsghdr *nlh)
{
  NsdAttrView view;

  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof (struct rtgenmsg));
  nsd_net_forget_nsid (net, (int)nsd_attr_view_get_u32 (&view, NETNSA_NSID, 0));
}

static void
on_event (const struct nlmsghdr *nlh, gpointer data)
{
  NsdNet *net = data;

  net->heard = TRUE;
  switch (nlh->nlmsg_type) {
  case RTM_NEWLINK:
  case RTM_DELLINK:
    nsd_links_event (net, nlh);
    break;
  case RTM_NEWADDR:
  case RTM_DELADDR:
    nsd_addresses_event (net, nlh);
    break;
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    nsd_routes_event (net, nlh);
    break;
  case RTM_NEWNEXTHOP:
  case RTM_DELNEXTHOP:
    /* The IPv4 routes that used it went, or go another way now, without a word
     * (__remove_nexthop_fib in net/ipv4/nexthop.c). */
    nsd_net_touch_routes (net, AF_INET);
    nsd_net_touch_routes (net, AF_INET6);
    break;
  case RTM_NEWRULE:
  case RTM_DELRULE:
    nsd_rules_event (net, nlh);
    break;
  case RTM_NEWNEIGH:
  case RTM_DELNEIGH:
    nsd_neighbours_event (net, nlh);
    break;
  case RTM_NEWVLAN:
  case RTM_DELVLAN:
    nsd_bridge_vlans_event (net, nlh);
    break;
  case RTM_NEWNSID:
  case RTM_DELNSID:
    on_nsid (net, nlh);
    break;
  default:
    break;
  }
}

static void
touch_all (NsdNet *net)
{
  net->all_links_dirty = TRUE;
  net->addresses_dirty = TRUE;
  net->routes_dirty[0] = TRUE;
  net->routes_dirty[1] = TRUE;
}

void
nsd_net_touch_link (NsdNet *net, int ifindex)
{
  g_hash_table_add (net->dirty_links, GINT_TO_POINTER (ifindex));
}

void
nsd_net_touch_addresses (NsdNet *net)
{
  net->addresses_dirty = TRUE;
}

void
nsd_net_touch_routes (NsdNet *net, int family)
{
  net->routes_dirty[family == AF_INET6] = TRUE;
}

static gboolean
on_resync (gpointer data)
{
  NsdNet *net = data;

  g_clear_pointer (&net->resync, g_source_unref);
  touch_all (net);
  nsd_net_drain (net);
  return G_SOURCE_REMOVE;
}

static void
schedule_resync (NsdNet *net)
{
  if (net->resync != NULL)
    return;
  net->resync_delay = CLAMP (net->resync_delay * 2, RESYNC_DELAY, RESYNC_DELAY_MAX);
  nsd_net_schedule (net, &net->resync, net->resync_delay, on_resync);
}

/* ---- reading ---- */

static gboolean
on_routes_later (gpointer data)
{
  NsdNet *net = data;

  g_clear_pointer (&net->routes_later, g_source_unref);
  nsd_net_drain (net);
  return G_SOURCE_REMOVE;
}

static void
schedule_routes (NsdNet *net)
{
  if (net->routes_later == NULL)
    nsd_net_schedule (net, &net->routes_later, MAX (net->routes_delay, ROUTES_DELAY),
                      on_routes_later);
}

static gboolean
on_recount (gpointer data)
{
  NsdNet *net = data;
  gint64 begin = g_get_monotonic_time ();

  g_clear_pointer (&net->recount, g_source_unref);
  nsd_routes_recount (net);
  net->recount_delay = (guint)MIN ((g_get_monotonic_time () - begin) / 50, RECOUNT_DELAY_MAX);
  nsd_net_drain (net);
  return G_SOURCE_REMOVE;
}

static gboolean
read_routes (NsdNet *net)
{
  gint64 begin = g_get_monotonic_time ();
  gboolean sure = TRUE;

  if (!net->routes_dirty[0] && !net->routes_dirty[1])
    return TRUE;
  /* Nobody waits for a count. */
  if (!g_atomic_int_get (&net->options.shared->routes_exported)) {
    if (net->recount == NULL)
      nsd_net_schedule (net, &net->recount, MAX (net->recount_delay, RECOUNT_DELAY), on_recount);
    return TRUE;
  }
  for (int i = 0; i < 2; i++)
    if (net->routes_dirty[i] && !nsd_routes_refresh (net, i == 0 ? AF_INET : AF_INET6))
      sure = FALSE;
  net->routes_delay = (guint)MIN ((g_get_monotonic_time () - begin) / 100, ROUTES_DELAY_MAX);
  nsd_net_clear_source (&net->routes_later);
  net->dump_doubtful = nsd_nl_events_pending (net->events);
  return sure;
}

/* Reads again what the events could not tell.  FALSE if the kernel was too busy for a sure answer.
 */
static gboolean
read_dirty (NsdNet *net, gboolean somebody_waits)
{
  gboolean sure = TRUE;

  /* Links first: one that went up or down takes routes along. */
  if (!nsd_links_refresh (net))
    sure = FALSE;
  if (net->addresses_dirty && !nsd_addresses_refresh (net))
    sure = FALSE;
  if (somebody_waits || !g_atomic_int_get (&net->options.shared->routes_exported))
    return read_routes (net) && sure;
  if (net->routes_dirty[0] || net->routes_dirty[1])
    schedule_routes (net);
  return sure;
}

void
nsd_net_take_in (NsdNet *net)
{
  if (nsd_nl_events_drain (net->events, on_event, net))
    return;
  g_info ("Events of namespace %" G_GUINT64_FORMAT " were lost, comparing all", net->id);
  nsd_links_doubt (net);
  nsd_rules_doubt (net);
  nsd_neighbours_doubt (net);
  touch_all (net);
}

static void
drain (NsdNet *net, gboolean somebody_waits)
{
  nsd_net_take_in (net);
  net->count_doubtful = FALSE;
  net->dump_doubtful = FALSE;
  if (read_dirty (net, somebody_waits))
    net->resync_delay = 0;
  else
    schedule_resync (net);
  nsd_records_flush (net->addresses, net, TRUE);
  nsd_routes_flush (net);
  nsd_rules_flush (net);
  nsd_neighbours_flush (net);
  nsd_signals_flush (net);
  nsd_links_tell_flush (net);
  nsd_links_schedule_look (net);
}

void
nsd_net_drain (NsdNet *net)
{
  drain (net, TRUE);
}

static void
drain_and_rest (NsdNet *net)
{
  gint64 begin = g_get_monotonic_time ();
  gint64 end;

  drain (net, FALSE);
  end = g_get_monotonic_time ();
  net->rest_until = MAX (net->rest_until, begin - REST_ALLOWANCE) + (end - begin) * (1 + REST);
  net->rest_until = MIN (net->rest_until, end + REST_MAX);
}

static gboolean
on_rested (gpointer data)
{
  NsdNet *net = data;

  g_clear_pointer (&net->rest, g_source_unref);
  nsd_nl_events_listen (net->events, TRUE);
  drain_and_rest (net);
  return G_SOURCE_REMOVE;
}

void
nsd_net_drain_soon (NsdNet *net)
{
  gint64 now = g_get_monotonic_time ();

  if (net->rest != NULL)
    return;
  if (now >= net->rest_until) {
    drain_and_rest (net);
    return;
  }
  nsd_nl_events_listen (net->events, FALSE);
  nsd_net_schedule (net, &net->rest, (guint)((net->rest_until - now) / 1000) + 1, on_rested);
}

static void
on_ready (gpointer data)
{
  nsd_net_drain_soon (data);
}

void
nsd_net_forget_caller (gpointer net, gpointer sender)
{
  nsd_neighbours_unsubscribe (net, sender);
}

/* ---- life ---- */

static char *
link_path (gpointer data, int nsid, int ifindex)
{
  NsdNet *net = data;
  guint64 id = nsid < 0 ? net->id : nsd_net_resolve_nsid (net, nsid);

  return id != 0 ? nsd_path_link (id, ifindex) : g_strdup ("/");
}

static gboolean
set_loopback_up (NsdNet *net, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  struct ifinfomsg *ifi;

  /* lo is the first device of every namespace (net_dev_init in net/core/dev.c). */
  nsd_attr_builder_init (&builder, &net->context, RTM_NEWLINK, 0, sizeof *ifi);
  ifi = builder.header;
  ifi->ifi_index = 1;
  ifi->ifi_flags = IFF_UP;
  ifi->ifi_change = IFF_UP;
  return nsd_net_request (net, &builder, NULL, NULL, error);
}

static void
net_free (gpointer data)
{
  NsdNet *net = data;

  nsd_net_clear_source (&net->resync);
  nsd_net_clear_source (&net->look);
  nsd_net_clear_source (&net->slice);
  nsd_net_clear_source (&net->routes_later);
  nsd_net_clear_source (&net->recount);
  nsd_net_clear_source (&net->rest);
  g_clear_pointer (&net->events, nsd_nl_events_free);
  g_clear_pointer (&net->socket, nsd_nl_socket_free);
  g_clear_pointer (&net->side_socket, nsd_nl_socket_free);
  g_clear_pointer (&net->nsids, g_hash_table_unref);
  g_clear_pointer (&net->links, g_hash_table_unref);
  g_clear_pointer (&net->links_heard, g_hash_table_unref);
  g_clear_pointer (&net->link_news, g_hash_table_unref);
  g_clear_pointer (&net->slices, g_array_unref);
  g_clear_pointer (&net->dirty_links, g_hash_table_unref);
  g_clear_pointer (&net->addresses, nsd_records_free);
  g_clear_pointer (&net->routes, nsd_records_free);
  g_clear_pointer (&net->rules_added, g_ptr_array_unref);
  g_clear_pointer (&net->rules_removed, g_ptr_array_unref);
  g_clear_pointer (&net->neighbour_subscribers, g_hash_table_unref);
  g_clear_pointer (&net->neighbour_events, g_ptr_array_unref);
  g_clear_pointer (&net->signals, g_ptr_array_unref);
  g_clear_pointer (&net->path, g_free);
  g_clear_pointer (&net->moved_to, g_free);
  nsd_net_shared_unref (net->options.shared);
  g_object_unref (net->options.connection);
  g_free (net);
}

static gpointer
net_start (NsdNetns *netns, gpointer data, GError **error)
{
  const NsdNetOptions *options = data;
  NsdNet *net = g_new0 (NsdNet, 1);

  net->options = *options;
  g_object_ref (net->options.connection);
  nsd_net_shared_ref (net->options.shared);
  net->id = nsd_netns_id (netns);
  net->path = nsd_path_namespace (net->id);
  net->context = (NsdAttrContext){ net->id, link_path, net };
  net->nsids = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  net->dirty_links = g_hash_table_new (NULL, NULL);
  net->slices = g_array_new (FALSE, FALSE, sizeof (int));
  net->signals = g_ptr_array_new_with_free_func (g_object_unref);
  nsd_links_init (net);
  net->addresses = nsd_records_new (&nsd_address_class);
  net->routes = nsd_records_new (&nsd_route_class);
  nsd_rules_init (net);

  /* Listen first, then look: nothing falls in between. */
  net->socket = nsd_nl_socket_new (error);
  if (net->socket != NULL)
    net->events = nsd_nl_events_new (groups, on_ready, net, error);
  if (net->events == NULL || (options->loopback_up && !set_loopback_up (net, error))) {
    net_free (net);
    return NULL;
  }
  touch_all (net);
  nsd_net_drain (net);
  return net;
}

void
nsd_net_publish (gpointer data, gpointer unused)
{
  NsdNet *net = data;

  /* What has come to the bus while this one was on its way had nobody here to tell. */
  nsd_links_touch_unknown (net);
  nsd_net_drain (net);
  net->published = TRUE;
}

static const int groups[] = {
  RTNLGRP_LINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_NEXTHOP,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_RULE,
  RTNLGRP_NSID,
  RTNLGRP_BRVLAN,
  0,
};

const NsdWorkerHooks nsd_net_worker_hooks = { net_start, net_free };
