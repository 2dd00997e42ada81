/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of virtual Ethernet links: drivers/net/veth.c. */
#include <linux/veth.h>

#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "peer.h"

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return nsd_peer_put (builder, VETH_INFO_PEER, settings, error);
}

static const NsdAttr rows[] = {
  { 0, "PeerNamespace", &nsd_attr_peer_namespace, NSD_ATTR_READ | NSD_ATTR_CREATE },
  { 0, "Peer", &nsd_attr_option_dict, NSD_ATTR_CREATE },
};

static const NsdAttrTable table = { &org_netnsd1_link_veth_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_veth[] = {
  { .name = "veth", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
