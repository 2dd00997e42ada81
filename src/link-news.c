/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link-news.h"

#include "link-look.h"

typedef struct {
  guint64 netns;
  int ifindex;
} Place;

/* ---- a set of links ---- */

static guint
hash_place (gconstpointer key)
{
  const Place *place = key;

  return g_int64_hash (&place->netns) * 31 + (guint)place->ifindex;
}

static gboolean
equal_places (gconstpointer a, gconstpointer b)
{
  const Place *first = a, *second = b;

  return first->netns == second->netns && first->ifindex == second->ifindex;
}

GHashTable *
nsd_link_news_new (void)
{
  return g_hash_table_new_full (hash_place, equal_places, g_free, NULL);
}

void
nsd_link_news_add (GHashTable *news, guint64 netns, int ifindex)
{
  Place *place = g_new0 (Place, 1);

  place->netns = netns;
  place->ifindex = ifindex;
  g_hash_table_add (news, place);
}

static gboolean
have (GHashTable *news, guint64 netns, int ifindex)
{
  Place place = { netns, ifindex };

  return g_hash_table_contains (news, &place);
}

gsize
nsd_link_news_bit (guint64 netns)
{
  return (gsize)1 << (netns % (8 * sizeof (gsize)));
}

gsize
nsd_link_news_about (GHashTable *news)
{
  GHashTableIter iter;
  gsize about = 0;
  gpointer key;

  g_hash_table_iter_init (&iter, news);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    about |= nsd_link_news_bit (((const Place *)key)->netns);
  return about;
}

gboolean
nsd_link_news_concern (GHashTable *news, guint64 netns)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, news);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (((const Place *)key)->netns == netns)
      return TRUE;
  return FALSE;
}

/* ---- telling ---- */

void
nsd_links_tell (NsdNet *net, guint64 netns, int ifindex)
{
  if (net->link_news == NULL)
    net->link_news = nsd_link_news_new ();
  if (!have (net->link_news, netns, ifindex))
    nsd_link_news_add (net->link_news, netns, ifindex);
}

void
nsd_links_tell_flush (NsdNet *net)
{
  if (net->link_news != NULL)
    net->options.hooks->links_changed (net->id, g_steal_pointer (&net->link_news));
}

/* ---- hearing ---- */

/* Links of the namespace itself that others have changed: what both ends of a pair share. */
static gboolean
touch_named (NsdNet *net, GHashTable *news)
{
  gboolean any = FALSE;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, news);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const Place *place = key;

    if (place->netns != net->id || place->ifindex == 0)
      continue;
    nsd_net_touch_link (net, place->ifindex);
    any = TRUE;
  }
  return any;
}

static gboolean
refers_to_one_of (NsdNet *net, const NsdLink *link, GHashTable *news)
{
  guint64 netns = link->foreign ? link->lower_netns : net->id;

  return (link->refers != 0 && have (news, netns, link->refers)) ||
         (link->foreign && have (news, netns, 0));
}

void
nsd_links_hear (gpointer data, gpointer news)
{
  NsdNet *net = data;
  gboolean any = touch_named (net, news);
  gboolean unknown = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *link = value;

    if (!refers_to_one_of (net, link, news))
      continue;
    if (nsd_link_refers_to_unknown (link)) {
      unknown = TRUE;
    } else {
      nsd_net_touch_link (net, link->ifindex);
      any = TRUE;
    }
  }
  if (unknown)
    nsd_links_look_at_unknown (net);
  if (any)
    nsd_net_drain_soon (net);
}

void
nsd_links_hear_namespace (gpointer data, gpointer netns)
{
  NsdNet *net = data;
  int nsid = nsd_net_find_nsid (net, netns);
  gboolean any = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (nsid >= 0 && g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *link = value;

    if (link->foreign && link->nsid == nsid) {
      nsd_net_touch_link (net, link->ifindex);
      any = TRUE;
    }
  }
  if (any)
    nsd_net_drain_soon (net);
  /* What went there while nobody heard of it. */
  nsd_links_look_at_unknown (net);
}

/* ---- who wants to hear ---- */

void
nsd_links_note_referring (NsdNet *net, const NsdLink *link)
{
  gsize bit = nsd_link_news_bit (link->lower_netns);

  if (!link->foreign || (g_atomic_pointer_or (&net->options.shared->refers_to, bit) & bit))
    return;
  /* What happened there between the reading and now was for nobody to hear. */
  nsd_net_touch_link (net, link->ifindex);
}

void
nsd_links_note_all_referring (NsdNet *net)
{
  gsize refers_to = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((NsdLink *)value)->foreign)
      refers_to |= nsd_link_news_bit (((NsdLink *)value)->lower_netns);
  g_atomic_pointer_set (&net->options.shared->refers_to, refers_to);
}
