/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of links.
 *
 * A kind is one file of rows that ends in one constant, and one line in kinds.c.  Hooks are for
 * what rows cannot say. */
#pragma once

#include "attr.h"

typedef enum {
  NSD_KIND_LINK, /* what the link is: IFLA_INFO_KIND, IFLA_INFO_DATA */
  NSD_KIND_PORT, /* what it is to its master: IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA */
} NsdKindRole;

typedef struct {
  const char *name; /* of the kind, as in ip(8) and the kernel */
  NsdKindRole role;
  const NsdAttrTable *table;
  /* Writes into the open nest of the role what rows cannot; NULL: the rows say all. */
  gboolean (*put) (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use,
                   GError **error);
} NsdKind;

/* The attributes that every link has: ../link-attr.c. */
extern const NsdAttrTable nsd_link_table;

/* A bridge id as ip(8) prints it: "8000.2:0:0:0:0:1"; bridge.c. */
extern const NsdAttrType nsd_attr_bridge_id;

extern const NsdKind nsd_kind_bridge;
extern const NsdKind nsd_kind_bridge_port;
extern const NsdKind nsd_kind_veth;

/* All kinds; ends in NULL. */
extern const NsdKind *const nsd_kinds[];

/* NULL for a kind without rows: then it is a plain link. */
const NsdKind *nsd_kind_find (const char *name, NsdKindRole role);
/* Of org.netnsd1.Link and the interfaces of the kinds; NULL for another name. */
const GDBusInterfaceInfo *nsd_kind_interface_info (const char *interface);
/* The type of property @name of any interface of links: @preferred, if one has it in that type;
 * NULL if none has it. */
const char *nsd_kind_property_type (const char *name, const char *preferred);
