/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Namespace. */
#pragma once

#include "object.h"
#include "registry.h"

extern const NsdInterface nsd_interface_namespace;

/* All properties, as a floating a{sv}.  Main thread. */
GVariant *nsd_namespace_properties (const NsdNamespace *namespace);
/* All interfaces with their properties, as a floating a{sa{sv}}.  Main thread. */
GVariant *nsd_namespace_interfaces (const NsdNamespace *namespace);
