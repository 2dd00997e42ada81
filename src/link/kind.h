/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of links.
 *
 * A file has the rows of one D-Bus interface, and the kinds of links that have it: it ends in one
 * constant, and has one line in kinds.def.  Hooks are for what rows cannot say. */
#pragma once

#include <linux/if.h>

#include "attr.h"
#include "object.h"

/* The number of the attribute that `ask` returns; the kernel's are below. */
#define NSD_KIND_ASKED NSD_ATTR_MAX

typedef enum {
  NSD_KIND_LINK, /* what the link is: IFLA_INFO_KIND, IFLA_INFO_DATA */
  NSD_KIND_PORT, /* what it is to its master: IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA */
} NsdKindRole;

typedef struct _NsdKind NsdKind;
struct _NsdKind {
  const char *name; /* of the kind, as in ip(8) and the kernel */
  NsdKindRole role;
  const NsdAttrTable *table; /* kinds with the same attributes share one */
  /* Writes into the open nest of the role what rows cannot; NULL: the rows say all. */
  gboolean (*put) (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use,
                   GError **error);
  /* The kernel takes what a change does not say as its default: so all is said again. */
  gboolean whole;
  /* Some values belong to the lower device, so that links above the same one have them together, or
   * to both ends of a pair, and the kernel tells of one of them. */
  gboolean shared;
  /* Makes a link that rtnetlink cannot make, in the namespace of the calling thread, and says what
   * the kernel called it, which is its choice if @name is empty; NULL: rtnetlink can.  The settings
   * of the rows are the hook's then, and other settings follow. */
  gboolean (*make) (const NsdKind *kind, const char *name, const NsdSettings *settings,
                    char ret_name[IFNAMSIZ], GError **error);
  /* Asks the kernel for what its message of the link does not say, whenever that is read: an
   * attribute, which the rows find in the nest of the role, and the caller frees; NULL where there
   * is none.  NULL: the message says all. */
  struct nlattr *(*ask) (NsdNet *net, int ifindex);
  const NsdMethod *methods; /* of the interface, or NULL */
  gsize n_methods;
};

/* The attributes that every link has: ../link-attr.c. */
extern const NsdAttrTable nsd_link_table;

/* A bridge id as ip(8) prints it: "8000.2:0:0:0:0:1"; bridge.c. */
extern const NsdAttrType nsd_attr_bridge_id;

/* The kinds, by file: each file ends in one array, whose last entry has no name, and has a line in
 * kinds.def. */
#define KIND(file) extern const NsdKind nsd_kinds_##file[];
#include "kinds.def"
#undef KIND

/* Those arrays; ends in NULL. */
extern const NsdKind *const nsd_kinds[];

/* NULL for a kind without rows: then it is a plain link. */
const NsdKind *nsd_kind_find (const char *name, NsdKindRole role);
/* Of org.netnsd1.Link and the interfaces of the kinds; NULL for another name. */
const GDBusInterfaceInfo *nsd_kind_interface_info (const char *interface);
/* The type of property @name of any interface of links: @preferred, if one has it in that type;
 * NULL if none has it. */
const char *nsd_kind_property_type (const char *name, const char *preferred);
