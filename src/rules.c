/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "signals.h"

gboolean
nsd_rule_view (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrView *ret_view)
{
  const struct fib_rule_hdr *header = nlmsg_data (nlh);

  /* Multicast routing has rules of the same sort (net/ipv4/ipmr.c). */
  if (nlmsg_datalen (nlh) < (int)sizeof *header ||
      (header->family != AF_INET && header->family != AF_INET6))
    return FALSE;
  nsd_attr_view_init_message (ret_view, &net->context, nlh, sizeof *header);
  return TRUE;
}

/* ---- what the kernel has ---- */

static void
restart (gpointer data)
{
  g_ptr_array_set_size (data, 0);
}

static void
on_rule (struct nlmsghdr *nlh, gpointer data)
{
  if (nlh->nlmsg_type == RTM_NEWRULE)
    g_ptr_array_add (data, g_memdup2 (nlh, nlh->nlmsg_len));
}

GPtrArray *
nsd_rules_dump (NsdNet *net, GError **error)
{
  g_autoptr (GPtrArray) rules = g_ptr_array_new_with_free_func (g_free);
  /* Of every family at once: a kernel without IPv6 refuses to be asked for its rules. */
  struct fib_rule_hdr header = { .family = AF_UNSPEC };
  gboolean complete;

  if (!nsd_net_dump (net, RTM_GETRULE, &header, sizeof header, restart, on_rule, rules,
                     &complete)) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "The kernel did not list its rules");
    return NULL;
  }
  return g_steal_pointer (&rules);
}

gboolean
nsd_rule_is_same (const struct nlmsghdr *a, const struct nlmsghdr *b)
{
  return nlmsg_datalen (a) == nlmsg_datalen (b) &&
         memcmp (nlmsg_data (a), nlmsg_data (b), (gsize)nlmsg_datalen (a)) == 0;
}

/* ---- removing one ---- */

/* What rule_find() in net/core/fib_rules.c passes over, and fib4_rule_compare() with it: values
 * that say nothing, and where a rule jumps to. */
static gboolean
is_compared (const struct nlattr *nla)
{
  switch (nla_type (nla)) {
  case FRA_PAD:
  case FRA_GOTO:
    return FALSE;
  case FRA_TABLE:
  case FRA_FWMASK:
    return nla_get_u32 (nla) != 0;
  case FRA_PROTOCOL:
    return nla_get_u8 (nla) != 0;
  case FRA_SUPPRESS_PREFIXLEN:
    return nla_get_u32 (nla) != (guint32)-1;
  default:
    return TRUE;
  }
}

static gboolean
has_header_of (const struct fib_rule_hdr *rule, const struct fib_rule_hdr *other)
{
  return rule->family == other->family && rule->action == other->action &&
         (other->src_len == 0 || rule->src_len == other->src_len) &&
         (other->dst_len == 0 || rule->dst_len == other->dst_len) &&
         (other->tos == 0 || rule->tos == other->tos);
}

/* Whether the kernel, told to remove @other, would take @rule. */
static gboolean
is_taken_for (const NsdAttrView *rule, const NsdAttrView *other)
{
  if (!has_header_of (rule->header, other->header) ||
      nsd_attr_view_get_u32 (rule, FRA_PRIORITY, 0) !=
          nsd_attr_view_get_u32 (other, FRA_PRIORITY, 0))
    return FALSE;
  for (guint id = 1; id <= NSD_ATTR_MAX; id++) {
    const struct nlattr *a = rule->tb[id];
    const struct nlattr *b = other->tb[id];

    if (b != NULL && is_compared (b) &&
        (a == NULL || nla_len (a) != nla_len (b) ||
         memcmp (nla_data (a), nla_data (b), (gsize)nla_len (b)) != 0))
      return FALSE;
  }
  return TRUE;
}

/* The kernel removes the first rule that has all that the request says; what the request does not
 * say, a rule in front of the one that is meant may have in addition. */
static gboolean
check_first (NsdNet *net, const GPtrArray *rules, const struct nlmsghdr *rule, GError **error)
{
  NsdAttrView meant, view;

  if (!nsd_rule_view (net, rule, &meant))
    return TRUE;
  for (guint i = 0; i < rules->len; i++) {
    if (!nsd_rule_view (net, rules->pdata[i], &view) || !is_taken_for (&view, &meant))
      continue;
    if (nsd_rule_is_same (rules->pdata[i], rule))
      return TRUE;
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "The kernel would remove another rule of the same priority, which comes first "
                 "and has all that this one has");
    return FALSE;
  }
  return TRUE;
}

gboolean
nsd_rules_remove (NsdNet *net, const GPtrArray *rules, const struct nlmsghdr *rule, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  NsdAttrView view;

  if (!check_first (net, rules, rule, error) || !nsd_rule_view (net, rule, &view))
    return FALSE;
  nsd_attr_builder_init (&builder, &net->context, RTM_DELRULE, 0, sizeof (struct fib_rule_hdr));
  memcpy (builder.header, view.header, sizeof (struct fib_rule_hdr));
  ((struct fib_rule_hdr *)builder.header)->flags = 0;
  /* The kernel leaves out the priority 0, and takes a missing one for any. */
  if (view.tb[FRA_PRIORITY] == NULL && !nsd_attr_builder_add_u32 (&builder, FRA_PRIORITY, 0, error))
    return FALSE;
  for (guint id = 1; id <= NSD_ATTR_MAX; id++) {
    const struct nlattr *nla = id != FRA_PAD ? view.tb[id] : NULL;

    if (nla != NULL &&
        !nsd_attr_builder_add (&builder, (int)id, nla_data (nla), (gsize)nla_len (nla), error))
      return FALSE;
  }
  return nsd_net_request (net, &builder, NULL, NULL, error);
}

/* ---- what changes ---- */

static GVariant *
list_of (GPtrArray *rules)
{
  return g_variant_new_array (G_VARIANT_TYPE_VARDICT, (GVariant *const *)rules->pdata, rules->len);
}

static void
emit (NsdNet *net)
{
  nsd_signal_namespace (
      net, NULL, "RulesChanged",
      g_variant_new ("(@aa{sv}@aa{sv})", list_of (net->rules_added), list_of (net->rules_removed)));
  g_ptr_array_set_size (net->rules_added, 0);
  g_ptr_array_set_size (net->rules_removed, 0);
}

void
nsd_rules_init (NsdNet *net)
{
  net->rules_added = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  net->rules_removed = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
}

void
nsd_rules_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  GVariant *rule;
  NsdAttrView view;

  if (!nsd_rule_view (net, nlh, &view))
    return;
  rule = g_variant_ref_sink (nsd_attr_table_read (&nsd_rule_table, &view));
  if (nlh->nlmsg_type == RTM_NEWRULE) {
    g_ptr_array_add (net->rules_added, rule);
    return;
  }
  /* What a signal removes went before what it adds came. */
  if (net->rules_added->len > 0)
    emit (net);
  g_ptr_array_add (net->rules_removed, rule);
}

void
nsd_rules_doubt (NsdNet *net)
{
  nsd_rules_flush (net);
  emit (net);
}

void
nsd_rules_flush (NsdNet *net)
{
  if (net->rules_added->len + net->rules_removed->len > 0)
    emit (net);
}
