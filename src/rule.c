/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rule.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "description.h"
#include "error.h"
#include "rules.h"

/* For the memory that an answer takes; what a bus carries is looked at where it is sent. */
#define MOST_RULES 65536

static const NsdDescriptionKind to_match;
static const NsdDescriptionKind to_add;
static const char *const no_conditions[];

static gboolean
describe (NsdRequest *request, const NsdDescriptionKind *kind, NsdDescription *description,
          GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return nsd_description_init (description, kind, &request->net->context, dict, error);
}

static void
prefix_error (const NsdRequest *request, const char *verb, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  guint32 priority;

  if (g_variant_lookup (dict, "Priority", "u", &priority))
    nsd_request_prefix_error (request, error, "%s rule %u", verb, priority);
  else
    nsd_request_prefix_error (request, error, "%s a rule", verb);
}

static gboolean
matches (NsdNet *net, const NsdDescription *match, const struct nlmsghdr *rule,
         NsdAttrView *ret_view)
{
  return nsd_rule_view (net, rule, ret_view) && nsd_description_mismatch (match, ret_view) == NULL;
}

/* ---- ListRules ---- */

/* Those of @rules that match, as aa{sv}. */
static GVariant *
read_matching (NsdNet *net, const GPtrArray *rules, const NsdDescription *match, GError **error)
{
  GVariantBuilder found;
  NsdAttrView view;
  guint count = 0;

  g_variant_builder_init (&found, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < rules->len && count <= MOST_RULES; i++) {
    if (matches (net, match, rules->pdata[i], &view)) {
      g_variant_builder_add_value (&found, nsd_attr_table_read (&nsd_rule_table, &view));
      count++;
    }
  }
  if (count <= MOST_RULES)
    return g_variant_builder_end (&found);
  g_variant_builder_clear (&found);
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "There are more than %d; ask for some of them", MOST_RULES);
  return NULL;
}

GVariant *
nsd_rule_list (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };
  g_autoptr (GPtrArray) rules = NULL;
  GVariant *found = NULL;

  if (describe (request, &to_match, &match, error))
    rules = nsd_rules_dump (request->net, error);
  if (rules != NULL)
    found = read_matching (request->net, rules, &match, error);
  if (found != NULL)
    return g_variant_new ("(@aa{sv})", found);
  nsd_request_prefix_error (request, error, "list rules");
  return NULL;
}

/* ---- RemoveRule ---- */

/* The one of @rules that matches; of several the one that has no other conditions.  Those that are
 * the same in everything are one. */
static const struct nlmsghdr *
find_one (NsdNet *net, const GPtrArray *rules, const NsdDescription *match, GError **error)
{
  const struct nlmsghdr *found = NULL, *whole = NULL;
  guint n_found = 0, n_whole = 0;
  NsdAttrView view;

  for (guint i = 0; i < rules->len; i++) {
    const struct nlmsghdr *rule = rules->pdata[i];

    if (!matches (net, match, rule, &view) || (found != NULL && nsd_rule_is_same (found, rule)) ||
        (whole != NULL && nsd_rule_is_same (whole, rule)))
      continue;
    found = rule;
    n_found++;
    if (nsd_description_is_whole (match, &view, no_conditions)) {
      whole = rule;
      n_whole++;
    }
  }
  if (n_found == 1 || n_whole == 1)
    return n_found == 1 ? found : whole;
  if (n_found == 0)
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no such rule");
  else
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND,
                 "There is no single rule like that, there are %u", n_found);
  return NULL;
}

gboolean
nsd_rule_check_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };

  if (describe (request, &to_match, &match, error))
    return TRUE;
  prefix_error (request, "remove", error);
  return FALSE;
}

GVariant *
nsd_rule_remove (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) match = { 0 };
  g_autoptr (GPtrArray) rules = NULL;
  const struct nlmsghdr *rule = NULL;

  if (describe (request, &to_match, &match, error))
    rules = nsd_rules_dump (request->net, error);
  if (rules != NULL)
    rule = find_one (request->net, rules, &match, error);
  if (rule != NULL)
    nsd_rules_remove (request->net, rules, rule, error);
  nsd_net_drain (request->net);
  if (*error != NULL)
    prefix_error (request, "remove", error);
  return NULL;
}

/* ---- AddRule ---- */

/* Whether the rule looks into the table that it names. */
static gboolean
needs_table (const NsdDescription *rule)
{
  return ((const struct fib_rule_hdr *)rule->builder.header)->action == FR_ACT_TO_TBL &&
         !nsd_settings_get_boolean (rule->settings, "L3Master", FALSE);
}

/* Without a mask the kernel does not look at the mark 0, and refuses any flow label. */
static gboolean
put_mask (NsdDescription *rule, const char *value, const char *mask, int id, guint32 all,
          GError **error)
{
  return nsd_settings_get (rule->settings, value) == NULL ||
         nsd_settings_get (rule->settings, mask) != NULL ||
         nsd_attr_builder_add_u32 (&rule->builder, id, all, error);
}

/* What ip(8) chooses for what is left out: iprule_modify() in ip/iprule.c. */
static gboolean
put_defaults (NsdDescription *rule, GError **error)
{
  const NsdSettings *settings = rule->settings;
  struct fib_rule_hdr *header = rule->builder.header;

  if (header->action == FR_ACT_UNSPEC)
    header->action = nsd_settings_get (settings, "Goto") != NULL ? FR_ACT_GOTO : FR_ACT_TO_TBL;
  if (nsd_settings_get (settings, "Table") == NULL && needs_table (rule) &&
      !nsd_attr_builder_add_u32 (&rule->builder, FRA_TABLE, RT_TABLE_MAIN, error))
    return FALSE;
  return put_mask (rule, "Mark", "MarkMask", FRA_FWMASK, G_MAXUINT32, error) &&
         put_mask (rule, "FlowLabel", "FlowLabelMask", NSD_FRA_FLOWLABEL_MASK,
                   htonl (NSD_LAST_FLOWLABEL), error);
}

static gboolean
is_zero (const NsdDescription *rule, const char *name)
{
  GVariant *value = nsd_settings_get (rule->settings, name);

  return value != NULL && g_variant_get_uint32 (value) == 0;
}

static gboolean
parse_add (NsdRequest *request, NsdDescription *rule, GError **error)
{
  if (!describe (request, &to_add, rule, error) || !put_defaults (rule, error))
    return FALSE;
  if (rule->builder.family == AF_UNSPEC)
    nsd_error_set_invalid (error,
                           "Property Family is missing: neither Source nor Destination tells it");
  else if (is_zero (rule, "MarkMask"))
    nsd_error_set_invalid (error, "Property MarkMask: 0 compares no bit");
  /* IPv4 would take any table that is empty, and make it. */
  else if (needs_table (rule) && is_zero (rule, "Table"))
    nsd_error_set_invalid (error, "Property Table: 0 is not a table");
  else
    return TRUE;
  return FALSE;
}

gboolean
nsd_rule_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) rule = { 0 };

  if (parse_add (request, &rule, error))
    return TRUE;
  prefix_error (request, "add", error);
  return FALSE;
}

typedef struct {
  NsdNet *net;
  const NsdDescription *rule;
  const NsdAttr *lost;
  struct nlmsghdr *made; /* set with it */
} Echo;

/* The kernel says what it made of the request. */
static void
on_echo (struct nlmsghdr *nlh, gpointer data)
{
  Echo *echo = data;
  NsdAttrView view;

  if (nlh->nlmsg_type != RTM_NEWRULE || echo->made != NULL ||
      !nsd_rule_view (echo->net, nlh, &view))
    return;
  echo->lost = nsd_description_mismatch (echo->rule, &view);
  if (echo->lost != NULL)
    echo->made = g_memdup2 (nlh, nlh->nlmsg_len);
}

/* An attribute that the kernel does not know it passes over (nlmsg_parse_deprecated() in
 * fib_nl_newrule()), and then the rule is for more than it should. */
static void
take_back (const Echo *echo, GError **error)
{
  g_autoptr (GError) own = NULL;
  g_autoptr (GPtrArray) rules = nsd_rules_dump (echo->net, &own);

  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
               "The kernel does not take this (property %s)", echo->lost->name);
  if (rules == NULL || !nsd_rules_remove (echo->net, rules, echo->made, &own))
    g_prefix_error (error, "The rule is there without it, and stays (%s): ", own->message);
}

GVariant *
nsd_rule_add (NsdRequest *request, GError **error)
{
  g_auto (NsdDescription) rule = { 0 };
  Echo echo = { request->net, &rule };
  g_autofree struct nlmsghdr *made = NULL;

  if (parse_add (request, &rule, error) &&
      nsd_net_request (request->net, &rule.builder, on_echo, &echo, error) && echo.lost != NULL)
    take_back (&echo, error);
  made = echo.made;
  nsd_net_drain (request->net);
  if (*error != NULL)
    prefix_error (request, "add", error);
  return NULL;
}

/* ---- what a rule can be described with ---- */

static const NsdAttrTable *const tables[] = { &nsd_rule_table, NULL };
static const char *const prefixes[] = { "Source", "Destination", NULL };

/* What a rule does, and masks, which go with what they mask. */
static const char *const no_conditions[] = {
  "Family",
  "Priority",
  "DscpMask",
  "FlowLabelMask",
  "MarkMask",
  "SourcePortMask",
  "DestinationPortMask",
  "Action",
  "Table",
  "Goto",
  "Protocol",
  "Flags",
  NULL,
};

static const NsdDescriptionKind to_match = {
  tables, NSD_ATTR_READ, RTM_GETRULE, 0, sizeof (struct fib_rule_hdr), prefixes,
};
static const NsdDescriptionKind to_add = {
  tables,
  NSD_ATTR_CREATE,
  RTM_NEWRULE,
  NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO,
  sizeof (struct fib_rule_hdr),
  prefixes,
};
