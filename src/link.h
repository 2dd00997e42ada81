/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Link: what callers do to links.  Handlers run in the worker. */
#pragma once

#include "links.h"

extern const NsdInterface nsd_interface_link;

/* Handlers of org.netnsd1.Namespace that are about links. */
GVariant *nsd_link_create (NsdRequest *request, GError **error);
gboolean nsd_link_check_create (NsdRequest *request, GError **error);
GVariant *nsd_link_get_by_name (NsdRequest *request, GError **error);
GVariant *nsd_link_find_matching (NsdRequest *request, GError **error);
/* The other namespace that the settings of CreateLink speak of: that of the other end of a pair, or
 * of the lower device. */
guint64 nsd_link_create_other_namespace (NsdRequest *request);

/* Link @ifindex gets @settings (link-set.c); all or nothing, as far as the kernel allows. */
gboolean nsd_link_apply (NsdNet *net, int ifindex, const NsdSettings *settings, NsdAttrFlags use,
                         GError **error);
GVariant *nsd_link_set (NsdRequest *request, GError **error);
gboolean nsd_link_check_set (NsdRequest *request, GError **error);
guint64 nsd_link_set_other_namespace (NsdRequest *request);
guint64 nsd_link_set_property_other_namespace (NsdRequest *request);
gboolean nsd_link_check_set_property (NsdRequest *request, GError **error);
GVariant *nsd_link_set_property (NsdRequest *request, GError **error);

/* The links of this namespace that @settings name are there: NotFound (link-set.c).  The kernel
 * says EINVAL or nothing. */
gboolean nsd_link_check_links (NsdNet *net, const NsdSettings *settings, GError **error);

/* A property that the running kernel does not report cannot be set either: NotSupported, for the
 * first of @settings whose row has all of @flags (link-set.c). */
gboolean nsd_link_check_reported (const NsdLink *link, const NsdSettings *settings,
                                  NsdAttrFlags flags, GError **error);

/* Writes IFLA_LINKINFO with the kind and its settings (link-set.c); @link is NULL on creation. */
gboolean nsd_link_put_info (NsdAttrBuilder *builder, const char *kind, const NsdLink *link,
                            const NsdSettings *settings, NsdAttrFlags use, GError **error);
