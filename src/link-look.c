/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link-look.h"

#include <linux/if.h>

#include "addresses.h"

/* How often links that are down are looked at: soon after something was heard, ever less often
 * while it is quiet (milliseconds). */
#define LOOK_DELAY     250
#define LOOK_DELAY_MAX 2000

/* So many links are read at once, which takes some milliseconds, and the next ones so many
 * microseconds later. */
#define SLICE       32
#define SLICE_PAUSE 100000

static gboolean on_slice (gpointer data);

static void
schedule_slice (NsdNet *net)
{
  gint64 wait = net->slice_next - g_get_monotonic_time ();

  if (net->slice == NULL)
    nsd_net_schedule (net, &net->slice, (guint)(MAX (wait, 0) / 1000), on_slice);
}

/* All of them are read before one is read again, or those that come last never were. */
static void
gather (NsdNet *net)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, net->links);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const NsdLink *link = value;

    if ((net->look_at_silent && !(link->flags & IFF_UP)) ||
        (net->look_at_unknown && nsd_link_refers_to_unknown (link)))
      g_array_append_val (net->slices, link->ifindex);
  }
  net->look_at_silent = FALSE;
  net->look_at_unknown = FALSE;
}

static gboolean
on_slice (gpointer data)
{
  NsdNet *net = data;
  guint rest;

  g_clear_pointer (&net->slice, g_source_unref);
  net->slice_next = g_get_monotonic_time () + SLICE_PAUSE;
  if (net->slices->len == 0)
    gather (net);
  rest = net->slices->len > SLICE ? net->slices->len - SLICE : 0;
  for (guint i = rest; i < net->slices->len; i++)
    nsd_net_touch_link (net, g_array_index (net->slices, int, i));
  g_array_set_size (net->slices, rest);
  if (rest > 0 || net->look_at_silent || net->look_at_unknown)
    schedule_slice (net);
  nsd_net_drain_soon (net);
  return G_SOURCE_REMOVE;
}

void
nsd_links_look_at_unknown (NsdNet *net)
{
  net->look_at_unknown = TRUE;
  schedule_slice (net);
}

static gboolean
on_look (gpointer data)
{
  NsdNet *net = data;

  g_clear_pointer (&net->look, g_source_unref);
  net->look_delay = MIN (net->look_delay * 2, LOOK_DELAY_MAX);
  net->look_at_silent = TRUE;
  schedule_slice (net);
  nsd_addresses_touch_silent (net);
  nsd_net_drain (net);
  return G_SOURCE_REMOVE;
}

void
nsd_links_schedule_look (NsdNet *net)
{
  gboolean sooner = net->heard && net->look_delay > LOOK_DELAY;
  gboolean any = net->has_silent_links || net->has_tentative;

  net->heard = FALSE;
  if (sooner || !any)
    nsd_net_clear_source (&net->look);
  if (net->look != NULL || !any)
    return;
  if (sooner || net->look_delay == 0)
    net->look_delay = LOOK_DELAY;
  nsd_net_schedule (net, &net->look, net->look_delay, on_look);
}
