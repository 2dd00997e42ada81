/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What links of one namespace mean to those of others.
 *
 * A link can have its other end or its lower device in another namespace.  When that goes elsewhere
 * the link reads otherwise, and the kernel says so only where it left.  So a worker notes which
 * links that others may refer to have gone, or changed what they share, and tells it once for each
 * drain; those that have such links read these again, and no others. */
#pragma once

#include "links.h"
#include "netns.h"

/* A set of links.  0 in the place of a namespace: one that is not on the bus; 0 in that of an
 * ifindex: any link of the namespace.  It does not change any more once it was sent, and is counted
 * (g_hash_table_ref()). */
GHashTable *nsd_link_news_new (void);
void nsd_link_news_add (GHashTable *news, guint64 netns, int ifindex);
/* The namespaces of the links in it, as in NsdNetShared.refers_to. */
gsize nsd_link_news_about (GHashTable *news);
/* Whether there are links of @netns in it.  */
gboolean nsd_link_news_concern (GHashTable *news, guint64 netns);
/* The bit of @netns in such a number, which it shares with others. */
gsize nsd_link_news_bit (guint64 netns);

/* The rest is for the worker's thread.  Link @ifindex of @netns goes into what is told after this
 * drain. */
void nsd_links_tell (NsdNet *net, guint64 netns, int ifindex);
/* Tells it. */
void nsd_links_tell_flush (NsdNet *net);
/* NsdWorkerFunc: reads again what refers to the links of @news, a set. */
void nsd_links_hear (gpointer net, gpointer news);
/* NsdWorkerFunc: @netns, a NsdNetns, is on the bus now. */
void nsd_links_hear_namespace (gpointer net, gpointer netns);

/* @link has just been read.  Whoever is to tell of what it refers to knows from now on that
 * somebody wants to hear. */
void nsd_links_note_referring (NsdNet *net, const NsdLink *link);
/* Nothing refers to other namespaces but the links that there are. */
void nsd_links_note_all_referring (NsdNet *net);
