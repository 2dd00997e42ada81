/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neighbours.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "signals.h"

/* Each event is a message for each subscriber, and whoever reads slowly makes them pile up. */
#define MOST_OF_USER 4
#define MOST_EVENTS  2048

gboolean
nsd_neighbour_view (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrView *ret_view)
{
  const struct ndmsg *header = nlmsg_data (nlh);

  /* Forwarding databases speak with the same messages, of the family AF_BRIDGE. */
  if (nlmsg_datalen (nlh) < (int)sizeof *header ||
      (header->ndm_family != AF_INET && header->ndm_family != AF_INET6))
    return FALSE;
  nsd_attr_view_init_message (ret_view, &net->context, nlh, sizeof *header);
  return TRUE;
}

/* ---- looking for them ---- */

typedef struct {
  NsdNet *net;
  const NsdDescription *match;
  guint most;
  GPtrArray *found; /* struct nlmsghdr */
} Search;

static void
on_neighbour (struct nlmsghdr *nlh, gpointer data)
{
  Search *search = data;
  NsdAttrView view;

  if (nlh->nlmsg_type == RTM_NEWNEIGH && search->found->len < search->most &&
      nsd_neighbour_view (search->net, nlh, &view) &&
      nsd_description_mismatch (search->match, &view) == NULL)
    g_ptr_array_add (search->found, g_memdup2 (nlh, nlh->nlmsg_len));
}

/* The family, the link and its master are looked at by the kernel, which has a table for proxy
 * entries of its own; all else by on_neighbour(). */
static gboolean
dump (Search *search, gboolean proxies, GError **error)
{
  const struct ndmsg *wanted = search->match->builder.header;
  struct ndmsg ndm = { .ndm_family = wanted->ndm_family, .ndm_flags = proxies ? NTF_PROXY : 0 };
  const struct nlattr *master =
      nlmsg_find_attr (nlmsg_hdr (search->match->builder.msg), sizeof ndm, NDA_MASTER);
  struct nl_msg *msg = nlmsg_alloc_simple (RTM_GETNEIGH, NLM_F_REQUEST);
  gboolean ok, interrupted;

  nlmsg_append (msg, &ndm, sizeof ndm, NLMSG_ALIGNTO);
  if (wanted->ndm_ifindex != 0)
    nla_put_u32 (msg, NDA_IFINDEX, (guint32)wanted->ndm_ifindex);
  /* -1: those without a master (neigh_master_filtered). */
  if (master != NULL)
    nla_put_u32 (msg, NDA_MASTER, nla_get_u32 (master) != 0 ? nla_get_u32 (master) : (guint32)-1);
  ok = nsd_nl_socket_dump (search->net->socket, msg, on_neighbour, search, &interrupted, error);
  nlmsg_free (msg);
  return ok;
}

GPtrArray *
nsd_neighbours_find (NsdNet *net, const NsdDescription *match, gboolean proxies, guint most,
                     GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  GVariant *wanted = nsd_settings_get (match->settings, "Proxy");
  Search search = { net, match, most, found };
  gboolean only_proxies = wanted != NULL && g_variant_get_boolean (wanted);

  if ((!only_proxies && !dump (&search, FALSE, error)) ||
      ((only_proxies || (proxies && wanted == NULL)) && !dump (&search, TRUE, error)))
    return NULL;
  return g_steal_pointer (&found);
}

/* ---- one of them ---- */

/* Asks something about the entry that the header and the address in @view name. */
static gboolean
ask (NsdNet *net, int type, const NsdAttrView *view, GError **error)
{
  const struct nlattr *address = nsd_attr_view_get (view, NDA_DST, 0);
  const struct ndmsg *shown = view->header;
  g_auto (NsdAttrBuilder) builder = { 0 };
  struct ndmsg *ndm;

  nsd_attr_builder_init (&builder, &net->context, type, 0, sizeof *ndm);
  ndm = builder.header;
  ndm->ndm_family = shown->ndm_family;
  ndm->ndm_ifindex = shown->ndm_ifindex;
  ndm->ndm_flags = shown->ndm_flags & NTF_PROXY;
  return (address == NULL || nsd_attr_builder_add (&builder, NDA_DST, nla_data (address),
                                                   (gsize)nla_len (address), error)) &&
         nsd_net_request (net, &builder, NULL, NULL, error);
}

gboolean
nsd_neighbours_have (NsdNet *net, const NsdAttrView *view)
{
  return ask (net, RTM_GETNEIGH, view, NULL);
}

gboolean
nsd_neighbours_remove (NsdNet *net, const NsdAttrView *view, GError **error)
{
  return ask (net, RTM_DELNEIGH, view, error);
}

/* ---- who is told ---- */

static guint
subscribers_of (NsdNet *net, guint32 uid)
{
  GHashTableIter iter;
  gpointer value;
  guint count = 0;

  g_hash_table_iter_init (&iter, net->neighbour_subscribers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (GPOINTER_TO_UINT (value) == uid)
      count++;
  return count;
}

gboolean
nsd_neighbours_subscribe (NsdNet *net, const char *name, guint32 uid, GError **error)
{
  if (net->neighbour_subscribers == NULL) {
    if (!nsd_nl_events_join (net->events, RTNLGRP_NEIGH, error))
      return FALSE;
    net->neighbour_subscribers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    net->neighbour_events = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  }
  if (uid != 0 && !g_hash_table_contains (net->neighbour_subscribers, name) &&
      subscribers_of (net, uid) >= MOST_OF_USER) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "Too many connections of this user are subscribed: at most %d in a namespace",
                 MOST_OF_USER);
    return FALSE;
  }
  g_hash_table_insert (net->neighbour_subscribers, g_strdup (name), GUINT_TO_POINTER (uid));
  return TRUE;
}

void
nsd_neighbours_unsubscribe (NsdNet *net, const char *name)
{
  if (net->neighbour_subscribers == NULL ||
      !g_hash_table_remove (net->neighbour_subscribers, name) ||
      g_hash_table_size (net->neighbour_subscribers) > 0)
    return;
  nsd_nl_events_leave (net->events, RTNLGRP_NEIGH);
  g_clear_pointer (&net->neighbour_subscribers, g_hash_table_unref);
  g_clear_pointer (&net->neighbour_events, g_ptr_array_unref);
  net->neighbours_lost = FALSE;
}

/* ---- what changes ---- */

void
nsd_neighbours_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  NsdAttrView view;

  if (net->neighbour_subscribers == NULL || net->neighbours_lost ||
      !nsd_neighbour_view (net, nlh, &view))
    return;
  if (net->neighbour_events->len >= MOST_EVENTS)
    nsd_neighbours_doubt (net);
  else
    g_ptr_array_add (net->neighbour_events,
                     g_variant_ref_sink (g_variant_new (
                         "(s@a{sv})", nlh->nlmsg_type == RTM_NEWNEIGH ? "new" : "deleted",
                         nsd_attr_table_read (&nsd_neighbour_table, &view))));
}

/* Whoever lists them again need not be told of each. */
void
nsd_neighbours_doubt (NsdNet *net)
{
  if (net->neighbour_subscribers == NULL)
    return;
  net->neighbours_lost = TRUE;
  g_ptr_array_set_size (net->neighbour_events, 0);
}

static void
tell (NsdNet *net, GVariant *event)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (event);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, net->neighbour_subscribers);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    nsd_signal_namespace (net, name, "NeighbourChanged", owned);
}

void
nsd_neighbours_flush (NsdNet *net)
{
  if (net->neighbour_subscribers == NULL)
    return;
  if (net->neighbours_lost)
    tell (net, g_variant_new ("(sa{sv})", "lost", NULL));
  for (guint i = 0; i < net->neighbour_events->len; i++)
    tell (net, net->neighbour_events->pdata[i]);
  net->neighbours_lost = FALSE;
  g_ptr_array_set_size (net->neighbour_events, 0);
}
