/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "address-check.h"
#include "addresses.h"
#include "attr-types.h"
#include "error.h"
#include "links.h"
#include "names.h"
#include "nsd-interfaces.h"

/* The address that a call is about. */
typedef struct {
  int family;
  gsize length; /* bytes of an address of the family */
  guint8 local[16];
  guint8 peer[16]; /* the local address again if there is no other */
  guint8 prefix_length;
} Subject;

static const NsdAttrTable add_options;
static const NsdAttrTable item_options;

/* ---- what is written by more than one setting ---- */

static gboolean
put_lifetimes (NsdAttrBuilder *builder, guint32 valid, guint32 preferred, GError **error)
{
  struct ifa_cacheinfo info = { .ifa_valid = valid, .ifa_prefered = preferred };

  if (valid == 0) {
    nsd_error_set_invalid (error, "Property ValidLifetime: 0 is out of range, at least 1");
    return FALSE;
  }
  if (preferred > valid) {
    nsd_error_set_invalid (error,
                           "Property PreferredLifetime: %u is more than the valid lifetime, %u",
                           preferred, valid);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, IFA_CACHEINFO, &info, sizeof info, error);
}

static guint32
setting_or (const NsdSettings *settings, const char *name, guint32 fallback)
{
  GVariant *value = nsd_settings_get (settings, name);

  return value != NULL ? g_variant_get_uint32 (value) : fallback;
}

static void
init_message (NsdNet *net, NsdAttrBuilder *builder, int type, int flags, int ifindex,
              const Subject *subject)
{
  struct ifaddrmsg *ifa;

  nsd_attr_builder_init (builder, &net->context, type, flags, sizeof *ifa);
  builder->family = subject->family;
  ifa = builder->header;
  ifa->ifa_family = (guint8)subject->family;
  ifa->ifa_prefixlen = subject->prefix_length;
  ifa->ifa_index = (guint32)ifindex;
}

static gboolean
put_subject (NsdAttrBuilder *builder, const Subject *subject, GError **error)
{
  return nsd_attr_builder_add (builder, IFA_LOCAL, subject->local, subject->length, error) &&
         nsd_attr_builder_add (builder, IFA_ADDRESS, subject->peer, subject->length, error);
}

/* ---- Link.AddAddress ---- */

static gboolean
parse_subject (const char *text, const NsdSettings *settings, Subject *subject, GError **error)
{
  const char *peer = nsd_settings_get_string (settings, "Peer", "");

  subject->family = AF_UNSPEC;
  subject->length =
      nsd_prefix_parse (text, &subject->family, subject->local, &subject->prefix_length, error);
  if (subject->length == 0)
    return FALSE;
  memcpy (subject->peer, subject->local, sizeof subject->peer);
  if (*peer == '\0')
    return TRUE;
  {
    guint8 prefix_length = 0;

    if (nsd_prefix_parse (peer, &subject->family, subject->peer, &prefix_length, error) == 0) {
      g_prefix_error (error, "Property Peer: ");
      return FALSE;
    }
    /* The prefix length is that of the peer; one behind the address itself counts if none is here.
     */
    if (strchr (peer, '/') != NULL)
      subject->prefix_length = prefix_length;
  }
  return TRUE;
}

/* "+" sets the host bits, as `ip address add … broadcast +` does, if there are enough of them for a
 * broadcast address: ipaddr_modify() in ip/ipaddress.c. */
static gboolean
put_broadcast (NsdAttrBuilder *builder, const Subject *subject, const NsdSettings *settings,
               GError **error)
{
  const char *text = nsd_settings_get_string (settings, "Broadcast", "");
  guint8 bytes[16];
  int family = AF_INET;

  if (*text == '\0' || (strcmp (text, "+") == 0 && subject->prefix_length > 30))
    return TRUE;
  if (strcmp (text, "+") == 0) {
    guint32 mask = subject->prefix_length == 0 ? 0 : G_MAXUINT32 << (32 - subject->prefix_length);
    guint32 address;

    memcpy (&address, subject->peer, sizeof address);
    address |= GUINT32_TO_BE (~mask);
    memcpy (bytes, &address, sizeof address);
  } else if (nsd_ip_parse (text, &family, bytes, error) == 0) {
    g_prefix_error (error, "Property Broadcast: ");
    return FALSE;
  }
  return nsd_attr_builder_add (builder, IFA_BROADCAST, bytes, 4, error);
}

static gboolean
build_add (NsdNet *net, int ifindex, NsdAttrBuilder *builder, const Subject *subject,
           const NsdSettings *settings, GError **error)
{
  gboolean replace = nsd_settings_get_boolean (settings, "Replace", FALSE);

  init_message (net, builder, RTM_NEWADDR, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
                ifindex, subject);
  /* The default of ip(8): default_scope() in ip/ipaddress.c. */
  if (subject->family == AF_INET && subject->local[0] == 127)
    ((struct ifaddrmsg *)builder->header)->ifa_scope = RT_SCOPE_HOST;
  return put_subject (builder, subject, error) &&
         put_broadcast (builder, subject, settings, error) &&
         nsd_settings_put (settings, &nsd_address_table, NSD_ATTR_CREATE, builder, error) &&
         put_lifetimes (builder, setting_or (settings, "ValidLifetime", G_MAXUINT32),
                        setting_or (settings, "PreferredLifetime",
                                    setting_or (settings, "ValidLifetime", G_MAXUINT32)),
                        error);
}

/* Old tools take what stands before «:» for the link: ip(8) insists, the kernel does not. */
static gboolean
check_label (const NsdLink *link, const NsdSettings *settings, GError **error)
{
  const char *label = nsd_settings_get_string (settings, "Label", NULL);
  gsize length = strlen (link->name);

  if (label == NULL ||
      (strncmp (label, link->name, length) == 0 && (label[length] == '\0' || label[length] == ':')))
    return TRUE;
  nsd_error_set_invalid (error,
                         "Property Label: “%s” is neither the name of the link, %s, nor that with "
                         "“:” and more",
                         label, link->name);
  return FALSE;
}

/* The request that adds @text with @settings, in @builder. */
static gboolean
parse_settings (NsdNet *net, int ifindex, const char *text, const NsdSettings *settings,
                NsdAttrBuilder *builder, Subject *subject, GError **error)
{
  return parse_subject (text, settings, subject, error) &&
         nsd_address_check_family (settings, subject->family, error) &&
         check_label (nsd_links_find (net, ifindex), settings, error) &&
         (!nsd_settings_get_boolean (settings, "Replace", FALSE) ||
          nsd_address_check_replace (net, ifindex, subject->local, subject->length,
                                     subject->prefix_length, subject->peer, error)) &&
         build_add (net, ifindex, builder, subject, settings, error);
}

/* The request of AddAddress in @builder; FALSE with the error that the caller gets. */
static gboolean
parse_add (NsdRequest *request, NsdAttrBuilder *builder, Subject *subject, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_address_table, &add_options, NULL };
  g_autoptr (GVariant) text = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);

  return settings != NULL &&
         parse_settings (request->net, request->path.ifindex, g_variant_get_string (text, NULL),
                         settings, builder, subject, error);
}

gboolean
nsd_address_build_add (NsdNet *net, int ifindex, GVariant *dict, NsdAttrBuilder *builder,
                       char **ret_key, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_address_table, &item_options, NULL };
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
  const char *text;
  Subject subject = { 0 };

  if (settings == NULL)
    return FALSE;
  text = nsd_settings_get_string (settings, "Address", NULL);
  if (text == NULL) {
    nsd_error_set_invalid (error, "Property Address is missing");
    return FALSE;
  }
  if (!parse_settings (net, ifindex, text, settings, builder, &subject, error))
    return FALSE;
  *ret_key =
      nsd_address_key (ifindex, subject.local, subject.length, subject.prefix_length, subject.peer);
  return TRUE;
}

static void
prefix_add_error (const NsdRequest *request, const char *link, GError **error)
{
  const char *text;

  g_variant_get_child (request->parameters, 0, "&s", &text);
  nsd_request_prefix_error (request, error, "add address %s to link %s", text, link);
}

gboolean
nsd_address_check_add (NsdRequest *request, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  Subject subject = { 0 };

  if (parse_add (request, &builder, &subject, error))
    return TRUE;
  prefix_add_error (request, nsd_links_find (request->net, request->path.ifindex)->name, error);
  return FALSE;
}

GVariant *
nsd_address_add (NsdRequest *request, GError **error)
{
  NsdNet *net = request->net;
  g_autofree char *link = g_strdup (nsd_links_find (net, request->path.ifindex)->name);
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *path = NULL;
  Subject subject = { 0 };

  if (!parse_add (request, &builder, &subject, error) ||
      !nsd_net_transact (net, &builder, NULL, NULL, error)) {
    prefix_add_error (request, link, error);
    return NULL;
  }
  key = nsd_address_key (request->path.ifindex, subject.local, subject.length,
                         subject.prefix_length, subject.peer);
  /* An IPv6 address without duplicate address detection, or an optimistic one, is notified later,
   * from a work queue (inet6_addr_add in net/ipv6/addrconf.c): look for it now. */
  if (nsd_records_find (net->addresses, key) == NULL) {
    nsd_net_touch_addresses (net);
    nsd_net_drain (net);
  }
  path = nsd_path_object (net->id, NSD_NODE_ADDRESS, key);
  return g_variant_new ("(o)", path);
}

/* ---- org.netnsd1.Address ---- */

static NsdRecord *
record_of (NsdRequest *request)
{
  return nsd_records_find (request->net->addresses, request->path.key);
}

static void
view_of (NsdRequest *request, NsdAttrView *view)
{
  nsd_record_view (record_of (request), &nsd_address_class, &request->net->context, view);
}

static void
subject_of (const NsdAttrView *view, Subject *subject)
{
  const struct ifaddrmsg *ifa = view->header;
  const struct nlattr *local, *address;

  subject->family = ifa->ifa_family;
  subject->length = ifa->ifa_family == AF_INET ? 4 : 16;
  subject->prefix_length = ifa->ifa_prefixlen;
  local = nsd_attr_view_get (view, IFA_LOCAL, (int)subject->length);
  address = nsd_attr_view_get (view, IFA_ADDRESS, (int)subject->length);
  memcpy (subject->local, nla_data (local != NULL ? local : address), subject->length);
  memcpy (subject->peer, nla_data (address != NULL ? address : local), subject->length);
}

/* Puts «Cannot change address 192.0.2.1/24 of link v0 in …» in front of the error. */
static void
prefix_error (NsdRequest *request, const char *verb, const Subject *subject, int ifindex,
              GError **error)
{
  const NsdLink *link = nsd_links_find (request->net, ifindex);
  g_autofree char *local = nsd_ip_text (subject->local, subject->length);

  nsd_request_prefix_error (request, error, "%s address %s/%u of link %s", verb, local,
                            subject->prefix_length, link != NULL ? link->name : "?");
}

/* Attributes that a replacement would forget if they were not said again. */
static gboolean
put_unchanged (NsdAttrBuilder *builder, const NsdAttrView *view, const NsdSettings *settings,
               GError **error)
{
  static const struct {
    int id;
    const char *setting;
  } kept[] = { { IFA_LABEL, NULL },
               { IFA_BROADCAST, NULL },
               { IFA_RT_PRIORITY, "Metric" },
               { 11 /* IFA_PROTO */, "Protocol" } };

  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++) {
    const struct nlattr *nla = nsd_attr_view_get (view, (guint)kept[i].id, 0);

    if (nla == NULL ||
        (kept[i].setting != NULL && nsd_settings_get (settings, kept[i].setting) != NULL))
      continue;
    if (!nsd_attr_builder_add (builder, kept[i].id, nla_data (nla), (gsize)nla_len (nla), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
put_kept_flags (NsdAttrBuilder *builder, const NsdAttrView *view, const NsdSettings *settings,
                GError **error)
{
  const struct ifaddrmsg *ifa = view->header;
  guint32 now =
      nsd_attr_view_get_u32 (view, IFA_FLAGS, ifa->ifa_flags) & NSD_ADDRESS_CHOOSABLE_FLAGS;
  const struct nlattr *written;

  if (nsd_settings_get (settings, "Flags") == NULL)
    return nsd_attr_builder_add_u32 (builder, IFA_FLAGS, now, error);
  written = nlmsg_find_attr (nlmsg_hdr (builder->msg), sizeof *ifa, IFA_FLAGS);
  return nsd_address_check_flags (view, nla_get_u32 (written), error);
}

static guint32
lifetime_now (const NsdAttrView *view, const char *name)
{
  const NsdAttr *row = nsd_attr_table_find (&nsd_address_table, name);
  g_autoptr (GVariant) value = g_variant_ref_sink (row->type->get (view, row));

  return g_variant_get_uint32 (value);
}

static gboolean
build_set (NsdRequest *request, NsdAttrBuilder *builder, const NsdAttrView *view,
           const Subject *subject, const NsdSettings *settings, GError **error)
{
  const struct ifaddrmsg *shown = view->header;
  guint32 valid = setting_or (settings, "ValidLifetime", lifetime_now (view, "ValidLifetime"));
  guint32 preferred = MIN (lifetime_now (view, "PreferredLifetime"), valid);

  preferred = setting_or (settings, "PreferredLifetime", preferred);
  init_message (request->net, builder, RTM_NEWADDR, NLM_F_REPLACE, (int)shown->ifa_index, subject);
  ((struct ifaddrmsg *)builder->header)->ifa_scope = shown->ifa_scope;
  return put_subject (builder, subject, error) &&
         nsd_address_check_metric (view, settings, error) &&
         nsd_settings_put (settings, &nsd_address_table, NSD_ATTR_CHANGE, builder, error) &&
         put_unchanged (builder, view, settings, error) &&
         put_kept_flags (builder, view, settings, error) &&
         put_lifetimes (builder, valid, preferred, error);
}

static GVariant *
set (NsdRequest *request, GError **error)
{
  const NsdAttrTable *const tables[] = { &nsd_address_table, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);
  g_autoptr (NsdSettings) settings = nsd_settings_new (dict, tables, NSD_ATTR_CHANGE, error);
  int ifindex = record_of (request)->ifindex;
  g_auto (NsdAttrBuilder) builder = { 0 };
  Subject subject = { 0 };
  NsdAttrView view;

  view_of (request, &view);
  subject_of (&view, &subject);
  /* For the same reason. */
  if (subject.family == AF_INET6)
    nsd_net_touch_addresses (request->net);
  if (settings == NULL || !build_set (request, &builder, &view, &subject, settings, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_error (request, "change", &subject, ifindex, error);
  return NULL;
}

gboolean
nsd_address_build_delete (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrBuilder *builder,
                          GError **error)
{
  const struct ifaddrmsg *ifa = nlmsg_data (nlh);
  Subject subject = { 0 };
  NsdAttrView view;

  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof *ifa);
  subject_of (&view, &subject);
  init_message (net, builder, RTM_DELADDR, 0, (int)ifa->ifa_index, &subject);
  return put_subject (builder, &subject, error);
}

static GVariant *
delete_address (NsdRequest *request, GError **error)
{
  int ifindex = record_of (request)->ifindex;
  g_auto (NsdAttrBuilder) builder = { 0 };
  Subject subject = { 0 };
  NsdAttrView view;

  view_of (request, &view);
  subject_of (&view, &subject);
  if (!nsd_address_build_delete (request->net, record_of (request)->message, &builder, error) ||
      !nsd_net_transact (request->net, &builder, NULL, NULL, error))
    prefix_error (request, "delete", &subject, ifindex, error);
  return NULL;
}

static const NsdAttr add_option_rows[] = {
  { 0, "Replace", &nsd_attr_option_b, NSD_ATTR_CREATE },
};
static const NsdAttrTable add_options = { NULL, add_option_rows, G_N_ELEMENTS (add_option_rows) };

/* One of several. */
static const NsdAttr item_option_rows[] = {
  { 0, "Address", &nsd_attr_option_s, NSD_ATTR_CREATE },
};
static const NsdAttrTable item_options = { NULL, item_option_rows,
                                           G_N_ELEMENTS (item_option_rows) };

static const NsdMethod methods[] = {
  { "Set", NSD_ACTION_CONFIGURE_ADDRESS, NSD_IN_WORKER, set },
  { "Delete", NSD_ACTION_CONFIGURE_ADDRESS, NSD_IN_WORKER, delete_address },
};

const NsdInterface nsd_interface_address = {
  &org_netnsd1_address_interface, NSD_NODE_ADDRESS, methods, G_N_ELEMENTS (methods), NULL, NULL,
};
