/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-match.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"
#include "routes.h"
#include "rtwords.h"

/* A dump that was interrupted so often is taken as it came. */
#define DUMP_TRIES 4

/* ---- what is meant ---- */

static void
clear_condition (gpointer data)
{
  g_clear_pointer (&((NsdRouteCondition *)data)->value, g_variant_unref);
}

static gboolean
is_word (const NsdAttr *attr)
{
  return attr->data != NULL && strcmp (attr->type->signature, "s") == 0;
}

/* «tcp» and «6» are the same. */
static GVariant *
normal_word (const NsdAttr *attr, const char *text, GError **error)
{
  guint32 number = 0;

  if (*text == '\0')
    return g_variant_new_string ("");
  if (!nsd_word_parse (attr->data, G_MAXUINT8, text, &number, error))
    return NULL;
  return nsd_word_variant (attr->data, number);
}

static GVariant *
normal_prefix (const char *text, int family, GError **error)
{
  g_autofree char *ip = NULL;
  guint8 bytes[16], bits;
  gsize length;

  if (*text == '\0')
    return g_variant_new_string ("");
  if (strcmp (text, "default") == 0 && family != AF_UNSPEC)
    return g_variant_new_string (family == AF_INET ? "0.0.0.0/0" : "::/0");
  length = nsd_network_parse (text, &family, bytes, &bits, error);
  if (length == 0)
    return NULL;
  ip = nsd_ip_text (bytes, length);
  return g_variant_new_take_string (g_strdup_printf ("%s/%u", ip, bits));
}

static GVariant *
normal_ip (const char *text, GError **error)
{
  int family = AF_UNSPEC;
  guint8 bytes[16];
  gsize length;

  if (*text == '\0')
    return g_variant_new_string ("");
  length = nsd_ip_parse (text, &family, bytes, error);
  return length != 0 ? g_variant_new_take_string (nsd_ip_text (bytes, length)) : NULL;
}

/* The value as the property of a route has it; NULL with an error if no route can have it. */
static GVariant *
normal_value (const NsdRouteMatch *match, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text;

  if (strcmp (attr->type->signature, "s") != 0)
    return g_variant_ref (value);
  text = g_variant_get_string (value, NULL);
  if (is_word (attr))
    return normal_word (attr, text, error);
  return attr->id == RTA_DST || attr->id == RTA_SRC ? normal_prefix (text, match->family, error)
                                                    : normal_ip (text, error);
}

static guint32
number_of (const NsdRouteCondition *condition)
{
  guint32 number = 0;

  nsd_word_parse (condition->attr->data, G_MAXUINT8, g_variant_get_string (condition->value, NULL),
                  &number, NULL);
  return number;
}

/* What the kernel looks at: ip_valid_fib_dump_req() in net/ipv4/fib_frontend.c.  Where 0 is the
 * value that is meant it would not, and a route with several next hops it finds by each link. */
static gboolean
give_kernel (NsdRouteMatch *match, const NsdAttrContext *context, NsdRouteCondition *condition,
             GError **error)
{
  const char *name = condition->attr->name;
  int ifindex = 0;

  if (strcmp (name, "Protocol") == 0) {
    match->protocol = (guint8)number_of (condition);
    condition->by_kernel = match->protocol != 0;
  } else if (strcmp (name, "Type") == 0) {
    match->type = (guint8)number_of (condition);
    condition->by_kernel = match->type != 0;
  } else if (strcmp (name, "Table") == 0) {
    match->table = g_variant_get_uint32 (condition->value);
    condition->by_kernel = match->table != 0;
  } else if (strcmp (name, "Link") == 0) {
    if (!nsd_link_path_parse (context, g_variant_get_string (condition->value, NULL), &ifindex,
                              error)) {
      g_prefix_error (error, "Property %s: ", name);
      return FALSE;
    }
    match->ifindex = (guint32)ifindex;
  }
  return TRUE;
}

static gboolean
add_condition (NsdRouteMatch *match, const NsdAttrContext *context, const char *name,
               GVariant *value, GError **error)
{
  NsdRouteCondition condition = { nsd_attr_table_find (&nsd_route_table, name) };

  if (condition.attr == NULL) {
    nsd_error_set_invalid (error, "Unknown property %s: no route has it", name);
    return FALSE;
  }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (condition.attr->type->signature))) {
    nsd_error_set_invalid (error, "Property %s: expected a value of type %s, got %s", name,
                           condition.attr->type->signature, g_variant_get_type_string (value));
    return FALSE;
  }
  condition.value = normal_value (match, condition.attr, value, error);
  if (condition.value == NULL) {
    g_prefix_error (error, "Property %s: ", name);
    return FALSE;
  }
  g_variant_take_ref (condition.value);
  if (!give_kernel (match, context, &condition, error)) {
    clear_condition (&condition);
    return FALSE;
  }
  g_array_append_val (match->conditions, condition);
  return TRUE;
}

/* First, since other values are read in its light. */
static gboolean
find_family (NsdRouteMatch *match, GVariant *dict, GError **error)
{
  const char *word;
  guint32 family = AF_UNSPEC;

  if (g_variant_lookup (dict, "Family", "&s", &word) &&
      !nsd_word_parse (nsd_family_words, NSD_WORDS_ONLY, word, &family, error)) {
    g_prefix_error (error, "Property Family: ");
    return FALSE;
  }
  match->family = (guint8)family;
  return TRUE;
}

static gboolean
check_keys (GVariant *dict, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    if (!g_hash_table_add (seen, (gpointer)name)) {
      nsd_error_set_invalid (error, "Property %s is given twice", name);
      return FALSE;
    }
  return TRUE;
}

gboolean
nsd_route_match_init (NsdRouteMatch *match, const NsdAttrContext *context, GVariant *dict,
                      GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  match->conditions = g_array_new (FALSE, FALSE, sizeof (NsdRouteCondition));
  g_array_set_clear_func (match->conditions, clear_condition);
  if (!check_keys (dict, error) || !find_family (match, dict, error))
    return FALSE;
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) value = child;

    /* Only routes of the family are asked for. */
    if (match->family != AF_UNSPEC && strcmp (name, "Family") == 0)
      continue;
    if (!add_condition (match, context, name, value, error))
      return FALSE;
  }
  return TRUE;
}

void
nsd_route_match_clear (NsdRouteMatch *match)
{
  g_clear_pointer (&match->conditions, g_array_unref);
}

GVariant *
nsd_route_match_of_main (GVariant *dict)
{
  g_autoptr (GVariant) table = g_variant_lookup_value (dict, "Table", NULL);
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *entry;

  if (table != NULL)
    return g_variant_ref (dict);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, dict);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL) {
    g_variant_builder_add_value (&builder, entry);
    g_variant_unref (entry);
  }
  g_variant_builder_add_parsed (&builder, "{'Table', <%u>}", (guint32)RT_TABLE_MAIN);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* ---- the dump ---- */

typedef struct {
  const NsdRouteMatch *match;
  const NsdAttrContext *context;
  const NsdRouteDump *dump;
  gboolean stopped;
  GError *error;
} Run;

static gboolean
has_value (const NsdAttrView *view, const NsdRouteCondition *condition)
{
  GVariant *value = condition->attr->type->get (view, condition->attr);
  g_autoptr (GVariant) owned = value != NULL ? g_variant_ref_sink (value) : NULL;

  return owned != NULL && g_variant_equal (owned, condition->value);
}

/* Of millions most need not be looked at, since the kernel has. */
static gboolean
matches (const Run *run, const struct nlmsghdr *nlh)
{
  gboolean filtered = (nlh->nlmsg_flags & NLM_F_DUMP_FILTERED) != 0;
  gboolean viewed = FALSE;
  NsdAttrView view;

  for (guint i = 0; i < run->match->conditions->len; i++) {
    const NsdRouteCondition *condition =
        &g_array_index (run->match->conditions, NsdRouteCondition, i);

    if (condition->by_kernel && filtered)
      continue;
    if (!viewed)
      nsd_attr_view_init_message (&view, run->context, nlh, sizeof (struct rtmsg));
    viewed = TRUE;
    if (!has_value (&view, condition))
      return FALSE;
  }
  return TRUE;
}

static gboolean
on_message (const struct nlmsghdr *nlh, gpointer data)
{
  Run *run = data;
  const struct rtmsg *rtm = nlmsg_data (nlh);

  if (nlh->nlmsg_type != RTM_NEWROUTE || nlmsg_datalen (nlh) < (int)sizeof *rtm ||
      (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6) ||
      (rtm->rtm_flags & RTM_F_CLONED))
    return TRUE;
  if (matches (run, nlh))
    run->stopped = !run->dump->route (nlh, run->dump->data, &run->error);
  return !run->stopped;
}

/* A table that is not there has no routes. */
static gboolean
dump_family (Run *run, NsdNlSocket *socket, guint8 family, gboolean *interrupted)
{
  const NsdRouteMatch *match = run->match;
  struct nl_msg *msg = nlmsg_alloc_simple (RTM_GETROUTE, 0);
  struct rtmsg rtm = { .rtm_family = family,
                       .rtm_protocol = match->protocol,
                       .rtm_type = match->type };
  g_auto (NsdNlFailure) failure = { 0 };
  gboolean ok, again = FALSE;

  nlmsg_append (msg, &rtm, sizeof rtm, NLMSG_ALIGNTO);
  if (match->table != 0)
    nla_put_u32 (msg, RTA_TABLE, match->table);
  if (match->ifindex != 0)
    nla_put_u32 (msg, RTA_OIF, match->ifindex);
  ok = nsd_nl_dump (socket, nlmsg_hdr (msg), on_message, run, &again, &failure);
  nlmsg_free (msg);
  *interrupted |= again;
  if (!ok && failure.errnum != ENOENT)
    nsd_error_set_errno (&run->error, failure.errnum, failure.text);
  return run->error == NULL;
}

/* TRUE: once more. */
static gboolean
dump_once (Run *run, NsdNlSocket *socket)
{
  guint8 family = run->match->family;
  gboolean interrupted = FALSE;

  run->stopped = FALSE;
  if (!run->dump->restart (run->dump->data, &run->error))
    return FALSE;
  if (family != AF_INET6 && !dump_family (run, socket, AF_INET, &interrupted))
    return FALSE;
  if (family != AF_INET && !run->stopped && !dump_family (run, socket, AF_INET6, &interrupted))
    return FALSE;
  return interrupted;
}

gboolean
nsd_route_match_dump (const NsdRouteMatch *match, const NsdAttrContext *context,
                      NsdNlSocket *socket, const NsdRouteDump *dump, GError **error)
{
  Run run = { match, context, dump, FALSE, NULL };

  for (int i = 0; i < DUMP_TRIES; i++)
    if (!dump_once (&run, socket))
      break;
  if (run.error == NULL)
    return TRUE;
  g_propagate_error (error, run.error);
  return FALSE;
}
