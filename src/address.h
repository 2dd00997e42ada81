/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Address, and Link.AddAddress.  Handlers run in the worker. */
#pragma once

#include "net.h"

extern const NsdInterface nsd_interface_address;

gboolean nsd_address_check_add (NsdRequest *request, GError **error);
GVariant *nsd_address_add (NsdRequest *request, GError **error);

/* The request that adds to link @ifindex what @dict, the settings of AddAddress with the key
 * "Address" and without "Replace", describes; and the key that its object will have. */
gboolean nsd_address_build_add (NsdNet *net, int ifindex, GVariant *dict, NsdAttrBuilder *builder,
                                char **ret_key, GError **error);
/* The request that deletes the address that @nlh, from or for the kernel, describes. */
gboolean nsd_address_build_delete (NsdNet *net, const struct nlmsghdr *nlh, NsdAttrBuilder *builder,
                                   GError **error);
