/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One namespace as its worker knows it: the sockets, and what the bus shows.
 *
 * The kernel is the truth.  What is kept here is only what the bus was told, so that the next thing
 * that it is told is the difference.  Everything is for the worker's thread, but NsdNetShared. */
#pragma once

#include <gio/gio.h>

#include "attr.h"
#include "nl-events.h"
#include "nl-socket.h"
#include "object.h"
#include "records.h"
#include "worker.h"

/* What main may see of a worker's state at any time. */
typedef struct {
  gatomicrefcount references;
  gsize refers_to;      /* atomic: other namespaces of which links here show something, as bits: see
                           nsd_link_news_bit() */
  gint routes_exported; /* atomic */
  gsize route_count;    /* atomic */
} NsdNetShared;

NsdNetShared *nsd_net_shared_new (void);
NsdNetShared *nsd_net_shared_ref (NsdNetShared *shared);
void nsd_net_shared_unref (NsdNetShared *shared);

/* What a worker tells main; called in the worker. */
typedef struct {
  /* Links elsewhere that refer to those of @news may read otherwise now: see link-news.h.  @news is
   * taken over. */
  void (*links_changed) (guint64 netns, GHashTable *news);
  void (*routes_exported_changed) (guint64 netns);
} NsdNetHooks;

typedef struct {
  GDBusConnection *connection;
  const NsdNetHooks *hooks;
  NsdNetShared *shared;
  guint route_object_limit;
  gboolean loopback_up; /* of a namespace that was just made */
} NsdNetOptions;

struct _NsdNet {
  NsdNetOptions options;
  guint64 id;
  char *path;
  NsdAttrContext context;
  NsdNlSocket *socket;
  NsdNlSocket *side_socket; /* NULL until needed: see nsd_net_side_socket() */
  NsdNlEvents *events;
  gboolean published; /* signals are sent */
  GPtrArray *signals; /* GDBusMessage: see nsd_signals_flush() */
  GHashTable *nsids;  /* what nsids mean here: see nsids.c */
  guint nsids_version;

  GHashTable *links;       /* ifindex -> NsdLink */
  GHashTable *links_heard; /* what the events said of them: see link-heard.h */
  GHashTable *link_news;   /* what others are to be told after this drain: see link-news.h */
  guint link_generation;
  guint64 link_serial;
  int moved_ifindex; /* the last link that moved away, and where it is now ("/": not on the bus) */
  char *moved_to;
  NsdRecords *addresses;
  NsdRecords *routes;
  gsize route_counts[2]; /* IPv4, IPv6, while they are no objects: see routes.c */

  /* What must be read again before the events are done with. */
  GHashTable *dirty_links; /* set of ifindex */
  gboolean all_links_dirty;
  gboolean addresses_dirty;
  gboolean routes_dirty[2]; /* IPv4, IPv6 */
  GSource *routes_later;    /* those of routes that nobody waits for, once for many events */
  guint routes_delay;       /* milliseconds */
  GSource *resync;          /* another comparison, later, after dumps that were interrupted */
  guint resync_delay;       /* milliseconds */
  gboolean dump_doubtful;   /* changes came while the routes were listed: see routes.c */
  gboolean count_doubtful;  /* what was counted may be notified of only now */
  GSource *recount;         /* of routes that are no objects */
  guint recount_delay;      /* milliseconds */

  /* What changes in silence is looked at now and then: see link-look.h. */
  gboolean has_silent_links; /* see nsd_links_touch_silent() */
  gboolean has_tentative;    /* addresses, which change in silence too */
  gboolean heard;            /* an event since the last drain */
  GSource *look;
  guint look_delay; /* milliseconds */
  gboolean look_at_silent;
  gboolean look_at_unknown;
  GArray *slices; /* int: links that are still to be looked at, a few at a time … */
  GSource *slice;
  gint64 slice_next; /* … and not before: g_get_monotonic_time() */

  GPtrArray *rules_added;            /* GVariant: that came … */
  GPtrArray *rules_removed;          /* … and went, and nobody has been told yet */
  GHashTable *neighbour_subscribers; /* name on the bus -> uid; NULL: nobody */
  GPtrArray *neighbour_events;       /* GVariant: what they have not been told yet */
  gboolean neighbours_lost;          /* they are told that there was more */

  gint64 rest_until; /* g_get_monotonic_time(): nobody waits for events before */
  GSource *rest;
};

extern const NsdWorkerHooks nsd_net_worker_hooks;

/* NsdWorkerFunc: from now on changes are signalled. */
void nsd_net_publish (gpointer net, gpointer data);
/* NsdWorkerFunc: @sender, a name on the bus, has left; what it had here ends. */
void nsd_net_forget_caller (gpointer net, gpointer sender);

/* Takes in all that the kernel has said so far and tells the bus.  After a request of ours this
 * includes what the request did: the kernel queues notifications before its acknowledgement. */
void nsd_net_drain (NsdNet *net);
/* The same when it has rested from earlier events, for nobody who waits. */
void nsd_net_drain_soon (NsdNet *net);
/* Takes it in and tells nobody yet: so that the kernel's buffer does not run over during a call
 * that changes much. */
void nsd_net_take_in (NsdNet *net);

/* Link @ifindex is read again in the next drain, whether or not the kernel notifies. */
void nsd_net_touch_link (NsdNet *net, int ifindex);
/* All addresses are compared in the next drain. */
void nsd_net_touch_addresses (NsdNet *net);
/* The same for all routes of @family. */
void nsd_net_touch_routes (NsdNet *net, int family);

/* Sends the message of @builder and drains the events, also on failure.  @func may be NULL.  The
 * error has the kernel's own text and the property whose value it is about. */
gboolean nsd_net_transact (NsdNet *net, NsdAttrBuilder *builder, NsdNlFunc func, gpointer data,
                           GError **error);
/* The same without draining. */
gboolean nsd_net_request (NsdNet *net, NsdAttrBuilder *builder, NsdNlFunc func, gpointer data,
                          GError **error);
/* The error that such a request has failed with. */
void nsd_net_set_failure (const NsdAttrBuilder *builder, const NsdNlFailure *failure,
                          GError **error);
/* A dump, retried a few times while it is interrupted; @restart runs before each try.  FALSE after
 * an error, which is logged; *@ret_complete is FALSE if the last try was interrupted too. */
gboolean nsd_net_dump (NsdNet *net, int type, gconstpointer header, gsize header_size,
                       void (*restart) (gpointer), NsdNlFunc func, gpointer data,
                       gboolean *ret_complete);

/* The socket for whatever is to be asked while a dump on the other may be under way; NULL if there
 * is none to be had. */
NsdNlSocket *nsd_net_side_socket (NsdNet *net);

/* Calls @func once in the worker's own main context, @delay milliseconds from now; it clears
 * *@source. */
void nsd_net_schedule (NsdNet *net, GSource **source, guint delay, GSourceFunc func);
void nsd_net_clear_source (GSource **source);

/* The id of the namespace that has @nsid here; 0 if it is not on the bus (nsids.c). */
guint64 nsd_net_resolve_nsid (NsdNet *net, int nsid);
/* The id that namespace @netns has here, made if it has none; FALSE with NotFound if it is not on
 * the bus. */
gboolean nsd_net_assign_nsid (NsdNet *net, guint64 netns, int *ret_nsid, GError **error);
/* The id that it has; negative if it has none. */
int nsd_net_find_nsid (NsdNet *net, const NsdNetns *netns);
void nsd_net_forget_nsid (NsdNet *net, int nsid);
