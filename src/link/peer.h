/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other end of a pair: the settings "Peer" (a{sv}) and "PeerNamespace" (o) of CreateLink.
 *
 * The kernel makes both ends from one message, but takes less for the other end than for the first:
 * what rtnl_create_link() knows.  The rest (Up before all: a veth cannot be opened before it has
 * its peer) is set afterwards, in the namespace of that end. */
#pragma once

#include "kind.h"

/* Writes the other end as a nest @id: a struct ifinfomsg, then attributes of a link. */
gboolean nsd_peer_put (NsdAttrBuilder *builder, int id, const NsdSettings *settings,
                       GError **error);

/* What is left to be set afterwards, as a{sv}; NULL if nothing is.  The keys and types have been
 * checked by nsd_peer_put(). */
GVariant *nsd_peer_get_late (const NsdSettings *settings);

/* o, where the other end is: the row "PeerNamespace" of a kind of pairs. */
extern const NsdAttrType nsd_attr_peer_namespace;
