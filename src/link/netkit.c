/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of links that BPF programs forward between: drivers/net/netkit.c, Linux 6.7. */
#include "attr-types.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "peer.h"

#define R      NSD_ATTR_READ
#define RC     (R | NSD_ATTR_CREATE)
#define RC_OPT (RC | NSD_ATTR_OPTIONAL)
#define RW     (RC | NSD_ATTR_CHANGE)

/* IFLA_NETKIT_*: the headers of Debian 12 (Linux 6.1) have none of them. */
enum {
  NETKIT_PEER_INFO = 1,
  NETKIT_PRIMARY,
  NETKIT_POLICY,
  NETKIT_PEER_POLICY,
  NETKIT_MODE,
  NETKIT_SCRUB,      /* after Linux 6.11 */
  NETKIT_PEER_SCRUB, /* the same */
  NETKIT_HEADROOM,   /* Linux 6.14 */
  NETKIT_TAILROOM,   /* Linux 6.14 */
  NETKIT_PAIRING,    /* after Linux 6.19 */
};

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return nsd_peer_put (builder, NETKIT_PEER_INFO, settings, error);
}

static const NsdWord modes[] = {
  { 0, "l2" },
  { 1, "l3" },
  { 0, NULL },
};

/* NETKIT_PASS and NETKIT_DROP */
static const NsdWord policies[] = {
  { 0, "forward" },
  { 2, "blackhole" },
  { 0, NULL },
};

static const NsdWord scrubs[] = {
  { 0, "none" },
  { 1, "default" },
  { 0, NULL },
};

static const NsdWord pairings[] = {
  { 0, "pair" },
  { 1, "single" },
  { 0, NULL },
};

static const NsdAttr rows[] = {
  { 0, "PeerNamespace", &nsd_attr_peer_namespace, RC },
  { 0, "Peer", &nsd_attr_option_dict, NSD_ATTR_CREATE },
  { NETKIT_PRIMARY, "Primary", &nsd_attr_bool8, R },
  { NETKIT_POLICY, "Policy", &nsd_attr_word32, RW, policies },
  { NETKIT_PEER_POLICY, "PeerPolicy", &nsd_attr_word32, RW, policies },
  { NETKIT_MODE, "Mode", &nsd_attr_word32, RC, modes },
  { NETKIT_SCRUB, "Scrub", &nsd_attr_word32, RC_OPT, scrubs },
  { NETKIT_PEER_SCRUB, "PeerScrub", &nsd_attr_word32, RC_OPT, scrubs },
  { NETKIT_HEADROOM, "Headroom", &nsd_attr_u16, RC_OPT },
  { NETKIT_TAILROOM, "Tailroom", &nsd_attr_u16, RC_OPT },
  { NETKIT_PAIRING, "Pairing", &nsd_attr_word32, RC_OPT, pairings },
};

static const NsdAttrTable table = { &org_netnsd1_link_netkit_interface, rows, G_N_ELEMENTS (rows) };

/* Each end shows the policies of both, and the kernel tells of the end that a change was asked of
 * (netkit_change_link()). */
const NsdKind nsd_kinds_netkit[] = {
  { .name = "netkit", .role = NSD_KIND_LINK, .table = &table, .put = put, .shared = TRUE },
  { 0 },
};
