/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a namespace, as the bus shows them.  Worker thread. */
#pragma once

#include "net.h"

/* ifa_flags that a caller may choose. */
#define NSD_ADDRESS_CHOOSABLE_FLAGS                                                                \
  0x716u /* nodad optimistic home mngtmpaddr noprefixroute autojoin */

extern const NsdAttrTable nsd_address_table;
extern const NsdRecordClass nsd_address_class;

/* The last element of the object path.  @peer is NULL where there is none; @length: 4 or 16. */
char *nsd_address_key (int ifindex, gconstpointer local, gsize length, guint prefix_length,
                       gconstpointer peer);

/* RTM_NEWADDR or RTM_DELADDR. */
void nsd_addresses_event (NsdNet *net, const struct nlmsghdr *nlh);
/* Compares all with the kernel; FALSE if the answer is not sure. */
gboolean nsd_addresses_refresh (NsdNet *net);
/* The kernel says nothing of most changes to an address that is tentative
 * (inet6_addr_modify() in net/ipv6/addrconf.c): if there is one, all are compared. */
void nsd_addresses_touch_silent (NsdNet *net);
/* Link @ifindex went down: what stays is to be proved again, which nobody is told
 * (addrconf_ifdown() with the sysctl keep_addr_on_down). */
void nsd_addresses_link_down (NsdNet *net, int ifindex);
