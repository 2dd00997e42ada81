/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-dispatch.h"

#include <string.h>

#include "bus-call.h"
#include "bus-details.h"
#include "bus-row.h"
#include "error.h"
#include "interfaces.h"
#include "names.h"
#include "objects.h"

struct _NsdDispatch {
  NsdRegistry *registry;
  NsdAuthority *authority;
  NsdCallers *callers;
};

typedef struct {
  NsdDispatch *dispatch;
  NsdCall *call;
} Step;

static void ask (NsdDispatch *self, NsdCall *call, guint64 netns);
static void run (NsdDispatch *self, NsdCall *call);

static Step *
step_new (NsdDispatch *self, NsdCall *call)
{
  Step *step = g_new (Step, 1);

  *step = (Step){ self, nsd_call_ref (call) };
  return step;
}

static void
step_free (gpointer data)
{
  Step *step = data;

  nsd_call_unref (step->call);
  g_free (step);
}

static void
run_on_main (GSourceFunc func, Step *step)
{
  g_main_context_invoke_full (g_main_context_default (), G_PRIORITY_DEFAULT, func, step, step_free);
}

/* ---- the object ---- */

static NsdNamespace *
namespace_of (NsdDispatch *self, NsdCall *call)
{
  return nsd_registry_find (self->registry, call->request.path.netns);
}

static gboolean
is_in_namespace (const NsdCall *call)
{
  return call->request.path.node >= NSD_NODE_NAMESPACE;
}

static void
fail_missing (NsdCall *call)
{
  if (call->asked)
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_GONE, "%s is gone",
                           call->request.object_path);
  else
    nsd_call_fail_literal (call, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "There is no object %s",
                           call->request.object_path);
}

/* ---- what a caller leaves behind ---- */

static gboolean
watch_caller (gpointer data)
{
  Step *step = data;

  if (step->dispatch->registry != NULL)
    nsd_callers_watch (step->dispatch->callers, step->call->request.sender,
                       step->call->request.path.netns);
  return G_SOURCE_REMOVE;
}

static void
on_caller_gone (const char *sender, guint64 netns, gpointer data)
{
  NsdDispatch *self = data;
  NsdNamespace *namespace =
      self->registry != NULL ? nsd_registry_find (self->registry, netns) : NULL;

  if (namespace != NULL)
    nsd_worker_invoke (namespace->worker, nsd_net_forget_caller, g_strdup (sender), g_free);
}

/* ---- running ---- */

static gboolean settle_next (gpointer data);

static void
settle_in_worker (gpointer net, gpointer data)
{
  Step *step = data;
  NsdRequest *request = &step->call->request;
  g_autoptr (GError) error = NULL;

  nsd_net_drain (net);
  if (step->call->settled == 1 && request->settle_func != NULL &&
      !request->settle_func (net, request->settle_data, &error)) {
    /* What that took back is known where it was begun before the caller hears of it. */
    step->call->error = g_steal_pointer (&error);
    nsd_request_settle (request, request->path.netns);
  }
  run_on_main (settle_next, step_new (step->dispatch, step->call));
}

/* Goes through the other namespaces that the call changed, one after the other, then replies. */
static gboolean
settle_next (gpointer data)
{
  Step *step = data;
  NsdCall *call = step->call;
  GArray *settle = call->request.settle;

  if (step->dispatch->registry == NULL)
    return G_SOURCE_REMOVE;
  while (call->settled < settle->len) {
    guint64 id = g_array_index (settle, guint64, call->settled++);
    NsdNamespace *namespace = nsd_registry_find (step->dispatch->registry, id);

    if (namespace != NULL) {
      nsd_worker_invoke (namespace->worker, settle_in_worker, step_new (step->dispatch, call),
                         step_free);
      return G_SOURCE_REMOVE;
    }
  }
  if (call->error != NULL)
    nsd_call_fail (call, call->error);
  else
    nsd_call_return (call, call->result);
  return G_SOURCE_REMOVE;
}

static guint64
other_namespace (NsdCall *call)
{
  NsdRequest *request = &call->request;
  guint64 id =
      request->method->other_namespace != NULL ? request->method->other_namespace (request) : 0;

  return id != request->path.netns ? id : 0;
}

/* While a person was asked, what the call is about can have come to touch another namespace. */
static gboolean
is_still_allowed (NsdCall *call)
{
  if (!call->asked || other_namespace (call) == call->other)
    return TRUE;
  nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_GONE,
                         "What %s touches was moved to another namespace meanwhile",
                         call->request.object_path);
  return FALSE;
}

static void
run_handler (NsdDispatch *self, NsdCall *call)
{
  g_autoptr (GError) error = NULL;
  GVariant *result;

  if (!is_still_allowed (call))
    return;
  result = call->request.method->handler (&call->request, &error);
  if (call->request.watch_caller)
    run_on_main (watch_caller, step_new (self, call));
  if (error != NULL) {
    g_assert (result == NULL);
    nsd_call_fail (call, error);
  } else if (call->request.settle != NULL) {
    call->result = result != NULL ? g_variant_ref_sink (result) : NULL;
    run_on_main (settle_next, step_new (self, call));
  } else if (!call->request.deferred) {
    nsd_call_return (call, result);
  }
}

/* A link has the interface of a kind only while it is of that kind. */
static gboolean
has_interface (NsdNet *net, const NsdCall *call)
{
  const NsdRequest *request = &call->request;
  g_autofree const char **names = NULL;

  if (request->path.node != NSD_NODE_LINK || nsd_interface_find (request->interface) == NULL)
    return TRUE;
  names = nsd_objects_interfaces (net, &request->path);
  return names != NULL && g_strv_contains (names, request->interface);
}

static void
fail_without_interface (NsdCall *call)
{
  nsd_call_fail_literal (call, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE,
                         "%s has no interface %s", call->request.object_path,
                         call->request.interface);
}

static void
run_in_worker (gpointer net, gpointer data)
{
  Step *step = data;
  NsdCall *call = step->call;

  /* What the kernel has said before the call is known to its handler. */
  nsd_net_drain (net);
  call->request.net = net;
  if (!nsd_objects_exist (net, &call->request.path) ||
      (call->asked && nsd_objects_serial (net, &call->request.path) != call->serial))
    fail_missing (call);
  else if (!has_interface (net, call))
    fail_without_interface (call);
  else
    run_handler (step->dispatch, call);
}

/* The properties of a namespace are main's, but what its worker counts is among them. */
static gboolean
is_of_worker (const NsdCall *call)
{
  return call->request.path.node == NSD_NODE_NAMESPACE &&
         strcmp (call->request.interface, NSD_IFACE_PROPERTIES) == 0;
}

static gboolean
run_after_worker (gpointer data)
{
  Step *step = data;
  NsdDispatch *self = step->dispatch;

  if (self->registry == NULL)
    return G_SOURCE_REMOVE;
  if (namespace_of (self, step->call) == NULL)
    fail_missing (step->call);
  else
    run_handler (self, step->call);
  return G_SOURCE_REMOVE;
}

static void
drain_in_worker (gpointer net, gpointer data)
{
  Step *step = data;

  nsd_net_drain (net);
  run_on_main (run_after_worker, step_new (step->dispatch, step->call));
}

static void
run (NsdDispatch *self, NsdCall *call)
{
  NsdNamespace *namespace = NULL;

  if (self->registry == NULL)
    return;
  /* Looked up again, by identity: while a person was asked the object may have gone. */
  if (is_in_namespace (call)) {
    namespace = namespace_of (self, call);
    if (namespace == NULL) {
      fail_missing (call);
      return;
    }
  }
  call->request.registry = call->in_worker ? NULL : self->registry;
  if (call->in_worker || is_of_worker (call))
    nsd_worker_invoke (namespace->worker, call->in_worker ? run_in_worker : drain_in_worker,
                       step_new (self, call), step_free);
  else
    run_handler (self, call);
}

/* ---- the gate ---- */

static void
on_allowed (NsdDispatch *self, NsdCall *call)
{
  if (self->registry == NULL)
    return;
  call->asked = TRUE;
  /* What is not there now cannot be asked about, and could be there when the handler looks. */
  if (call->other != 0 && nsd_registry_find (self->registry, call->other) == NULL) {
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_NOT_FOUND,
                           "There is no namespace %" G_GUINT64_FORMAT, call->other);
  } else if (call->other != 0 && !call->asked_other) {
    call->asked_other = TRUE;
    ask (self, call, call->other);
  } else {
    run (self, call);
  }
}

static void
on_checked (const GError *error, gpointer data)
{
  Step *step = data;
  NsdCall *call = step->call;

  nsd_callers_end_check (step->dispatch->callers, g_dbus_message_get_sender (call->message),
                         call->request.uid, call->cancellable);
  if (error != NULL)
    nsd_call_fail (call, error);
  else
    on_allowed (step->dispatch, call);
  step_free (step);
}

static void
ask (NsdDispatch *self, NsdCall *call, guint64 netns)
{
  const char *sender = g_dbus_message_get_sender (call->message);
  NsdNamespace *namespace = netns != 0 ? nsd_registry_find (self->registry, netns) : NULL;
  gboolean interactive = (g_dbus_message_get_flags (call->message) &
                          G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
  g_autoptr (GHashTable) details = NULL;
  g_autoptr (GError) error = NULL;

  if (netns != 0 && namespace == NULL) {
    fail_missing (call);
    return;
  }
  if (!nsd_callers_begin_check (self->callers, sender, call->cancellable, &error)) {
    nsd_call_fail (call, error);
    return;
  }
  details = nsd_details_new (call, namespace);
  nsd_authority_check (self->authority, sender, call->request.method->action, details, interactive,
                       call->cancellable, on_checked, step_new (self, call));
}

static gboolean
ask_described (gpointer data)
{
  Step *step = data;

  if (step->dispatch->registry != NULL)
    ask (step->dispatch, step->call, step->call->request.path.netns);
  return G_SOURCE_REMOVE;
}

/* Where the handler runs.  Answers the call if nobody needs to be asked. */
static gboolean
check (NsdCall *call)
{
  const NsdMethod *method = call->request.method;
  g_autoptr (GError) error = NULL;

  if (method->check != NULL && !method->check (&call->request, &error)) {
    nsd_call_fail (call, error);
    return FALSE;
  }
  call->other = other_namespace (call);
  if (call->other != NSD_NETNS_HIDDEN)
    return TRUE;
  nsd_call_fail_literal (call, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                         "It would change a namespace that is not on the bus");
  return FALSE;
}

/* What is asked about is looked at first: nobody is bothered for what does not exist, or for
 * arguments that are wrong. */
static void
describe_in_worker (gpointer net, gpointer data)
{
  Step *step = data;
  NsdCall *call = step->call;

  nsd_net_drain (net);
  if (!nsd_objects_exist (net, &call->request.path)) {
    fail_missing (call);
    return;
  }
  if (!has_interface (net, call)) {
    fail_without_interface (call);
    return;
  }
  call->request.net = net;
  if (!check (call))
    return;
  nsd_objects_describe (net, &call->request.path, &call->link, &call->kind);
  call->serial = nsd_objects_serial (net, &call->request.path);
  run_on_main (ask_described, step_new (step->dispatch, call));
}

static void
gate (NsdDispatch *self, NsdCall *call)
{
  call->request.registry = call->in_worker ? NULL : self->registry;
  if (strcmp (call->request.method->action, NSD_READ) == 0 || call->request.uid == 0)
    run (self, call);
  else if (call->in_worker)
    nsd_worker_invoke (namespace_of (self, call)->worker, describe_in_worker, step_new (self, call),
                       step_free);
  else if (check (call))
    ask (self, call, call->request.path.netns);
}

/* ---- the door ---- */

static void
on_identified (NsdCaller *caller, const GError *error, gpointer data)
{
  Step *step = data;
  NsdDispatch *self = step->dispatch;
  NsdCall *call = step->call;

  if (caller == NULL) {
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_ABORTED, "The caller is gone: %s",
                           error->message);
  } else if (self->registry == NULL) {
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_ABORTED, "The service is shutting down");
  } else if (is_in_namespace (call) && namespace_of (self, call) == NULL) {
    fail_missing (call);
  } else {
    call->request.uid = nsd_caller_uid (caller);
    gate (self, call);
  }
  step_free (step);
}

NsdDispatch *
nsd_dispatch_new (NsdRegistry *registry, NsdAuthority *authority, NsdCallers *callers)
{
  NsdDispatch *self = g_new (NsdDispatch, 1);

  *self = (NsdDispatch){ registry, authority, callers };
  nsd_request_set_hooks (&nsd_call_request_hooks);
  nsd_callers_set_gone_func (callers, on_caller_gone, self);
  return self;
}

void
nsd_dispatch_stop (NsdDispatch *self)
{
  self->registry = NULL;
  nsd_call_begin_stop ();
}

void
nsd_dispatch_free (NsdDispatch *self)
{
  g_free (self);
}

void
nsd_dispatch_message (NsdDispatch *self, GDBusConnection *connection, GDBusMessage *message,
                      GUnixFDList *fds)
{
  NsdCall *call = nsd_call_new (connection, message, fds);
  g_autoptr (GError) error = NULL;
  NsdNamespace *namespace;

  if (self->registry == NULL) {
    nsd_call_fail_literal (call, NSD_ERROR, NSD_ERROR_ABORTED, "The service is shutting down");
  } else if (!nsd_path_decode (call->request.object_path, &call->request.path)) {
    fail_missing (call);
  } else if (is_in_namespace (call) && namespace_of (self, call) == NULL) {
    fail_missing (call);
  } else if (!nsd_call_find_row (call, &error)) {
    nsd_call_fail (call, error);
  } else {
    namespace = is_in_namespace (call) ? namespace_of (self, call) : NULL;
    if (namespace != NULL)
      call->request.where = call->where = nsd_namespace_describe (namespace);
    nsd_callers_identify (self->callers, g_dbus_message_get_sender (message), on_identified,
                          step_new (self, call));
  }
  nsd_call_unref (call);
}
