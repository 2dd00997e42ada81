/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLANs of bridges and of their ports: the property Vlans, the methods AddVlan and RemoveVlan. */
#pragma once

#include "kind.h"
#include "links.h"
#include "names.h"

/* The `ask` of the kinds that have the row { NSD_KIND_ASKED, "Vlans", &nsd_attr_bridge_vlans }. */
struct nlattr *nsd_bridge_vlans_ask (NsdNet *net, int ifindex);
/* aa{sv}, ranges of VLANs in the order of their ids. */
extern const NsdAttrType nsd_attr_bridge_vlans;

/* RTM_NEWVLAN or RTM_DELVLAN. */
void nsd_bridge_vlans_event (NsdNet *net, const struct nlmsghdr *nlh);

/* Whether any VLAN from @first to @last is configured on @link. */
gboolean nsd_bridge_vlans_have (const NsdLink *link, guint first, guint last);

gboolean nsd_bridge_vlans_check_add (NsdRequest *request, GError **error);
GVariant *nsd_bridge_vlans_add (NsdRequest *request, GError **error);
gboolean nsd_bridge_vlans_check_remove (NsdRequest *request, GError **error);
GVariant *nsd_bridge_vlans_remove (NsdRequest *request, GError **error);

/* Their rows. */
#define NSD_BRIDGE_VLAN_METHODS                                                                    \
  { "AddVlan", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, nsd_bridge_vlans_add,                     \
    nsd_bridge_vlans_check_add },                                                                  \
  {                                                                                                \
    "RemoveVlan", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, nsd_bridge_vlans_remove,               \
        nsd_bridge_vlans_check_remove                                                              \
  }
