/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing a link: Set, and writes of single properties. */
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "link-lower.h"
#include "link.h"
#include "link/kind.h"
#include "links.h"
#include "names.h"

/* ---- IFLA_LINKINFO ---- */

/* On creation the kind is the caller's word too, and what the kernel says may be about it. */
static gboolean
put_kind_name (NsdAttrBuilder *builder, int id, const char *name, NsdAttrFlags use, GError **error)
{
  static const NsdAttr row = { IFLA_INFO_KIND, "Kind", &nsd_attr_string, NSD_ATTR_CREATE };
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (name));

  if (use & NSD_ATTR_CREATE)
    return nsd_attr_put (builder, &row, value, error);
  return nsd_attr_builder_add (builder, id, name, strlen (name) + 1, error);
}

static gboolean
put_data (NsdAttrBuilder *builder, const NsdKind *kind, const NsdSettings *settings,
          NsdAttrFlags use, GError **error)
{
  guint32 start;

  if (!nsd_settings_put (settings, kind->table, use, builder, error))
    return FALSE;
  start = nlmsg_hdr (builder->msg)->nlmsg_len;
  if (kind->put != NULL && !kind->put (builder, settings, use, error))
    return FALSE;
  nsd_settings_note (settings, kind->table, start, builder);
  return !kind->whole || builder->current == NULL ||
         nsd_settings_put_unchanged (settings, kind->table, builder, error);
}

static gboolean
put_kind (NsdAttrBuilder *builder, const NsdKind *kind, const NsdLink *link,
          const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  gboolean port = kind->role == NSD_KIND_PORT;
  g_autoptr (GVariant) current = NULL;
  struct nlattr *nest;
  gboolean ok;

  if (!put_kind_name (builder, port ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND, kind->name, use,
                      error))
    return FALSE;
  /* On creation some kinds need data of which nothing was said. */
  if (!nsd_settings_touch (settings, kind->table) && (link != NULL || kind->put == NULL))
    return TRUE;
  if (link != NULL)
    current = nsd_link_properties (link, kind->table->info->name);
  builder->current = current;
  nest = nsd_attr_builder_open (builder, port ? IFLA_INFO_SLAVE_DATA : IFLA_INFO_DATA, error);
  ok = nest != NULL && put_data (builder, kind, settings, use, error);
  builder->current = NULL;
  if (ok)
    nsd_attr_builder_close (builder, nest);
  return ok;
}

gboolean
nsd_link_put_info (NsdAttrBuilder *builder, const char *kind, const NsdLink *link,
                   const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  const NsdKind *known = nsd_kind_find (kind, NSD_KIND_LINK);
  const NsdKind *of_port = link != NULL ? nsd_kind_find (link->port, NSD_KIND_PORT) : NULL;
  struct nlattr *info = nsd_attr_builder_open (builder, IFLA_LINKINFO, error);

  if (info == NULL)
    return FALSE;
  if (known == NULL && *kind != '\0' && !put_kind_name (builder, IFLA_INFO_KIND, kind, use, error))
    return FALSE;
  if (known != NULL && !put_kind (builder, known, link, settings, use, error))
    return FALSE;
  if (of_port != NULL && nsd_settings_touch (settings, of_port->table) &&
      !put_kind (builder, of_port, link, settings, use, error))
    return FALSE;
  nsd_attr_builder_close (builder, info);
  return TRUE;
}

static gboolean
concerns_kind (const NsdSettings *settings, NsdAttrFlags use)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table != &nsd_link_table && (setting->attr->flags & use))
      return TRUE;
  }
  return FALSE;
}

/* ---- one message, or two ---- */

/* What goes last, when all else has been accepted, since taking it back does not bring back what is
 * lost with it: when a link goes down, IPv6 addresses, routes and neighbours; when it leaves a
 * master, what it had as a port; and a master can take a link down and up (cycle_netdev() in
 * drivers/net/vrf.c). */
typedef struct {
  gboolean master;
  gboolean up;
} Losses;

static Losses
find_losses (const NsdLink *link, const NsdSettings *settings)
{
  g_autoptr (GVariant) properties = nsd_link_properties (link, NSD_IFACE_LINK);
  GVariant *master = nsd_settings_get (settings, "Master");
  g_autoptr (GVariant) now = g_variant_lookup_value (properties, "Master", NULL);
  gboolean is_up = (link->flags & IFF_UP) != 0;
  Losses losses;

  losses.master = master != NULL && (link->master != 0 || is_up) && !g_variant_equal (master, now);
  /* Together, in the order of do_setlink() in net/core/rtnetlink.c: some kinds take no port that is
   * up (bond_enslave() in drivers/net/bonding/bond_main.c). */
  losses.up = losses.master || (is_up && !nsd_settings_get_boolean (settings, "Up", TRUE));
  return losses;
}

static gboolean
goes_last (const NsdSetting *setting, Losses losses)
{
  return setting->table == &nsd_link_table &&
         ((losses.master && strcmp (setting->attr->name, "Master") == 0) ||
          (losses.up && strcmp (setting->attr->name, "Up") == 0));
}

/* How many of those for @use do and do not. */
static gsize
count (const NsdSettings *settings, NsdAttrFlags use, Losses losses, gboolean last)
{
  gsize n = 0;

  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    n += (setting->attr->flags & use) && goes_last (setting, losses) == last;
  }
  return n;
}

/* RTM_NEWLINK without NLM_F_CREATE: RTM_SETLINK would leave out the attributes of the kind
 * (rtnl_newlink in net/core/rtnetlink.c). */
static void
init_message (NsdNet *net, NsdAttrBuilder *builder, int ifindex)
{
  nsd_attr_builder_init (builder, &net->context, RTM_NEWLINK, 0, sizeof (struct ifinfomsg));
  ((struct ifinfomsg *)builder->header)->ifi_index = ifindex;
}

static gboolean
put_common (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, Losses losses,
            gboolean last, GError **error)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == &nsd_link_table && (setting->attr->flags & use) &&
        goes_last (setting, losses) == last &&
        !nsd_attr_put (builder, setting->attr, setting->value, error))
      return FALSE;
  }
  return TRUE;
}

/* Neither is sent before both could be built. */
static gboolean
send_settings (NsdNet *net, const NsdLink *link, const NsdSettings *settings, NsdAttrFlags use,
               Losses losses, GError **error)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_auto (NsdAttrBuilder) last = { 0 };
  int ifindex = link->ifindex;
  gboolean ok;

  init_message (net, &builder, ifindex);
  init_message (net, &last, ifindex);
  nsd_link_set_lower (link, &builder);
  if (!put_common (&builder, settings, use, losses, FALSE, error) ||
      !put_common (&last, settings, use, losses, TRUE, error))
    return FALSE;
  if (concerns_kind (settings, use) &&
      !nsd_link_put_info (&builder, link->kind, link, settings, use, error))
    return FALSE;
  ok =
      nsd_net_request (net, &builder, NULL, NULL, error) &&
      (count (settings, use, losses, TRUE) == 0 || nsd_net_request (net, &last, NULL, NULL, error));
  /* Not every change is notified; what is asked for here shall be seen in any case. */
  nsd_net_touch_link (net, ifindex);
  nsd_net_drain (net);
  return ok;
}

/* ---- all or nothing ---- */

/* do_setlink() stops at the first attribute that fails and keeps those before it.  What changed
 * although the call failed gets its old value back. */
static void
roll_back (NsdNet *net, int ifindex, GVariant *before, const NsdSettings *settings)
{
  NsdLink *link = nsd_links_find (net, ifindex);
  g_autofree char *name = NULL;
  g_autoptr (NsdSettings) old = NULL;
  g_autoptr (GError) error = NULL;
  const Losses nothing = { 0 };

  if (link == NULL)
    return;
  name = g_strdup (link->name); /* the link is read again, and is another one then */
  old = nsd_settings_new_reverse (settings, &nsd_link_table, before, link->interfaces);
  if (nsd_settings_count (old) > 0 &&
      !send_settings (net, link, old, NSD_ATTR_CHANGE, nothing, &error))
    g_warning ("Link %s of namespace %" G_GUINT64_FORMAT
               " is half changed, and its old values cannot be set again: %s",
               name, net->id, error->message);
}

gboolean
nsd_link_apply (NsdNet *net, int ifindex, const NsdSettings *settings, NsdAttrFlags use,
                GError **error)
{
  NsdLink *link = nsd_links_find (net, ifindex);
  g_autoptr (GVariant) before = g_variant_ref (link->interfaces);
  Losses losses = find_losses (link, settings);

  if (nsd_settings_count (settings) == 0)
    return TRUE;
  /* On its own it needs no second message. */
  if (count (settings, use, losses, FALSE) == 0)
    losses = (Losses){ 0 };
  if (send_settings (net, link, settings, use, losses, error))
    return TRUE;
  roll_back (net, ifindex, before, settings);
  return FALSE;
}

gboolean
nsd_link_check_reported (const NsdLink *link, const NsdSettings *settings, NsdAttrFlags flags,
                         GError **error)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);
    g_autoptr (GVariant) properties = NULL;
    g_autoptr (GVariant) value = NULL;

    if ((setting->attr->flags & flags) != flags)
      continue;
    properties = nsd_link_properties (link, setting->table->info->name);
    value =
        properties != NULL ? g_variant_lookup_value (properties, setting->attr->name, NULL) : NULL;
    if (value == NULL) {
      g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                   "The kernel has no property %s (property %s)", setting->attr->name,
                   setting->attr->name);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
nsd_link_check_links (NsdNet *net, const NsdSettings *settings, GError **error)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);
    NsdPath path;

    if (!g_variant_is_of_type (setting->value, G_VARIANT_TYPE_OBJECT_PATH) ||
        !nsd_path_decode (g_variant_get_string (setting->value, NULL), &path) ||
        path.node != NSD_NODE_LINK || path.netns != net->id ||
        nsd_links_find (net, path.ifindex) != NULL)
      continue;
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "Property %s: there is no link %s",
                 setting->attr->name, g_variant_get_string (setting->value, NULL));
    return FALSE;
  }
  return TRUE;
}

/* The settings in @dict, if they are such that a link of this kind can take; NULL with an error. */
static NsdSettings *
parse (NsdRequest *request, GVariant *dict, GError **error)
{
  NsdLink *link = nsd_links_find (request->net, request->path.ifindex);
  const NsdAttrTable *tables[4] = { &nsd_link_table };
  const NsdKind *kind = nsd_kind_find (link->kind, NSD_KIND_LINK);
  const NsdKind *port = nsd_kind_find (link->port, NSD_KIND_PORT);
  NsdSettings *settings;
  int n = 1;

  if (kind != NULL)
    tables[n++] = kind->table;
  if (port != NULL)
    tables[n++] = port->table;
  settings = nsd_settings_new (dict, tables, NSD_ATTR_CHANGE, error);
  if (settings == NULL)
    nsd_request_prefix_error (request, error, "change link %s", link->name);
  return settings;
}

/* The kernel takes an address that is too long, and cuts it. */
static gboolean
check_length (const NsdLink *link, const NsdSettings *settings, const char *name, GError **error)
{
  const char *text = nsd_settings_get_string (settings, name, NULL);
  g_autoptr (GVariant) properties = nsd_link_properties (link, NSD_IFACE_LINK);
  const char *now = "";

  g_variant_lookup (properties, name, "&s", &now);
  if (text == NULL || strchr (now, ':') == NULL || strlen (text) == strlen (now))
    return TRUE;
  nsd_error_set_invalid (
      error, "Property %s: “%s” has not the length that the link needs, as in %s", name, text, now);
  return FALSE;
}

static gboolean
check_values (NsdNet *net, const NsdLink *link, const NsdSettings *settings, GError **error)
{
  return nsd_link_check_reported (link, settings, 0, error) &&
         nsd_link_check_links (net, settings, error) &&
         check_length (link, settings, "MacAddress", error) &&
         check_length (link, settings, "Broadcast", error);
}

/* What is not said again, and what a failure gives back, is what the link has now: while it is down
 * the kernel does not tell of changes. */
static NsdLink *
read_again (NsdRequest *request, GError **error)
{
  NsdLink *link = nsd_links_find (request->net, request->path.ifindex);
  guint64 serial = link->serial;

  if (link->flags & IFF_UP)
    return link;
  nsd_net_touch_link (request->net, request->path.ifindex);
  nsd_net_drain (request->net);
  link = nsd_links_find (request->net, request->path.ifindex);
  if (link != NULL && link->serial == serial)
    return link;
  g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "%s is gone", request->object_path);
  return NULL;
}

static GVariant *
set (NsdRequest *request, GVariant *dict, GError **error)
{
  NsdNet *net = request->net;
  NsdLink *link = read_again (request, error);
  g_autoptr (NsdSettings) settings = link != NULL ? parse (request, dict, error) : NULL;
  g_autofree char *name = link != NULL ? g_strdup (link->name) : NULL;

  if (settings != NULL &&
      (!check_values (net, link, settings, error) ||
       !nsd_link_apply (net, request->path.ifindex, settings, NSD_ATTR_CHANGE, error)))
    nsd_request_prefix_error (request, error, "change link %s", name);
  return NULL;
}

static gboolean
check (NsdRequest *request, GVariant *dict, GError **error)
{
  NsdLink *link = nsd_links_find (request->net, request->path.ifindex);
  g_autoptr (NsdSettings) settings = parse (request, dict, error);

  if (settings != NULL && check_values (request->net, link, settings, error))
    return TRUE;
  if (settings != NULL)
    nsd_request_prefix_error (request, error, "change link %s", link->name);
  return FALSE;
}

/* The lower device or the other end, if it is elsewhere and the settings change it. */
static guint64
other_namespace (NsdRequest *request, GVariant *dict)
{
  NsdLink *link = nsd_links_find (request->net, request->path.ifindex);
  g_autoptr (NsdSettings) settings = parse (request, dict, NULL);

  return settings != NULL && nsd_link_reaches_lower (link, settings)
             ? nsd_link_foreign_namespace (link)
             : 0;
}

gboolean
nsd_link_check_set (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return check (request, dict, error);
}

guint64
nsd_link_set_other_namespace (NsdRequest *request)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return other_namespace (request, dict);
}

GVariant *
nsd_link_set (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 0);

  return set (request, dict, error);
}

/* ---- Properties.Set, of org.netnsd1.Link and of the interfaces of kinds ---- */

/* The one property as the argument of Set would be; NULL with UnknownInterface. */
static GVariant *
settings_of_property (NsdRequest *request, GError **error)
{
  const NsdLink *link = nsd_links_find (request->net, request->path.ifindex);
  const char *interface, *name;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autofree char *key = NULL;

  g_variant_get (request->parameters, "(&s&sv)", &interface, &name, &value);
  properties = nsd_link_properties (link, interface);
  if (properties == NULL) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE, "%s has no interface %s",
                 request->object_path, interface);
    return NULL;
  }
  key = g_strdup_printf ("%s.%s", strrchr (interface, '.') + 1, name);
  return g_variant_ref_sink (g_variant_new_parsed ("{%s: %v}", key, value));
}

gboolean
nsd_link_check_set_property (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = settings_of_property (request, error);

  return dict != NULL && check (request, dict, error);
}

guint64
nsd_link_set_property_other_namespace (NsdRequest *request)
{
  g_autoptr (GVariant) dict = settings_of_property (request, NULL);

  return dict != NULL ? other_namespace (request, dict) : 0;
}

GVariant *
nsd_link_set_property (NsdRequest *request, GError **error)
{
  g_autoptr (GVariant) dict = settings_of_property (request, error);

  return dict != NULL ? set (request, dict, error) : NULL;
}
