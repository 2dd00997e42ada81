/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "attr-types.h"
#include "description.h"
#include "error.h"
#include "links.h"
#include "names.h"
#include "neighbours.h"

/* For the memory that an answer takes; what a bus carries is looked at where it is sent. */
#define MOST_NEIGHBOURS 65536

/* So many removals, of two events each, and then the events are read: the buffer holds some
 * thousand. */
#define DRAIN_EVERY 512

/* What of the flags of an entry is not the kernel's own to say (neigh_add in
 * net/core/neighbour.c). */
#define CHOSEN_FLAGS (NTF_ROUTER | NTF_EXT_LEARNED | NTF_PROXY)

static const NsdDescriptionKind to_match;
static const NsdDescriptionKind to_add;
static const NsdDescriptionKind to_remove;
static const NsdAttrTable match_options;
static const NsdWord modes[];

static gboolean
describe (NsdRequest *request, const NsdDescriptionKind *kind, NsdDescription *description,
          GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return nsd_description_init (description, kind, &request->net->context, dict, error) &&
         nsd_settings_put (description->settings, &match_options, NSD_ATTR_READ,
                           &description->builder, error);
}

static void
prefix_error (const NsdRequest *request, const char *verb, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  const char *address;

  if (g_variant_lookup (dict, "Address", "&s", &address))
    nsd_request_prefix_error (request, error, "%s neighbour %s", verb, address);
  else
    nsd_request_prefix_error (request, error, "%s a neighbour", verb);
}

static struct ndmsg *
header_of (const NsdDescription *description)
{
  return description->builder.header;
}

/* ---- ListNeighbours ---- */

GVariant *
nsd_neighbour_list (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };
  g_autoptr (GPtrArray) found = NULL;
  GVariantBuilder list;
  NsdAttrView view;

  if (describe (request, &to_match, &match, error))
    found = nsd_neighbours_find (request->net, &match, TRUE, MOST_NEIGHBOURS + 1, error);
  if (found != NULL && found->len > MOST_NEIGHBOURS)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "There are more than %d; ask for some of them", MOST_NEIGHBOURS);
  if (*error != NULL) {
    nsd_request_prefix_error (request, error, "list neighbours");
    return NULL;
  }
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < found->len; i++)
    if (nsd_neighbour_view (request->net, found->pdata[i], &view))
      g_variant_builder_add_value (&list, nsd_attr_table_read (&nsd_neighbour_table, &view));
  return g_variant_new ("(aa{sv})", &list);
}

/* ---- AddNeighbour ---- */

/* A proxy entry for all links stays when its namespace ends, and can show up in another, since the
 * kernel removes them by the link (pneigh_ifdown_and_unlock() in net/core/neighbour.c): others may
 * make such ones, and they can be removed. */
static gboolean
check_key (const NsdDescription *description, gboolean adds, GError **error)
{
  const struct ndmsg *header = header_of (description);

  if (nsd_settings_get (description->settings, "Address") == NULL)
    nsd_error_set_invalid (error, "Property Address is missing");
  else if (header->ndm_ifindex == 0 && (adds || !(header->ndm_flags & NTF_PROXY)))
    nsd_error_set_invalid (error, "Property Link is missing");
  else
    return TRUE;
  return FALSE;
}

/* The kernel refuses what is shorter than an address of the link, and cuts what is longer. */
static gboolean
check_mac (NsdNet *net, const NsdDescription *description, GError **error)
{
  const char *text = nsd_settings_get_string (description->settings, "MacAddress", NULL);
  const NsdLink *link = nsd_links_find (net, header_of (description)->ndm_ifindex);
  g_autoptr (GVariant) properties = NULL;
  const char *own = "";
  guint8 bytes[32];
  gsize length;

  if (text == NULL || link == NULL)
    return TRUE;
  properties = nsd_link_properties (link, NSD_IFACE_LINK);
  g_variant_lookup (properties, "MacAddress", "&s", &own);
  length = nsd_neighbour_mac_parse (own, bytes);
  if (nsd_neighbour_mac_parse (text, bytes) == length)
    return TRUE;
  nsd_error_set_invalid (error, "Property MacAddress: “%s” is not as long as one of link %s (%s)",
                         text, link->name, length != 0 ? own : "which has none");
  return FALSE;
}

static gboolean
check_values (const NsdDescription *description, GError **error)
{
  static const char *const not_of_proxies[] = { "MacAddress", "State" };
  const struct ndmsg *header = header_of (description);

  if (header->ndm_flags & ~CHOSEN_FLAGS) {
    nsd_error_set_invalid (error, "Property Flags: only the kernel sets “offload”");
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (not_of_proxies); i++) {
    if ((header->ndm_flags & NTF_PROXY) &&
        nsd_settings_get (description->settings, not_of_proxies[i]) != NULL) {
      nsd_error_set_invalid (error, "Property %s: proxy entries have none", not_of_proxies[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
parse_add (NsdRequest *request, NsdDescription *description, GError **error)
{
  guint32 flags = 0;

  if (!describe (request, &to_add, description, error) || !check_key (description, TRUE, error) ||
      !check_values (description, error) || !check_mac (request->net, description, error))
    return FALSE;
  if (!nsd_word_parse (modes, NSD_WORDS_ONLY,
                       nsd_settings_get_string (description->settings, "Mode", "create"), &flags,
                       error)) {
    g_prefix_error (error, "Property Mode: ");
    return FALSE;
  }
  nlmsg_hdr (description->builder.msg)->nlmsg_flags |= (guint16)flags;
  /* As ipneigh_modify() of iproute2; the kernel resolves the addresses that it manages. */
  if (nsd_settings_get (description->settings, "State") == NULL &&
      !(nsd_attr_view_get_u32 (&description->view, NDA_FLAGS_EXT, 0) & NTF_EXT_MANAGED))
    header_of (description)->ndm_state = NUD_PERMANENT;
  return TRUE;
}

gboolean
nsd_neighbour_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) description = { 0 };

  if (parse_add (request, &description, error))
    return TRUE;
  prefix_error (request, "add", error);
  return FALSE;
}

/* For proxy entries the kernel does not look at the mode. */
static gboolean
check_mode (const NsdDescription *description, gboolean was_there, GError **error)
{
  int flags = nlmsg_hdr (description->builder.msg)->nlmsg_flags;

  if (was_there && (flags & NLM_F_EXCL))
    nsd_error_set_errno (error, EEXIST, NULL);
  else if (!was_there && !(flags & NLM_F_CREATE))
    nsd_error_set_errno (error, ENOENT, NULL);
  else
    return TRUE;
  return FALSE;
}

GVariant *
nsd_neighbour_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) description = { 0 };
  gboolean was_there;

  if (parse_add (request, &description, error)) {
    was_there = nsd_neighbours_have (request->net, &description.view);
    /* The kernel makes the entry before it looks at the values, and leaves an empty one if it does
     * not like them (neigh_add in net/core/neighbour.c). */
    if (check_mode (&description, was_there, error) &&
        !nsd_net_request (request->net, &description.builder, NULL, NULL, error) && !was_there)
      nsd_neighbours_remove (request->net, &description.view, NULL);
    nsd_net_drain (request->net);
  }
  if (*error != NULL)
    prefix_error (request, "add", error);
  return NULL;
}

/* ---- RemoveNeighbour, FlushNeighbours ---- */

static gboolean
parse_remove (NsdRequest *request, NsdDescription *description, GError **error)
{
  return describe (request, &to_remove, description, error) &&
         check_key (description, FALSE, error);
}

gboolean
nsd_neighbour_check_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) description = { 0 };

  if (parse_remove (request, &description, error))
    return TRUE;
  prefix_error (request, "remove", error);
  return FALSE;
}

GVariant *
nsd_neighbour_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) description = { 0 };

  if (!parse_remove (request, &description, error) ||
      !nsd_net_transact (request->net, &description.builder, NULL, NULL, error))
    prefix_error (request, "remove", error);
  return NULL;
}

/* As ip(8) does: what somebody has set for ever, and what needs no resolution, only if asked for
 * (do_show_or_flush in ip/ipneigh.c). */
static gboolean
is_flushed (const NsdDescription *match, const NsdAttrView *view)
{
  guint state = ((const struct ndmsg *)view->header)->ndm_state;

  return nsd_settings_get (match->settings, "State") != NULL ||
         !(state & (NUD_PERMANENT | NUD_NOARP));
}

/* Counts it in *@count, if nobody else was faster. */
static gboolean
remove_found (NsdNet *net, const NsdAttrView *view, guint32 *count, GError **error)
{
  g_autoptr (GError) own = NULL;

  if (nsd_neighbours_remove (net, view, &own)) {
    *count += 1;
    if (*count % DRAIN_EVERY == 0)
      nsd_net_drain (net);
  } else if (!g_error_matches (own, NSD_ERROR, NSD_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&own));
    return FALSE;
  }
  return TRUE;
}

gboolean
nsd_neighbour_check_flush (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };

  if (describe (request, &to_match, &match, error))
    return TRUE;
  nsd_request_prefix_error (request, error, "flush neighbours");
  return FALSE;
}

GVariant *
nsd_neighbour_flush (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };
  g_autoptr (GPtrArray) found = NULL;
  NsdAttrView view;
  guint32 count = 0;

  if (describe (request, &to_match, &match, error))
    found = nsd_neighbours_find (request->net, &match, FALSE, G_MAXUINT, error);
  for (guint i = 0; found != NULL && i < found->len && *error == NULL; i++)
    if (nsd_neighbour_view (request->net, found->pdata[i], &view) && is_flushed (&match, &view))
      remove_found (request->net, &view, &count, error);
  nsd_net_drain (request->net);
  if (*error != NULL) {
    nsd_request_prefix_error (request, error, "flush neighbours");
    return NULL;
  }
  return g_variant_new ("(u)", count);
}

/* ---- SubscribeNeighbours, UnsubscribeNeighbours ---- */

GVariant *
nsd_neighbour_subscribe (NsdRequest *request, GError **error)
{
  if (nsd_neighbours_subscribe (request->net, request->sender, request->uid, error))
    nsd_request_watch_caller (request);
  else
    nsd_request_prefix_error (request, error, "subscribe to neighbours");
  return NULL;
}

GVariant *
nsd_neighbour_unsubscribe (NsdRequest *request, GError **error)
{
  nsd_neighbours_unsubscribe (request->net, request->sender);
  return NULL;
}

/* ---- what a neighbour can be described with ---- */

/* As AddRoute has them; several entries for one address there cannot be. */
static const NsdWord modes[] = {
  { NLM_F_CREATE | NLM_F_EXCL, "create" },
  { NLM_F_CREATE | NLM_F_REPLACE, "replace" },
  { NLM_F_REPLACE, "change" },
  { 0, NULL },
};

static const NsdAttr add_option_rows[] = {
  { 0, "Mode", &nsd_attr_option_s, NSD_ATTR_CREATE },
};
static const NsdAttrTable add_options = { NULL, add_option_rows, G_N_ELEMENTS (add_option_rows) };

static const NsdAttr match_option_rows[] = {
  { NDA_MASTER, "Master", &nsd_attr_link, NSD_ATTR_READ },
};
static const NsdAttrTable match_options = { NULL, match_option_rows,
                                            G_N_ELEMENTS (match_option_rows) };

static const NsdAttrTable *const match_tables[] = { &nsd_neighbour_table, &match_options, NULL };
static const NsdAttrTable *const add_tables[] = { &nsd_neighbour_table, &add_options, NULL };
static const NsdAttrTable *const key_tables[] = { &nsd_neighbour_key_table, NULL };
static const char *const addresses[] = { "Address", NULL };

static const NsdDescriptionKind to_match = {
  match_tables, NSD_ATTR_READ, RTM_GETNEIGH, 0, sizeof (struct ndmsg), addresses,
};
static const NsdDescriptionKind to_add = {
  add_tables, NSD_ATTR_CREATE, RTM_NEWNEIGH, 0, sizeof (struct ndmsg), addresses,
};
static const NsdDescriptionKind to_remove = {
  key_tables, NSD_ATTR_CREATE, RTM_DELNEIGH, 0, sizeof (struct ndmsg), addresses,
};
