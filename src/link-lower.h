/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a link stands on, if that is in another namespace.  Worker thread. */
#pragma once

#include "links.h"

/* The namespace of the lower device or other end: 0 if it is the link's own, NSD_NETNS_HIDDEN if it
 * is not on the bus. */
guint64 nsd_link_foreign_namespace (const NsdLink *link);

/* Whether @settings change more than the link itself: its lower device, the way of its packets
 * there, or the other end of the pair. */
gboolean nsd_link_reaches_lower (const NsdLink *link, const NsdSettings *settings);

/* Tells the codecs of @builder where the lower device is. */
void nsd_link_set_lower (const NsdLink *link, NsdAttrBuilder *builder);
