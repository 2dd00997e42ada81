/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kinds of IP tunnels share: ip-tunnel.c has it. */
#pragma once

#include "attr-types.h"

extern const NsdWord nsd_tunnel_encap_types[];
extern const NsdWord nsd_tunnel_encap_flags[];
extern const NsdAttrType nsd_tunnel_flag_words16; /* as, row.data: NsdWord[] of bits */
extern const NsdAttrType nsd_tunnel_ip6_flags;    /* as, the words of IP6_TNL_F_* */

/* The value that property @name of the kind has after a request: the one of @settings, else the one
 * that it has now, else NULL. */
GVariant *nsd_tunnel_value (const NsdAttrBuilder *builder, const NsdSettings *settings,
                            const char *name);
gboolean nsd_tunnel_boolean (const NsdAttrBuilder *builder, const NsdSettings *settings,
                             const char *name, gboolean fallback);
