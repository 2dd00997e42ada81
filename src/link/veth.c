/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of virtual Ethernet links: drivers/net/veth.c. */
#include <linux/if_link.h>
#include <linux/veth.h>

#include "attr-types.h"
#include "bus-path.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "peer.h"

/* The other end is named by its path; its namespace is the front part of that. */
static GVariant *
get_peer_namespace (const NsdAttrView *view, const NsdAttr *attr)
{
  const NsdAttrView *link = view->parent->parent;
  int ifindex = (int)nsd_attr_view_get_u32 (link, IFLA_LINK, 0);
  int nsid = (int)nsd_attr_view_get_u32 (link, IFLA_LINK_NETNSID, (guint32)-1);
  g_autofree char *text = NULL;
  NsdPath path;

  if (ifindex != 0)
    text = view->context->link_path (view->context->data, nsid, ifindex);
  if (text == NULL || !nsd_path_decode (text, &path) || path.node != NSD_NODE_LINK)
    return g_variant_new_object_path ("/");
  g_free (text);
  text = nsd_path_namespace (path.netns);
  return g_variant_new_object_path (text);
}

static const NsdAttrType peer_namespace = { "o", get_peer_namespace, NULL };

static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  return nsd_peer_put (builder, VETH_INFO_PEER, settings, error);
}

static const NsdAttr rows[] = {
  { 0, "PeerNamespace", &peer_namespace, NSD_ATTR_READ | NSD_ATTR_CREATE },
  { 0, "Peer", &nsd_attr_option_dict, NSD_ATTR_CREATE },
};

static const NsdAttrTable table = { &org_netnsd1_link_veth_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_veth[] = {
  { .name = "veth", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
