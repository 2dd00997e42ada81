/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object paths: the identity of an object is in its path, and nowhere else.
 *
 *   /org/netnsd1                              the manager
 *   /org/netnsd1/netns/<id>                   a namespace, by the kernel's 64-bit id
 *   /org/netnsd1/netns/<id>/link/<ifindex>
 *   /org/netnsd1/netns/<id>/address/<key>
 *   /org/netnsd1/netns/<id>/route/<key>
 *
 * Numbers are decimal without sign or leading zeros; keys are lower-case hex digits and `_`.  Pure
 * functions, any thread. */
#pragma once

#include <glib.h>

typedef enum {
  NSD_NODE_NONE, /* not a path of ours */
  NSD_NODE_ROOT, /* "/" and "/org": only there to be introspected */
  NSD_NODE_ORG,
  NSD_NODE_MANAGER,
  NSD_NODE_NETNS_DIR, /* the *_DIR nodes hold no interface, only children */
  NSD_NODE_NAMESPACE,
  NSD_NODE_LINK_DIR,
  NSD_NODE_LINK,
  NSD_NODE_ADDRESS_DIR,
  NSD_NODE_ADDRESS,
  NSD_NODE_ROUTE_DIR,
  NSD_NODE_ROUTE,
} NsdNode;

typedef struct {
  NsdNode node;
  guint64 netns;   /* of NAMESPACE and below */
  int ifindex;     /* of LINK */
  const char *key; /* of LINK, ADDRESS, ROUTE: the last element, within the decoded string */
} NsdPath;

/* Decodes @string strictly; FALSE, and a node of NONE, for anything that is not a path of ours. */
gboolean nsd_path_decode (const char *string, NsdPath *ret_path);

/* The path of a namespace; new memory. */
char *nsd_path_namespace (guint64 netns);
/* The path of the object @key of kind @node (LINK, ADDRESS, ROUTE) in @netns; new memory. */
char *nsd_path_object (guint64 netns, NsdNode node, const char *key);
char *nsd_path_link (guint64 netns, int ifindex);
