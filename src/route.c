/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "names.h"
#include "nsd-interfaces.h"
#include "route-compare.h"
#include "route-delete.h"
#include "routes.h"
#include "rtwords.h"

static const NsdAttrTable add_options;
static const NsdAttrTable lookup_options;

static void
init_message (const NsdAttrContext *context, NsdAttrBuilder *builder, int type, int flags,
              int family)
{
  nsd_attr_builder_init (builder, context, type, flags, sizeof (struct rtmsg));
  builder->family = family;
  ((struct rtmsg *)builder->header)->rtm_family = (guint8)family;
}

/* ---- Namespace.AddRoute ---- */

/* From "Family", else from the destination; what contradicts is found when it is written. */
static int
family_of (const NsdSettings *settings, GError **error)
{
  const char *word = nsd_settings_get_string (settings, "Family", NULL);
  const char *destination = nsd_settings_get_string (settings, "Destination", NULL);
  int family = AF_UNSPEC;
  guint32 number = 0;
  guint8 bytes[16], bits;

  if (destination == NULL) {
    nsd_error_set_invalid (error, "Property Destination is missing");
    return AF_UNSPEC;
  }
  if (word != NULL) {
    if (!nsd_word_parse (nsd_family_words, NSD_WORDS_ONLY, word, &number, error))
      g_prefix_error (error, "Property Family: ");
    return (int)number;
  }
  if (strcmp (destination, "default") == 0) {
    nsd_error_set_invalid (error, "Property Family is missing: “default” does not tell it");
    return AF_UNSPEC;
  }
  if (nsd_prefix_parse (destination, &family, bytes, &bits, error) == 0) {
    g_prefix_error (error, "Property Destination: ");
    return AF_UNSPEC;
  }
  return family;
}

/* What ip(8) chooses for what is left out: iproute_modify() in ip/iproute.c. */
static gboolean
put_defaults (NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  struct rtmsg *rtm = builder->header;
  GVariant *hops = nsd_settings_get (settings, "NextHops");
  gboolean has_gateway = *nsd_settings_get_string (settings, "Gateway", "") != '\0' ||
                         (hops != NULL && g_variant_n_children (hops) > 0) ||
                         nsd_settings_get (settings, "NextHopId") != NULL;
  gboolean is_local = rtm->rtm_type == RTN_LOCAL || rtm->rtm_type == RTN_NAT;
  gboolean is_of_link = rtm->rtm_type == RTN_BROADCAST || rtm->rtm_type == RTN_MULTICAST ||
                        rtm->rtm_type == RTN_ANYCAST;

  if (nsd_settings_get (settings, "Scope") == NULL) {
    if (is_local)
      rtm->rtm_scope = RT_SCOPE_HOST;
    else if (is_of_link || (rtm->rtm_type == RTN_UNICAST && !has_gateway))
      rtm->rtm_scope = RT_SCOPE_LINK;
  }
  if (nsd_settings_get (settings, "Table") == NULL) {
    rtm->rtm_table = is_local || rtm->rtm_type == RTN_BROADCAST || rtm->rtm_type == RTN_ANYCAST
                         ? RT_TABLE_LOCAL
                         : RT_TABLE_MAIN;
    return nsd_attr_builder_add_u32 (builder, RTA_TABLE, rtm->rtm_table, error);
  }
  return TRUE;
}

/* What the kernel would pass over in silence: rtm_to_fib_config() in net/ipv4/fib_frontend.c,
 * rtm_to_fib6_config() in net/ipv6/route.c. */
static gboolean
check_family (const NsdAttrBuilder *builder, GError **error)
{
  const struct rtmsg *rtm = builder->header;
  const char *name = NULL;
  NsdAttrView view;

  nsd_attr_view_init_message (&view, builder->context, nlmsg_hdr (builder->msg), sizeof *rtm);
  if (rtm->rtm_family == AF_INET6) {
    if (rtm->rtm_scope != RT_SCOPE_UNIVERSE)
      name = "Scope";
    else if (rtm->rtm_tos != 0)
      name = "Tos";
  } else if (rtm->rtm_src_len != 0)
    name = "Source";
  else if (nsd_attr_view_get_u32 (&view, RTA_EXPIRES, 0) != 0)
    name = "Expires";
  else if (view.tb[RTA_PREF] != NULL)
    name = "Preference";
  if (name == NULL)
    return TRUE;
  nsd_error_set_invalid (error, "Property %s: the kernel has no such value for %s routes", name,
                         rtm->rtm_family == AF_INET ? "IPv4" : "IPv6");
  return FALSE;
}

static gboolean
build_add (NsdNet *net, NsdAttrBuilder *builder, const NsdSettings *settings, GError **error)
{
  const char *mode = nsd_settings_get_string (settings, "Mode", "create");
  int family = family_of (settings, error);
  guint32 flags = 0;
  struct rtmsg *rtm;

  if (family == AF_UNSPEC)
    return FALSE;
  if (!nsd_word_parse (nsd_mode_words, NSD_WORDS_ONLY, mode, &flags, error)) {
    g_prefix_error (error, "Property Mode: ");
    return FALSE;
  }
  init_message (&net->context, builder, RTM_NEWROUTE, (int)flags | NLM_F_ECHO, family);
  rtm = builder->header;
  rtm->rtm_protocol = RTPROT_BOOT;
  rtm->rtm_type = RTN_UNICAST;
  return nsd_settings_put (settings, &nsd_route_table, NSD_ATTR_CREATE, builder, error) &&
         check_family (builder, error) && put_defaults (builder, settings, error);
}

/* The kernel says what it made of the request. */
static void
on_echo (struct nlmsghdr *nlh, gpointer data)
{
  char **key = data;

  if (nlh->nlmsg_type == RTM_NEWROUTE) {
    g_free (*key);
    *key = nsd_route_key (nlh);
  }
}

typedef struct {
  const struct nlmsghdr *wanted;
  NsdRoutePlace place;
  char *key;
} Search;

static void
compare_route (gpointer data, gpointer user_data)
{
  const NsdRecord *record = data;
  Search *search = user_data;
  NsdRoutePlace place;

  if (search->key == NULL && nsd_route_place_init (&place, record->message) &&
      memcmp (&place, &search->place, sizeof place) == 0 &&
      nsd_route_is (record->message, search->wanted))
    search->key = g_strdup (record->key);
}

/* Replacing a route by the same one is done without an echo, and one that joins another is echoed
 * as if it were alone: look for it. */
static char *
find_route (NsdNet *net, const NsdAttrBuilder *builder)
{
  Search search = { .wanted = nlmsg_hdr (builder->msg) };

  if (nsd_route_place_init (&search.place, search.wanted))
    nsd_records_foreach (net->routes, compare_route, &search);
  return search.key;
}

gboolean
nsd_route_build_add (NsdNet *net, GVariant *dict, NsdAttrBuilder *builder, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_route_table, &add_options, NULL };
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);

  return settings != NULL && build_add (net, builder, settings, error);
}

/* The request of AddRoute in @builder; FALSE with the error that the caller gets. */
static gboolean
parse_add (NsdRequest *request, NsdAttrBuilder *builder, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return nsd_route_build_add (request->net, dict, builder, error);
}

static void
prefix_add_error (const NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  const char *destination = "";

  g_variant_lookup (dict, "Destination", "&s", &destination);
  nsd_request_prefix_error (request, error, "add route %s", destination);
}

gboolean
nsd_route_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (parse_add (request, &builder, error))
    return TRUE;
  prefix_add_error (request, error);
  return FALSE;
}

static gboolean
is_object (NsdNet *net, const char *key)
{
  return key != NULL && (!g_atomic_int_get (&net->options.shared->routes_exported) ||
                         nsd_records_find (net->routes, key) != NULL);
}

GVariant *
nsd_route_add (NsdRequest *request, GError **error)
{
  NsdNet *net = request->net;
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *path = NULL;

  if (parse_add (request, &builder, error) &&
      nsd_net_transact (net, &builder, on_echo, &key, error) && !is_object (net, key)) {
    g_free (key);
    /* While routes are not objects, any path says which one is meant. */
    key = g_atomic_int_get (&net->options.shared->routes_exported)
              ? find_route (net, &builder)
              : nsd_route_key (nlmsg_hdr (builder.msg));
    if (key == NULL)
      g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "It was deleted as soon as it was made");
  }
  if (*error != NULL) {
    prefix_add_error (request, error);
    return NULL;
  }
  path = nsd_path_object (net->id, NSD_NODE_ROUTE, key);
  return g_variant_new ("(o)", path);
}

/* ---- Namespace.GetRouteTo ---- */

static gboolean
put_lookup_link (NsdAttrBuilder *builder, const NsdSettings *options, const char *name, int id,
                 GError **error)
{
  GVariant *value = nsd_settings_get (options, name);
  int ifindex = 0;

  if (value == NULL)
    return TRUE;
  if (!nsd_link_path_parse (builder->context, g_variant_get_string (value, NULL), &ifindex,
                            error)) {
    g_prefix_error (error, "Property %s: ", name);
    return FALSE;
  }
  return nsd_attr_builder_add_u32 (builder, id, (guint32)ifindex, error);
}

static gboolean
put_lookup_port (NsdAttrBuilder *builder, const NsdSettings *options, const char *name, int id,
                 GError **error)
{
  GVariant *value = nsd_settings_get (options, name);
  guint16 port = value != NULL ? GUINT16_TO_BE (g_variant_get_uint16 (value)) : 0;

  return value == NULL || nsd_attr_builder_add (builder, id, &port, sizeof port, error);
}

static gboolean
put_lookup_address (NsdAttrBuilder *builder, const char *text, const char *name, int id,
                    GError **error)
{
  guint8 bytes[16];
  gsize length = nsd_ip_parse (text, &builder->family, bytes, error);
  struct rtmsg *rtm = builder->header;

  if (length == 0) {
    g_prefix_error (error, "%s: ", name);
    return FALSE;
  }
  if (id == RTA_DST)
    rtm->rtm_dst_len = (guint8)(length * 8);
  else
    rtm->rtm_src_len = (guint8)(length * 8);
  rtm->rtm_family = (guint8)builder->family;
  return nsd_attr_builder_add (builder, id, bytes, length, error);
}

static gboolean
put_lookup_rest (NsdAttrBuilder *builder, const NsdSettings *options, GError **error)
{
  static const NsdWord protocols[] = { { IPPROTO_TCP, "tcp" },
                                       { IPPROTO_UDP, "udp" },
                                       { IPPROTO_ICMP, "icmp" },
                                       { IPPROTO_ICMPV6, "icmpv6" },
                                       { 0, NULL } };
  const char *word = nsd_settings_get_string (options, "Protocol", NULL);
  GVariant *tos = nsd_settings_get (options, "Tos");
  guint32 protocol = 0;
  guint8 byte;

  if (tos != NULL)
    ((struct rtmsg *)builder->header)->rtm_tos = g_variant_get_byte (tos);
  if (word == NULL)
    return TRUE;
  if (!nsd_word_parse (protocols, G_MAXUINT8, word, &protocol, error)) {
    g_prefix_error (error, "Property Protocol: ");
    return FALSE;
  }
  byte = (guint8)protocol;
  return nsd_attr_builder_add (builder, RTA_IP_PROTO, &byte, sizeof byte, error);
}

static gboolean
build_lookup (NsdNet *net, NsdAttrBuilder *builder, const char *destination,
              const NsdSettings *options, GError **error)
{
  const char *source = nsd_settings_get_string (options, "Source", NULL);

  init_message (&net->context, builder, RTM_GETROUTE, 0, AF_UNSPEC);
  if (!put_lookup_address (builder, destination, "The destination", RTA_DST, error))
    return FALSE;
  /* The answer shall name the table that it was found in, which IPv6 does without being asked: it
   * refuses the flag (inet6_rtm_valid_getroute_req in net/ipv6/route.c). */
  if (builder->family == AF_INET)
    ((struct rtmsg *)builder->header)->rtm_flags = RTM_F_LOOKUP_TABLE;
  return (source == NULL ||
          put_lookup_address (builder, source, "Property Source", RTA_SRC, error)) &&
         put_lookup_link (builder, options, "InputLink", RTA_IIF, error) &&
         put_lookup_link (builder, options, "OutputLink", RTA_OIF, error) &&
         nsd_settings_put (options, &lookup_options, NSD_ATTR_CREATE, builder, error) &&
         put_lookup_port (builder, options, "SourcePort", RTA_SPORT, error) &&
         put_lookup_port (builder, options, "DestinationPort", RTA_DPORT, error) &&
         put_lookup_rest (builder, options, error);
}

typedef struct {
  NsdNet *net;
  GVariant *route;
} Lookup;

static void
on_answer (struct nlmsghdr *nlh, gpointer data)
{
  Lookup *lookup = data;
  NsdAttrView view;

  if (nlh->nlmsg_type != RTM_NEWROUTE || nlmsg_datalen (nlh) < (int)sizeof (struct rtmsg) ||
      lookup->route != NULL)
    return;
  nsd_attr_view_init_message (&view, &lookup->net->context, nlh, sizeof (struct rtmsg));
  lookup->route = g_variant_ref_sink (nsd_attr_table_read_present (&nsd_route_table, &view));
}

GVariant *
nsd_route_get_to (NsdRequest *request, GError **error)
{
  const NsdAttrTable *const tables[] = { &lookup_options, NULL };
  g_autoptr (NsdSettings) options = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GVariant) route = NULL;
  g_auto (NsdAttrBuilder) builder = { 0 };
  Lookup lookup = { request->net, NULL };
  const char *destination;

  g_variant_get (request->parameters, "(&s@a{sv})", &destination, &dict);
  options = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  if (options == NULL || !build_lookup (request->net, &builder, destination, options, error) ||
      !nsd_net_request (request->net, &builder, on_answer, &lookup, error)) {
    nsd_request_prefix_error (request, error, "find a route to %s", destination);
    return NULL;
  }
  route = lookup.route;
  if (route == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "The kernel did not answer");
    return NULL;
  }
  return g_variant_new ("(@a{sv})", route);
}

/* ---- org.netnsd1.Route ---- */

static NsdRecord *
record_of (NsdRequest *request)
{
  return nsd_records_find (request->net->routes, request->path.key);
}

static char *
destination_of (NsdNet *net, const NsdRecord *record)
{
  const NsdAttr *row = nsd_attr_table_find (&nsd_route_table, "Destination");
  g_autoptr (GVariant) value = NULL;
  NsdAttrView view;

  nsd_record_view (record, &nsd_route_class, &net->context, &view);
  value = g_variant_ref_sink (row->type->get (&view, row));
  return g_variant_dup_string (value, NULL);
}

static GVariant *
delete_route (NsdRequest *request, GError **error)
{
  g_autofree char *destination = destination_of (request->net, record_of (request));
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (!nsd_route_check_delete (request->net, record_of (request), error) ||
      !nsd_route_build_delete (&request->net->context, record_of (request)->message, &builder,
                               error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    nsd_request_prefix_error (request, error, "delete route %s", destination);
  return NULL;
}

/* ---- rows ---- */

static const NsdAttr add_option_rows[] = {
  { 0, "Mode", &nsd_attr_option_s, NSD_ATTR_CREATE },
};
static const NsdAttrTable add_options = { NULL, add_option_rows, G_N_ELEMENTS (add_option_rows) };

static const NsdAttr lookup_option_rows[] = {
  { 0, "Source", &nsd_attr_option_s, NSD_ATTR_CREATE },
  { 0, "InputLink", &nsd_attr_option_o, NSD_ATTR_CREATE },
  { 0, "OutputLink", &nsd_attr_option_o, NSD_ATTR_CREATE },
  { RTA_MARK, "Mark", &nsd_attr_u32, NSD_ATTR_CREATE },
  { RTA_UID, "Uid", &nsd_attr_u32, NSD_ATTR_CREATE },
  { 0, "Tos", &nsd_attr_option_y, NSD_ATTR_CREATE },
  { 0, "Protocol", &nsd_attr_option_s, NSD_ATTR_CREATE },
  { 0, "SourcePort", &nsd_attr_option_q, NSD_ATTR_CREATE },
  { 0, "DestinationPort", &nsd_attr_option_q, NSD_ATTR_CREATE },
};
static const NsdAttrTable lookup_options = { NULL, lookup_option_rows,
                                             G_N_ELEMENTS (lookup_option_rows) };

static const NsdMethod methods[] = {
  { "Delete", NSD_ACTION_CONFIGURE_ROUTE, NSD_IN_WORKER, delete_route },
};

const NsdInterface nsd_interface_route = {
  &org_netnsd1_route_interface, NSD_NODE_ROUTE, methods, G_N_ELEMENTS (methods), NULL, NULL,
};
