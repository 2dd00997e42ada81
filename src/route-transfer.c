/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-transfer.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "bulk.h"
#include "error.h"
#include "netns-known.h"
#include "reaper.h"
#include "registry.h"
#include "route-hops.h"
#include "route-match.h"
#include "route-stream.h"
#include "route-undo.h"
#include "route.h"
#include "stream.h"

/* Under way at once: of one user, of all users but root, of all. */
#define MOST_OF_USER  2
#define MOST_OF_USERS 8
#define MOST          16

/* A stream is in memory as a whole: it is checked before anything is done, and what the kernel says
 * at one moment is not held back by a slow reader. */
#define MOST_BYTES (256 * 1024 * 1024)

/* How long a stream may take to come (seconds). */
#define MOST_SECONDS 600

/* How long the end of the daemon waits for what is under way (seconds). */
#define PATIENCE 5

typedef struct {
  NsdRequest *request;
  NsdRegistry *registry;
  gboolean import;
  NsdNetns *home; /* where the thread is while it waits for the caller */
  NsdAttrContext context;
  NsdRouteMatch match; /* of an export */
  int fd;
  guint64 count;
  GError *error;
} Job;

static const NsdAttrTable no_options;

static GPtrArray *jobs; /* Job, all under way */
static gint stopping;   /* atomic */
static int wake = -1;   /* an eventfd: readable from then on */
static GMutex mutex;    /* of … */
static guint n_running; /* threads */
static GCond ended;     /* one more of them */

/* ---- the thread: what both do ---- */

/* Paths of links, for conditions on them. */
static char *
link_path (gpointer data, int nsid, int ifindex)
{
  const Job *job = data;

  return nsid < 0 ? nsd_path_link (job->context.netns, ifindex) : g_strdup ("/");
}

static gboolean
go_on (gpointer data, GError **error)
{
  if (!g_atomic_int_get (&stopping))
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_ABORTED, "The service is shutting down");
  return FALSE;
}

/* Who waits for a caller holds no namespace, and so looks it up when it is needed. */
static NsdNlSocket *
enter (const Job *job, GError **error)
{
  g_autoptr (NsdNetns) netns = nsd_netns_known_find (job->context.netns);

  if (netns != NULL)
    return nsd_netns_enter (nsd_netns_fd (netns), error) ? nsd_nl_socket_new (error) : NULL;
  g_set_error (error, NSD_ERROR, NSD_ERROR_GONE, "%s is gone", job->request->object_path);
  return NULL;
}

/* ---- the thread: export ---- */

typedef struct {
  GByteArray *bytes;
  guint64 count;
} Export;

static gboolean
restart_export (gpointer data, GError **error)
{
  static const guint32 magic = NSD_ROUTE_STREAM_MAGIC;
  Export *export = data;

  export->count = 0;
  g_byte_array_set_size (export->bytes, 0);
  g_byte_array_append (export->bytes, (const guint8 *)&magic, sizeof magic);
  return TRUE;
}

/* Messages of a dump are aligned, and so is what is behind them. */
static gboolean
export_route (const struct nlmsghdr *nlh, gpointer data, GError **error)
{
  Export *export = data;
  guint length = NLMSG_ALIGN (nlh->nlmsg_len);

  if (export->bytes->len + length > MOST_BYTES) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "There are more than %d MiB",
                 MOST_BYTES / 1024 / 1024);
    return FALSE;
  }
  export->count++;
  g_byte_array_append (export->bytes, (const guint8 *)nlh, length);
  return export->count % 4096 != 0 || go_on (NULL, error);
}

static gboolean
export_routes (Job *job, NsdStream *stream, GError **error)
{
  g_autoptr (NsdNlSocket) socket = enter (job, error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Export export = { bytes, 0 };
  const NsdRouteDump dump = { restart_export, export_route, &export };

  if (socket == NULL || !nsd_route_match_dump (&job->match, &job->context, socket, &dump, error))
    return FALSE;
  /* A slow reader shall not keep the namespace. */
  g_clear_pointer (&socket, nsd_nl_socket_free);
  if (!nsd_netns_enter (nsd_netns_fd (job->home), error) ||
      !nsd_stream_write (stream, bytes->data, bytes->len, error))
    return FALSE;
  job->count = export.count;
  return TRUE;
}

/* ---- the thread: import ---- */

static gboolean
has_ipv6 (const GPtrArray *messages)
{
  for (guint i = 0; i < messages->len; i++)
    if (((const struct rtmsg *)NLMSG_DATA (messages->pdata[i]))->rtm_family == AF_INET6)
      return TRUE;
  return FALSE;
}

/* Whether there is something to do for it: not of the cache of IPv6, nor there already. */
static gboolean
is_wanted (struct nlmsghdr *nlh, GHashTable *hops)
{
  const struct rtmsg *rtm = NLMSG_DATA (nlh);

  return !(rtm->rtm_flags & RTM_F_CLONED) &&
         (rtm->rtm_family == AF_INET || nsd_route_hops_reduce (hops, nlh));
}

/* The messages as requests, in the order in which they can be done; @order gets which is which.
 * IPv4 routes to one destination keep their order. */
static void
make_requests (const GPtrArray *messages, GHashTable *hops, NsdBulk *bulk, GArray *order)
{
  g_autofree guint8 *turns = g_malloc (messages->len + 1);

  for (guint i = 0; i < messages->len; i++)
    turns[i] = (guint8)nsd_route_stream_turn (messages->pdata[i]);
  for (guint turn = 0; turn < NSD_ROUTE_STREAM_TURNS; turn++) {
    for (guint i = 0; i < messages->len; i++) {
      const struct rtmsg *rtm = NLMSG_DATA (messages->pdata[i]);
      struct nlmsghdr *nlh;

      if (turns[i] != turn || !is_wanted (messages->pdata[i], hops))
        continue;
      nsd_route_stream_strip (messages->pdata[i]);
      nsd_bulk_add (bulk, messages->pdata[i]);
      g_array_append_val (order, i);
      nlh = nsd_nl_batch_nth (bulk->batch, nsd_nl_batch_count (bulk->batch) - 1);
      nlh->nlmsg_flags = NLM_F_CREATE | (rtm->rtm_family == AF_INET ? NLM_F_APPEND : 0);
      nlh->nlmsg_pid = 0;
    }
  }
}

static void
set_failure (const NsdBulk *bulk, const GPtrArray *messages, const GArray *order, GError **error)
{
  guint index = g_array_index (order, guint, bulk->failed);
  g_autofree char *destination = nsd_route_stream_destination (messages->pdata[index]);

  nsd_error_set_errno (error, bulk->failure.errnum, bulk->failure.text);
  g_prefix_error (error, "route %u of %u, %s: ", index + 1, messages->len, destination);
}

static gboolean
send_routes (Job *job, const GPtrArray *messages, GError **error)
{
  g_autoptr (NsdNlSocket) socket = enter (job, error);
  g_autoptr (GHashTable) hops = nsd_route_hops_new ();
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  g_auto (NsdBulk) bulk = { 0 };

  if (socket == NULL ||
      (has_ipv6 (messages) && !nsd_route_hops_read (hops, &job->context, socket, error)))
    return FALSE;
  nsd_bulk_init (&bulk);
  bulk.harmless = EEXIST;
  bulk.progress = go_on;
  make_requests (messages, hops, &bulk, order);
  if (nsd_bulk_send (&bulk, socket, error)) {
    job->count = nsd_bulk_done (&bulk);
    return TRUE;
  }
  if (bulk.failed != G_MAXUINT)
    set_failure (&bulk, messages, order, error);
  nsd_route_take_back (&bulk, socket, &job->context, error);
  return FALSE;
}

static gboolean
import_routes (Job *job, NsdStream *stream, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GPtrArray) messages = NULL;

  if (!nsd_stream_read (stream, bytes, MOST_BYTES, MOST_SECONDS, error))
    return FALSE;
  messages = nsd_route_stream_parse (bytes->data, bytes->len, error);
  return messages != NULL && send_routes (job, messages, error);
}

/* ---- the end of a job ---- */

static void
close_descriptor (Job *job)
{
  nsd_reaper_take (g_unix_fd_list_new_from_array (&job->fd, 1));
}

static gboolean
finish (gpointer data)
{
  Job *job = data;
  NsdRequest *request = job->request;

  g_ptr_array_remove_fast (jobs, job);
  if (job->error != NULL)
    nsd_request_prefix_error (request, &job->error,
                              job->import ? "import routes" : "export routes");
  if (job->error != NULL)
    nsd_request_fail (request, g_steal_pointer (&job->error));
  else
    nsd_request_return (request, g_variant_new ("(t)", job->count));
  nsd_netns_unref (job->home);
  if (job->match.conditions != NULL)
    nsd_route_match_clear (&job->match);
  g_free (job);
  return G_SOURCE_REMOVE;
}

static void
schedule_finish (gpointer data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, finish, data, NULL);
}

static void
drain (gpointer net, gpointer data)
{
  nsd_net_drain (net);
}

/* What an import did is told before its caller hears of it; a worker that has gone has nobody to
 * tell. */
static gboolean
on_ended (gpointer data)
{
  Job *job = data;
  NsdNamespace *namespace = NULL;

  if (job->import && !g_atomic_int_get (&stopping))
  namespace = nsd_registry_find (job->registry, job->context.netns);
  if (namespace != NULL)
    nsd_worker_invoke (namespace->worker, drain, job, schedule_finish);
  else
    finish (job);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  Job *job = data;
  NsdStream stream;
  sigset_t signals;

  /* A reader that has gone, and a file that may not grow, are errors, and not the daemon's end. */
  sigemptyset (&signals);
  sigaddset (&signals, SIGPIPE);
  sigaddset (&signals, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
  if (nsd_stream_init (&stream, job->fd, wake, !job->import, &job->error)) {
    if (job->import)
      import_routes (job, &stream, &job->error);
    else
      export_routes (job, &stream, &job->error);
  }
  close_descriptor (job);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_ended, job, NULL);
  g_mutex_lock (&mutex);
  n_running--;
  g_cond_broadcast (&ended);
  g_mutex_unlock (&mutex);
  return NULL;
}

/* ---- main ---- */

static gboolean
check_limits (NsdRequest *request, gboolean import, GError **error)
{
  guint of_user = 0, of_users = 0;

  for (guint i = 0; jobs != NULL && i < jobs->len; i++) {
    const Job *job = jobs->pdata[i];

    of_users += job->request->uid != 0;
    of_user += job->request->uid == request->uid;
    if (import && job->import && job->context.netns == request->path.netns) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "Another import is under way there");
      return FALSE;
    }
  }
  if (jobs == NULL || (jobs->len < MOST &&
                       (request->uid == 0 || (of_user < MOST_OF_USER && of_users < MOST_OF_USERS))))
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "Too many exports and imports are under way");
  return FALSE;
}

static int
take_descriptor (NsdRequest *request, GError **error)
{
  gint32 handle;

  g_variant_get_child (request->parameters, 0, "h", &handle);
  if (request->fds != NULL && handle >= 0 && handle < g_unix_fd_list_get_length (request->fds))
    return g_unix_fd_list_get (request->fds, handle, error);
  nsd_error_set_invalid (error, "There is no descriptor %d in the message", handle);
  return -1;
}

static void
start (NsdRequest *request, Job *job)
{
  g_autoptr (GThread) thread = NULL;

  job->request = nsd_request_defer (request);
  job->registry = request->registry;
  job->home = nsd_netns_ref (nsd_registry_host (request->registry)->netns);
  if (jobs == NULL) {
    jobs = g_ptr_array_new ();
    wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  g_ptr_array_add (jobs, job);
  g_mutex_lock (&mutex);
  n_running++;
  g_mutex_unlock (&mutex);
  thread = g_thread_new ("routes", run, job);
}

static gboolean
parse_export (NsdRequest *request, Job *job, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (GVariant) match = nsd_route_match_of_main (dict);

  job->context = (NsdAttrContext){ request->path.netns, link_path, job };
  return nsd_route_match_init (&job->match, &job->context, match, error);
}

gboolean
nsd_route_transfer_check_export (NsdRequest *request, GError **error)
{
  Job job = { 0 };
  gboolean ok = parse_export (request, &job, error);

  nsd_route_match_clear (&job.match);
  if (!ok)
    nsd_request_prefix_error (request, error, "export routes");
  return ok;
}

GVariant *
nsd_route_transfer_export (NsdRequest *request, GError **error)
{
  g_autofree Job *job = g_new0 (Job, 1);

  if (check_limits (request, FALSE, error) && parse_export (request, job, error)) {
    job->fd = take_descriptor (request, error);
    if (job->fd >= 0) {
      start (request, g_steal_pointer (&job));
      return NULL;
    }
  }
  if (job->match.conditions != NULL)
    nsd_route_match_clear (&job->match);
  nsd_request_prefix_error (request, error, "export routes");
  return NULL;
}

gboolean
nsd_route_transfer_check_import (NsdRequest *request, GError **error)
{
  const NsdAttrTable *const tables[] = { &no_options, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);
  g_autoptr (NsdSettings) options = nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);

  if (options == NULL)
    nsd_request_prefix_error (request, error, "import routes");
  return options != NULL;
}

GVariant *
nsd_route_transfer_import (NsdRequest *request, GError **error)
{
  g_autofree Job *job = g_new0 (Job, 1);

  if (!nsd_route_transfer_check_import (request, error))
    return NULL;
  job->import = TRUE;
  job->context = (NsdAttrContext){ request->path.netns, link_path, job };
  job->fd = check_limits (request, TRUE, error) ? take_descriptor (request, error) : -1;
  if (job->fd >= 0)
    start (request, g_steal_pointer (&job));
  else
    nsd_request_prefix_error (request, error, "import routes");
  return NULL;
}

void
nsd_route_transfer_stop (void)
{
  gint64 until = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND;

  if (jobs == NULL)
    return;
  g_atomic_int_set (&stopping, TRUE);
  eventfd_write (wake, 1);
  /* One that hangs in a caller's file system ends with the process. */
  g_mutex_lock (&mutex);
  while (n_running > 0 && g_cond_wait_until (&ended, &mutex, until))
    ;
  g_mutex_unlock (&mutex);
}

static const NsdAttrTable no_options = { NULL, NULL, 0 };
