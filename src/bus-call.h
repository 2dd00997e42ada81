/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One method call, from its arrival to its one reply. */
#pragma once

#include <gio/gio.h>

#include "object.h"

typedef struct _NsdCall NsdCall;

struct _NsdCall {
  NsdRequest request; /* first: a handler's request is the call */
  gatomicrefcount references;
  GDBusConnection *connection;
  GDBusMessage *message;
  char *where; /* owns request.where */
  char *link;  /* for polkit, as found by the worker */
  char *kind;
  guint64 serial;       /* of the object that was asked about */
  gboolean in_worker;   /* where it runs */
  gboolean asked;       /* time has passed since the object was seen: it may be gone */
  guint64 other;        /* the other namespace that is to be asked about, or 0 */
  gboolean asked_other; /* about that too */
  guint settled;        /* how many of request.settle are done */
  GError *error;        /* or this, of the work in the other namespace */
  GVariant *result;     /* held back until then */
  GCancellable *cancellable;
  gint replied; /* atomic */
};

/* Takes a reference of @message, and @fds (may be NULL) over. */
NsdCall *nsd_call_new (GDBusConnection *connection, GDBusMessage *message, GUnixFDList *fds);
NsdCall *nsd_call_ref (NsdCall *call);
/* The last reference answers if nothing was answered: Gone, or Aborted if the service ends.  Any
 * thread. */
void nsd_call_unref (NsdCall *call);
/* The service ends. */
void nsd_call_begin_stop (void);

/* Any thread; the first counts.  @result is consumed if floating; NULL: a reply without values. */
void nsd_call_return (NsdCall *call, GVariant *result);
/* @error is not taken over. */
void nsd_call_fail (NsdCall *call, const GError *error);
void nsd_call_fail_literal (NsdCall *call, GQuark domain, int code, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* The hooks of object.h that end in the calls above. */
extern const NsdRequestHooks nsd_call_request_hooks;
