/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link-heard.h"

#include <linux/if.h>
#include <linux/if_link.h>

#include "addresses.h"

/* What counts as up for routes: dead and linkdown next hops follow it. */
#define STATE_FLAGS ((guint)(IFF_UP | IFF_RUNNING | IFF_LOWER_UP))

typedef struct {
  guint flags;
  int master;
} Heard;

GHashTable *
nsd_link_heard_new (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void
nsd_link_state_changed (NsdNet *net, int ifindex, guint before, guint after)
{
  if ((before ^ after) & STATE_FLAGS) {
    nsd_net_touch_routes (net, AF_INET);
    nsd_net_touch_routes (net, AF_INET6);
  }
  if (before & ~after & IFF_UP)
    nsd_addresses_link_down (net, ifindex);
}

/* A master takes limits and an address from its ports (br_add_if() and br_del_if() in
 * net/bridge/br_if.c), and the kernel does not tell of all that. */
static void
master_changed (NsdNet *net, int before, int after)
{
  if (before == after)
    return;
  if (before != 0)
    nsd_net_touch_link (net, before);
  if (after != 0)
    nsd_net_touch_link (net, after);
}

void
nsd_link_heard (NsdNet *net, const struct nlmsghdr *nlh)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);
  Heard *heard = g_hash_table_lookup (net->links_heard, GINT_TO_POINTER (ifi->ifi_index));
  NsdAttrView view;
  int master;

  nsd_attr_view_init_message (&view, &net->context, nlh, sizeof *ifi);
  master = (int)nsd_attr_view_get_u32 (&view, IFLA_MASTER, 0);
  if (heard == NULL) {
    heard = g_new0 (Heard, 1);
    g_hash_table_insert (net->links_heard, GINT_TO_POINTER (ifi->ifi_index), heard);
  }
  nsd_link_state_changed (net, ifi->ifi_index, heard->flags, ifi->ifi_flags);
  master_changed (net, heard->master, master);
  heard->flags = ifi->ifi_flags;
  heard->master = master;
}

void
nsd_link_heard_removed (NsdNet *net, int ifindex)
{
  const Heard *heard = g_hash_table_lookup (net->links_heard, GINT_TO_POINTER (ifindex));

  if (heard != NULL)
    master_changed (net, heard->master, 0);
  g_hash_table_remove (net->links_heard, GINT_TO_POINTER (ifindex));
}
