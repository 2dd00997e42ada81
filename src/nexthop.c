/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexthop.h"

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "description.h"
#include "error.h"
#include "rtwords.h"

/* For the memory that an answer takes; what a bus carries is looked at where it is sent. */
#define MOST_NEXTHOPS 65536

static const NsdDescriptionKind to_match;
static const NsdDescriptionKind to_add;
static const NsdWord modes[];

static gboolean
describe (NsdRequest *request, const NsdDescriptionKind *kind, NsdDescription *description,
          GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  if (!nsd_description_init (description, kind, &request->net->context, dict, error) ||
      !nsd_nexthop_put_resilient (&description->builder, description->settings, error))
    return FALSE;
  nsd_attr_view_init_message (&description->view, &request->net->context,
                              nlmsg_hdr (description->builder.msg), kind->header_size);
  return TRUE;
}

/* ---- ListNextHops ---- */

typedef struct {
  NsdNet *net;
  const NsdDescription *match;
  GPtrArray *found; /* GVariant */
} Search;

static void
restart (gpointer data)
{
  g_ptr_array_set_size (((Search *)data)->found, 0);
}

static void
on_nexthop (struct nlmsghdr *nlh, gpointer data)
{
  Search *search = data;
  NsdAttrView view;

  if (nlh->nlmsg_type != RTM_NEWNEXTHOP || nlmsg_datalen (nlh) < (int)sizeof (struct nhmsg) ||
      search->found->len > MOST_NEXTHOPS)
    return;
  nsd_attr_view_init_message (&view, &search->net->context, nlh, sizeof (struct nhmsg));
  if (nsd_description_mismatch (search->match, &view) == NULL)
    g_ptr_array_add (search->found,
                     g_variant_ref_sink (nsd_attr_table_read (&nsd_nexthop_table, &view)));
}

static gboolean
find_all (Search *search, GError **error)
{
  struct nhmsg header = { 0 };
  gboolean complete;

  if (!nsd_net_dump (search->net, RTM_GETNEXTHOP, &header, sizeof header, restart, on_nexthop,
                     search, &complete))
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "The kernel did not list its next hops");
  else if (search->found->len > MOST_NEXTHOPS)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "There are more than %d; ask for some of them", MOST_NEXTHOPS);
  else
    return TRUE;
  return FALSE;
}

GVariant *
nsd_nexthop_list (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  Search search = { request->net, &match, found };

  if (!describe (request, &to_match, &match, error) || !find_all (&search, error)) {
    nsd_request_prefix_error (request, error, "list next hops");
    return NULL;
  }
  return g_variant_new (
      "(@aa{sv})",
      g_variant_new_array (G_VARIANT_TYPE_VARDICT, (GVariant *const *)found->pdata, found->len));
}

/* ---- AddNextHop ---- */

static void
prefix_add_error (const NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  guint32 id;

  if (g_variant_lookup (dict, "Id", "u", &id))
    nsd_request_prefix_error (request, error, "add next hop %u", id);
  else
    nsd_request_prefix_error (request, error, "add a next hop");
}

/* The kernel would look for it among all, and replace none. */
static gboolean
check_replaced (const NsdDescription *nexthop, guint32 flags, GError **error)
{
  GVariant *id = nsd_settings_get (nexthop->settings, "Id");

  if (!(flags & NLM_F_REPLACE) || (id != NULL && g_variant_get_uint32 (id) != 0))
    return TRUE;
  nsd_error_set_invalid (error, "Property Id is missing: it tells which next hop to replace");
  return FALSE;
}

/* What the kernel would pass over in silence. */
static gboolean
check_group (const NsdSettings *settings, GError **error)
{
  const char *type = nsd_settings_get_string (settings, "GroupType", NULL);

  if (type != NULL && nsd_settings_get (settings, "Group") == NULL) {
    nsd_error_set_invalid (error, "Property GroupType: there is no Group");
    return FALSE;
  }
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdAttr *attr = nsd_settings_nth (settings, i)->attr;

    if (attr->id == NHA_RES_GROUP && g_strcmp0 (type, "resilient") != 0) {
      nsd_error_set_invalid (error, "Property %s: it is for the GroupType “resilient” alone",
                             attr->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
parse_add (NsdRequest *request, NsdDescription *nexthop, GError **error)
{
  guint32 flags = 0;
  struct nhmsg *header;

  if (!describe (request, &to_add, nexthop, error))
    return FALSE;
  if (!nsd_word_parse (modes, NSD_WORDS_ONLY,
                       nsd_settings_get_string (nexthop->settings, "Mode", "create"), &flags,
                       error)) {
    g_prefix_error (error, "Property Mode: ");
    return FALSE;
  }
  nlmsg_hdr (nexthop->builder.msg)->nlmsg_flags |= (guint16)flags;
  header = nexthop->builder.header;
  header->nh_family = (guint8)nexthop->builder.family;
  /* As ip(8): ipnh_modify() in ip/ipnexthop.c. */
  if (header->nh_family == AF_UNSPEC && nsd_settings_get (nexthop->settings, "Group") == NULL)
    header->nh_family = AF_INET;
  return check_replaced (nexthop, flags, error) && check_group (nexthop->settings, error);
}

gboolean
nsd_nexthop_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) nexthop = { 0 };

  if (parse_add (request, &nexthop, error))
    return TRUE;
  prefix_add_error (request, error);
  return FALSE;
}

/* The kernel says what it made of the request. */
static void
on_echo (struct nlmsghdr *nlh, gpointer data)
{
  NsdAttrView view;

  if (nlh->nlmsg_type != RTM_NEWNEXTHOP || nlmsg_datalen (nlh) < (int)sizeof (struct nhmsg))
    return;
  nsd_attr_view_init_message (&view, NULL, nlh, sizeof (struct nhmsg));
  *(guint32 *)data = nsd_attr_view_get_u32 (&view, NHA_ID, 0);
}

GVariant *
nsd_nexthop_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) nexthop = { 0 };
  guint32 id = 0;

  if (!parse_add (request, &nexthop, error) ||
      !nsd_net_transact (request->net, &nexthop.builder, on_echo, &id, error)) {
    prefix_add_error (request, error);
    return NULL;
  }
  return g_variant_new ("(u)", id);
}

/* ---- RemoveNextHop ---- */

gboolean
nsd_nexthop_check_remove (NsdRequest *request, GError **error)
{
  guint32 id;

  g_variant_get (request->parameters, "(u)", &id);
  if (id != 0)
    return TRUE;
  nsd_error_set_invalid (error, "0 is not an id");
  nsd_request_prefix_error (request, error, "remove next hop 0");
  return FALSE;
}

GVariant *
nsd_nexthop_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  guint32 id;

  if (!nsd_nexthop_check_remove (request, error))
    return NULL;
  g_variant_get (request->parameters, "(u)", &id);
  nsd_attr_builder_init (&builder, &request->net->context, RTM_DELNEXTHOP, 0,
                         sizeof (struct nhmsg));
  if (!nsd_attr_builder_add_u32 (&builder, NHA_ID, id, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    nsd_request_prefix_error (request, error, "remove next hop %u", id);
  return NULL;
}

/* ---- what a next hop can be described with ---- */

static const NsdWord modes[] = {
  { NLM_F_CREATE | NLM_F_EXCL, "create" },
  { NLM_F_CREATE | NLM_F_REPLACE, "replace" },
  { NLM_F_REPLACE, "change" },
  { 0, NULL },
};

static const NsdAttr option_rows[] = {
  { 0, "Mode", &nsd_attr_option_s, NSD_ATTR_CREATE },
};
static const NsdAttrTable options = { NULL, option_rows, G_N_ELEMENTS (option_rows) };

static const NsdAttrTable *const match_tables[] = { &nsd_nexthop_table, NULL };
static const NsdAttrTable *const add_tables[] = { &nsd_nexthop_table, &options, NULL };
static const char *const addresses[] = { "Gateway", NULL };

static const NsdDescriptionKind to_match = {
  match_tables, NSD_ATTR_READ, RTM_GETNEXTHOP, 0, sizeof (struct nhmsg), addresses,
};
static const NsdDescriptionKind to_add = {
  add_tables, NSD_ATTR_CREATE, RTM_NEWNEXTHOP, NLM_F_ECHO, sizeof (struct nhmsg), addresses,
};
