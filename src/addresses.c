/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void
append_hex (GString *key, gconstpointer bytes, gsize length)
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < length; i++) {
    guint8 byte = ((const guint8 *)bytes)[i];

    g_string_append_c (key, digits[byte >> 4]);
    g_string_append_c (key, digits[byte & 15]);
  }
}

char *
nsd_address_key (int ifindex, gconstpointer local, gsize length, guint prefix_length,
                 gconstpointer peer)
{
  GString *key = g_string_new (NULL);

  g_string_append_printf (key, "%d_", ifindex);
  append_hex (key, local, length);
  g_string_append_printf (key, "_%u", prefix_length);
  if (peer != NULL && memcmp (local, peer, length) != 0) {
    g_string_append_c (key, '_');
    append_hex (key, peer, length);
  }
  return g_string_free (key, FALSE);
}

static char *
key_of_message (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct ifaddrmsg *ifa = nlmsg_data (nlh);
  const struct nlattr *local, *address;
  NsdAttrView view;
  int length;

  if (nlmsg_datalen (nlh) < (int)sizeof *ifa ||
      (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
    return NULL;
  length = ifa->ifa_family == AF_INET ? 4 : 16;
  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof *ifa);
  address = nsd_attr_view_get (&view, IFA_ADDRESS, length);
  local = nsd_attr_view_get (&view, IFA_LOCAL, length);
  if (local == NULL)
    local = address;
  if (local == NULL)
    return NULL;
  return nsd_address_key ((int)ifa->ifa_index, nla_data (local), (gsize)length, ifa->ifa_prefixlen,
                          address != NULL ? nla_data (address) : NULL);
}

/* Another peer makes another object of an IPv6 address, and the kernel does not say which one it
 * was before (inet6_addr_modify() in net/ipv6/addrconf.c). */
static gboolean
may_replace (NsdNet *net, const char *key, const struct nlmsghdr *nlh)
{
  const struct ifaddrmsg *ifa = nlmsg_data (nlh);

  return ifa->ifa_family == AF_INET6 &&
         nlmsg_find_attr ((struct nlmsghdr *)nlh, sizeof *ifa, IFA_LOCAL) != NULL &&
         nsd_records_find (net->addresses, key) == NULL;
}

static void
take_address (NsdNet *net, const char *key, const struct nlmsghdr *nlh)
{
  const struct ifaddrmsg *ifa = nlmsg_data (nlh);

  if (ifa->ifa_flags & IFA_F_TENTATIVE)
    net->has_tentative = TRUE;
  nsd_records_set (net->addresses, key, (int)ifa->ifa_index, nlh);
}

void
nsd_addresses_event (NsdNet *net, const struct nlmsghdr *nlh)
{
  g_autofree char *key = key_of_message (net, nlh);
  const struct ifaddrmsg *ifa = nlmsg_data (nlh);

  if (key == NULL)
    return;
  if (nlh->nlmsg_type == RTM_NEWADDR) {
    if (may_replace (net, key, nlh))
      nsd_net_touch_addresses (net);
    take_address (net, key, nlh);
    return;
  }
  nsd_records_remove (net->addresses, key);
  /* Routes that prefer the address as their source go without a word, as do all of the link after
   * its last address (fib_sync_down_addr and fib_disable_ip in net/ipv4). */
  if (ifa->ifa_family == AF_INET)
    nsd_net_touch_routes (net, AF_INET);
}

void
nsd_addresses_touch_silent (NsdNet *net)
{
  if (net->has_tentative)
    nsd_net_touch_addresses (net);
}

typedef struct {
  int ifindex;
  gboolean found;
} Search;

static void
look_at (gpointer data, gpointer user_data)
{
  const NsdRecord *record = data;
  const struct ifaddrmsg *ifa = nlmsg_data (record->message);
  Search *search = user_data;

  search->found |= record->ifindex == search->ifindex && ifa->ifa_family == AF_INET6;
}

void
nsd_addresses_link_down (NsdNet *net, int ifindex)
{
  Search search = { ifindex, FALSE };

  nsd_records_foreach (net->addresses, look_at, &search);
  if (search.found)
    nsd_net_touch_addresses (net);
}

static void
restart_dump (gpointer data)
{
  NsdNet *net = data;

  net->has_tentative = FALSE;
  nsd_records_begin (net->addresses);
}

static void
on_address (struct nlmsghdr *nlh, gpointer data)
{
  g_autofree char *key = nlh->nlmsg_type == RTM_NEWADDR ? key_of_message (data, nlh) : NULL;

  if (key != NULL)
    take_address (data, key, nlh);
}

gboolean
nsd_addresses_refresh (NsdNet *net)
{
  struct ifaddrmsg request = { .ifa_family = AF_UNSPEC };
  gboolean complete = FALSE;

  net->addresses_dirty = FALSE;
  if (!nsd_net_dump (net, RTM_GETADDR, &request, sizeof request, restart_dump, on_address, net,
                     &complete) ||
      !complete)
    return FALSE;
  nsd_records_sweep (net->addresses, AF_UNSPEC);
  return TRUE;
}

/* Seconds left that differ by what has passed since, give or take the rounding of the kernel. */
static gboolean
ages (const char *property, GVariant *before, GVariant *after)
{
  guint32 a, b;

  if (!g_str_has_suffix (property, "Lifetime"))
    return FALSE;
  a = g_variant_get_uint32 (before);
  b = g_variant_get_uint32 (after);
  return a != G_MAXUINT32 && b != G_MAXUINT32 && (a > b ? a - b : b - a) <= 2;
}

const NsdRecordClass nsd_address_class = { NSD_NODE_ADDRESS, &nsd_address_table,
                                           sizeof (struct ifaddrmsg), ages, IFA_CACHEINFO };
