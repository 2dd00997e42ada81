/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-check.h"

#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "addresses.h"
#include "attr-types.h"
#include "error.h"

gboolean
nsd_address_check_family (const NsdSettings *settings, int family, GError **error)
{
  static const struct {
    const char *name, *text;
  } of_ipv4[] = {
    { "Label", "there is none in IPv6" },
    { "Broadcast", "there is none in IPv6" },
    { "Scope", "that of an IPv6 address follows from the address" },
  };

  for (gsize i = 0; family == AF_INET6 && i < G_N_ELEMENTS (of_ipv4); i++)
    if (*nsd_settings_get_string (settings, of_ipv4[i].name, "") != '\0') {
      nsd_error_set_invalid (error, "Property %s: %s", of_ipv4[i].name, of_ipv4[i].text);
      return FALSE;
    }
  return TRUE;
}

/* ---- taking over ---- */

typedef struct {
  int ifindex;
  gconstpointer local, peer;
  gsize length;
  guint8 prefix_length;
  const NsdRecord *found;
} Search;

static gboolean
same_network (const guint8 *a, const guint8 *b, guint bits)
{
  guint8 mask = (guint8)(0xff00 >> bits % 8);

  return memcmp (a, b, bits / 8) == 0 &&
         (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/* inet6_rtm_newaddr() in net/ipv6/addrconf.c looks for the local address alone, and
 * find_matching_ifa() in net/ipv4/devinet.c for that, the prefix length and the network. */
static void
look_at (gpointer data, gpointer user_data)
{
  NsdRecord *record = data;
  Search *search = user_data;
  const struct ifaddrmsg *ifa = nlmsg_data (record->message);
  const struct nlattr *local, *peer;
  NsdAttrView view;

  if (record->ifindex != search->ifindex ||
      ifa->ifa_family != (search->length == 4 ? AF_INET : AF_INET6))
    return;
  nsd_record_view (record, &nsd_address_class, NULL, &view);
  peer = nsd_attr_view_get (&view, IFA_ADDRESS, (int)search->length);
  local = nsd_attr_view_get (&view, IFA_LOCAL, (int)search->length);
  if (local == NULL)
    local = peer;
  if (local == NULL || memcmp (nla_data (local), search->local, search->length) != 0)
    return;
  if (ifa->ifa_family == AF_INET6 ||
      (peer != NULL && ifa->ifa_prefixlen == search->prefix_length &&
       same_network (nla_data (peer), search->peer, search->prefix_length)))
    search->found = record;
}

gboolean
nsd_address_check_replace (NsdNet *net, int ifindex, gconstpointer local, gsize length,
                           guint8 prefix_length, gconstpointer peer, GError **error)
{
  g_autofree char *key = nsd_address_key (ifindex, local, length, prefix_length, peer);
  Search search = { ifindex, local, peer, length, prefix_length, NULL };
  g_autoptr (GVariant) shown = NULL;
  const char *address, *far_end;

  if (nsd_records_find (net->addresses, key) != NULL)
    return TRUE;
  nsd_records_foreach (net->addresses, look_at, &search);
  if (search.found == NULL)
    return TRUE;
  shown = g_variant_ref_sink (nsd_record_read (search.found, &nsd_address_class, &net->context));
  g_variant_lookup (shown, "Address", "&s", &address);
  g_variant_lookup (shown, "Peer", "&s", &far_end);
  g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS,
               "The link has %s%s%s, and the kernel does not change its prefix length or peer",
               address, *far_end != '\0' ? " with the peer " : "", far_end);
  return FALSE;
}

/* ---- changes ---- */

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED, text);
  return FALSE;
}

/* inet_rtm_newaddr() in net/ipv4/devinet.c looks at no flags of an address that is there;
 * inet6_addr_modify() in net/ipv6/addrconf.c never takes these two away, adds «autojoin» without
 * joining, and «optimistic» only while there is something to prove. */
gboolean
nsd_address_check_flags (const NsdAttrView *view, guint32 flags, GError **error)
{
  const struct ifaddrmsg *ifa = view->header;
  guint32 now = nsd_attr_view_get_u32 (view, IFA_FLAGS, ifa->ifa_flags);
  guint32 changed = (now ^ flags) & NSD_ADDRESS_CHOOSABLE_FLAGS;
  gboolean unproved = (now & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == IFA_F_TENTATIVE;

  if (ifa->ifa_family == AF_INET && changed != 0)
    return refuse (error,
                   "The kernel does not change the flags of an IPv4 address (property Flags)");
  if (changed & IFA_F_MCAUTOJOIN)
    return refuse (error, "The kernel does not change the flag autojoin (property Flags)");
  if ((changed & IFA_F_OPTIMISTIC) && ((now & IFA_F_OPTIMISTIC) || !unproved))
    return refuse (error, "The kernel adds the flag optimistic only to an address that is "
                          "tentative, and does not take it away (property Flags)");
  return TRUE;
}

/* inet6_addr_modify() takes 0 for «as it is». */
gboolean
nsd_address_check_metric (const NsdAttrView *view, const NsdSettings *settings, GError **error)
{
  const struct ifaddrmsg *ifa = view->header;
  GVariant *metric = nsd_settings_get (settings, "Metric");

  if (ifa->ifa_family == AF_INET || metric == NULL || g_variant_get_uint32 (metric) != 0 ||
      nsd_attr_view_get_u32 (view, IFA_RT_PRIORITY, 0) == 0)
    return TRUE;
  return refuse (error,
                 "The kernel does not take away the metric of an IPv6 address (property Metric)");
}
