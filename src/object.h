/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How objects are put on the bus: rows.
 *
 * A method is a row: its name, the polkit action that guards it, where it runs, and its handler.  A
 * handler cannot be reached but through a row, and a row without an action does not start.  Types
 * of arguments are those of the interface's XML.
 *
 * A handler is synchronous.  It returns the reply (floating; NULL for a reply without values) or
 * sets
 * @error; it never replies itself.  The few that must wait for a thread to start return through
 * nsd_request_defer(). */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "bus-path.h"

typedef struct _NsdRequest NsdRequest;
typedef struct _NsdNet NsdNet;

typedef GVariant *(*NsdHandler) (NsdRequest *request, GError **error);

/* The rest of a call's work in another namespace, in the worker of that.  Its error is the caller's
 * as it is. */
typedef gboolean (*NsdSettleFunc) (NsdNet *net, gpointer data, GError **error);

typedef enum {
  NSD_ON_MAIN,   /* the registry of namespaces: main thread */
  NSD_IN_WORKER, /* the state of one namespace: its worker */
} NsdWhere;

/* The answer of `other_namespace` for one that is not on the bus: nobody can be asked about it. */
#define NSD_NETNS_HIDDEN G_MAXUINT64

typedef struct {
  const char *member;
  const char *action; /* NSD_READ or NSD_ACTION_*; never NULL */
  NsdWhere where;
  NsdHandler handler;
  /* Whether the arguments are fit, before anybody is asked; changes nothing, runs where the handler
   * does, and the handler checks again.  NULL: nothing is known before. */
  gboolean (*check) (NsdRequest *request, GError **error);
  /* What the leading string arguments say to polkit: "namespace", "link", "kind". */
  const char *details[2];
  /* The namespace besides that of the path in which the action is needed too, 0 for none; NULL
   * where there never is one.  Runs after `check`, where the handler does, and again before the
   * handler: another answer than the one that was asked about is Gone. */
  guint64 (*other_namespace) (NsdRequest *request);
} NsdMethod;

/* One D-Bus interface: what the XML says, what runs it. */
typedef struct {
  const GDBusInterfaceInfo *info;
  NsdNode node; /* the objects that have it */
  const NsdMethod *methods;
  gsize n_methods;
  const NsdMethod *set;  /* writes a property: parameters (ssv); NULL if none is writable */
  NsdHandler properties; /* main-thread objects: all properties, as a{sv} */
} NsdInterface;

/* A call under way, as its handler sees it.  The arguments never change. */
struct _NsdRequest {
  const NsdMethod *method;
  const char *interface; /* of the member */
  NsdPath path;
  const char *object_path;
  GVariant *parameters;
  GUnixFDList *fds;     /* that came with the call, or NULL */
  GUnixFDList *fds_out; /* that go with the reply: nsd_request_return_fd() */
  int target_fd;        /* -1, or what `check` found that the call is about; closed at its end */
  guint32 target_pid;   /* the process that it was found by, or 0 */
  const char *sender;   /* the caller's name on the bus */
  guint32 uid;          /* of the caller */
  const char *where;    /* «namespace blue», for messages */
  gpointer registry;    /* NsdRegistry *, on main */
  NsdNet *net;          /* in a worker */
  GArray *settle;       /* guint64: other namespaces that the call changed */
  NsdSettleFunc settle_func;
  gpointer settle_data;
  GDestroyNotify settle_destroy;
  gboolean deferred;
  gboolean watch_caller; /* nsd_request_watch_caller() */
};

/* Puts @fd (taken over) into the reply, once a request; returns its handle as a floating `h`. */
GVariant *nsd_request_return_fd (NsdRequest *request, int fd);

/* The call changed namespace @netns too: its events are drained before the reply goes out. */
void nsd_request_settle (NsdRequest *request, guint64 netns);

/* The first of those namespaces has more to do than that: @func runs in its worker, and the call
 * fails if it does. */
void nsd_request_settle_with (NsdRequest *request, NsdSettleFunc func, gpointer data,
                              GDestroyNotify destroy);

/* In a worker: something there lives as long as the caller is on the bus.  When it has left,
 * nsd_net_forget_caller() runs there, also if it has left by now. */
void nsd_request_watch_caller (NsdRequest *request);

/* Main thread: the handler returns NULL now, and the reply comes later, exactly once, by one of the
 * other two.  They take the request back; with neither, the caller is told Aborted. */
NsdRequest *nsd_request_defer (NsdRequest *request);
void nsd_request_return (NsdRequest *request, GVariant *reply);
void nsd_request_fail (NsdRequest *request, GError *error);

/* Puts «Cannot <format> in <where>: » in front of *@error, if it is set. */
void nsd_request_prefix_error (const NsdRequest *request, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* The handlers of the layer above, which nsd_request_return() and nsd_request_fail() end in. */
typedef struct {
  void (*defer) (NsdRequest *request);
  void (*finish) (NsdRequest *request, GVariant *reply, GError *error);
} NsdRequestHooks;
void nsd_request_set_hooks (const NsdRequestHooks *hooks);
