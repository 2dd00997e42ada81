/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods of org.netnsd1.Namespace that are about neighbours.  Handlers run in the worker. */
#pragma once

#include "net.h"

GVariant *nsd_neighbour_list (NsdRequest *request, GError **error);
GVariant *nsd_neighbour_add (NsdRequest *request, GError **error);
gboolean nsd_neighbour_check_add (NsdRequest *request, GError **error);
GVariant *nsd_neighbour_remove (NsdRequest *request, GError **error);
gboolean nsd_neighbour_check_remove (NsdRequest *request, GError **error);
GVariant *nsd_neighbour_flush (NsdRequest *request, GError **error);
gboolean nsd_neighbour_check_flush (NsdRequest *request, GError **error);
GVariant *nsd_neighbour_subscribe (NsdRequest *request, GError **error);
GVariant *nsd_neighbour_unsubscribe (NsdRequest *request, GError **error);
