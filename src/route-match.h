/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which routes are meant: the `match` of ListRoutes and of its likes.  As much of it as the kernel
 * can look at goes into the request of the dump.  Any thread. */
#pragma once

#include <linux/rtnetlink.h>

#include "attr.h"
#include "nl-dump.h"

typedef struct {
  const NsdAttr *attr;
  GVariant *value; /* as the property has it */
  gboolean by_kernel;
} NsdRouteCondition;

typedef struct {
  GArray *conditions; /* NsdRouteCondition */
  guint8 family;      /* AF_UNSPEC: both */
  guint8 protocol;    /* the rest is 0 where it does not matter */
  guint8 type;
  guint32 table;
  guint32 ifindex;
} NsdRouteMatch;

/* Checks @dict, an a{sv} of properties of Route, and fills @match; on failure, which is
 * InvalidArgs, it is to be cleared too. */
gboolean nsd_route_match_init (NsdRouteMatch *match, const NsdAttrContext *context, GVariant *dict,
                               GError **error);
void nsd_route_match_clear (NsdRouteMatch *match);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NsdRouteMatch, nsd_route_match_clear)

/* The same for the table main, as of ip(8), if @dict names no table; a reference. */
GVariant *nsd_route_match_of_main (GVariant *dict);

typedef struct {
  /* Before each try: what came is to be forgotten. */
  gboolean (*restart) (gpointer data, GError **error);
  /* A route that matches.  FALSE: enough, or @error. */
  gboolean (*route) (const struct nlmsghdr *nlh, gpointer data, GError **error);
  gpointer data;
} NsdRouteDump;

/* Dumps the routes that match, IPv4 first; again if the tables changed meanwhile, a few times. */
gboolean nsd_route_match_dump (const NsdRouteMatch *match, const NsdAttrContext *context,
                               NsdNlSocket *socket, const NsdRouteDump *dump, GError **error);
