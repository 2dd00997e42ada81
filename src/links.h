/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The links of a namespace, as the bus shows them.  Worker thread. */
#pragma once

#include "net.h"

typedef struct {
  int ifindex;
  char *key;           /* ifindex, as the last element of the object path */
  guint flags;         /* IFF_* */
  char *name;          /* text */
  char *kind;          /* "" for hardware and lo */
  char *port;          /* kind of the link that this one is a port of, "" for none */
  int master;          /* ifindex, 0 for none */
  int refers;          /* IFLA_LINK: another link, in … */
  gboolean foreign;    /* … another namespace, … */
  int nsid;            /* … which has this id here, … */
  guint64 lower_netns; /* … and this one on the bus; 0 if it is not there */
  guint generation;
  guint64 serial;       /* of the link, not of its index, which the kernel uses again */
  GVariant *interfaces; /* a{sa{sv}}: all properties */
} NsdLink;

void nsd_links_init (NsdNet *net);
NsdLink *nsd_links_find (NsdNet *net, int ifindex);
/* By name or alternative name. */
NsdLink *nsd_links_find_by_name (NsdNet *net, const char *name);
gboolean nsd_link_has_alternative_name (const NsdLink *link, const char *name);
/* The links in the order of their index; free the list only. */
GList *nsd_links_list (NsdNet *net);

/* Properties of @interface, as a{sv}; NULL if the link has not got it.  Owned by the caller. */
GVariant *nsd_link_properties (const NsdLink *link, const char *interface);

/* The namespace of its lower device or other end; 0 if that is the link's own, or not on the bus.
 */
guint64 nsd_link_lower_namespace (const NsdLink *link);
/* Whether it is another one, and not on the bus. */
gboolean nsd_link_refers_to_unknown (const NsdLink *link);

/* Events were lost: what has an index now may be another link than the one that had it before. */
void nsd_links_doubt (NsdNet *net);
/* RTM_NEWLINK or RTM_DELLINK. */
void nsd_links_event (NsdNet *net, const struct nlmsghdr *nlh);
/* Reads what is dirty; FALSE if the answer is not sure. */
gboolean nsd_links_refresh (NsdNet *net);
/* Links whose changes the kernel does not tell become dirty: netdev_state_change() in
 * net/core/dev.c notifies only of a link that is up, so the alias, group, link mode, segmentation
 * limits and most settings of kinds change in silence while it is down. */
void nsd_links_touch_silent (NsdNet *net);
/* Links that refer to a namespace that is not on the bus become dirty. */
void nsd_links_touch_unknown (NsdNet *net);
/* Appends {oa{sa{sv}}} of each link. */
void nsd_links_append_managed (NsdNet *net, GVariantBuilder *builder);

/* Asks the kernel for link @ifindex; @ext_mask: RTEXT_FILTER_*. */
gboolean nsd_links_request (NsdNet *net, int ifindex, guint32 ext_mask, NsdNlFunc func,
                            gpointer data, GError **error);
