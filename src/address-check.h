/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel takes without a word and then does not do: refused before it is asked. */
#pragma once

#include "attr.h"
#include "net.h"

/* Settings of AddAddress that mean nothing to an address of @family: InvalidArgs. */
gboolean nsd_address_check_family (const NsdSettings *settings, int family, GError **error);

/* An address to be taken over ("Replace") must be the one that is meant: Exists if link @ifindex
 * has one that the kernel takes for the same, with another prefix length or peer. */
gboolean nsd_address_check_replace (NsdNet *net, int ifindex, gconstpointer local, gsize length,
                                    guint8 prefix_length, gconstpointer peer, GError **error);

/* @flags instead of those of the address in @view: NotSupported where they cannot change. */
gboolean nsd_address_check_flags (const NsdAttrView *view, guint32 flags, GError **error);

/* The same for its metric, if @settings have one. */
gboolean nsd_address_check_metric (const NsdAttrView *view, const NsdSettings *settings,
                                   GError **error);
