/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nl-events.h"

#include <glib-unix.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "error.h"
#include "nl-receive.h"

/* A limit, not an allocation: the kernel charges what is queued.  The default (212992) overflows
 * after some 95 changes of a link, this after some 7300. */
#define RECEIVE_BUFFER (8 * 1024 * 1024)

/* More than fit into the buffer at any moment: a drain that has read so many has read all that was
 * there when it began, and need not keep up with somebody who writes faster than it reads. */
#define DRAIN_MAX 16384

struct _NsdNlEvents {
  struct nl_sock *sock;
  struct nl_cb *cb;
  GSource *source;
  NsdNlReadyFunc ready;
  gpointer ready_data;
  NsdNlEventFunc func; /* while draining */
  guint count;         /* of events in this drain */
  gpointer data;
};

static int
on_event (struct nl_msg *msg, void *data)
{
  NsdNlEvents *self = data;

  self->count++;
  if (nlmsg_get_src (msg)->nl_pid == 0)
    self->func (nlmsg_hdr (msg), self->data);
  return NL_OK;
}

static int
on_sequence (struct nl_msg *msg, void *data)
{
  return NL_OK; /* events carry the numbers of other people's requests */
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  NsdNlEvents *self = data;

  self->ready (self->ready_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
check_result (int result, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "Cannot listen to netlink events: %s",
               nl_geterror (result));
  return FALSE;
}

gboolean
nsd_nl_events_join (NsdNlEvents *self, int group, GError **error)
{
  return check_result (nl_socket_add_membership (self->sock, group), error);
}

void
nsd_nl_events_leave (NsdNlEvents *self, int group)
{
  nl_socket_drop_membership (self->sock, group);
}

static gboolean
set_up_socket (NsdNlEvents *self, const int *groups, GError **error)
{
  int size = RECEIVE_BUFFER;
  int result = nl_connect (self->sock, NETLINK_ROUTE);

  for (; result >= 0 && *groups != 0; groups++)
    result = nl_socket_add_membership (self->sock, *groups);
  if (result >= 0)
    result = nl_socket_set_nonblocking (self->sock);
  if (!check_result (result, error))
    return FALSE;
  nsd_nl_receive_install (self->cb);
  if (setsockopt (nl_socket_get_fd (self->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) <
      0)
    g_info ("Cannot enlarge the netlink receive buffer: %m");
  return TRUE;
}

static void
start_listening (NsdNlEvents *self)
{
  self->source = g_unix_fd_source_new (nl_socket_get_fd (self->sock), G_IO_IN | G_IO_ERR);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
stop_listening (NsdNlEvents *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

void
nsd_nl_events_listen (NsdNlEvents *self, gboolean whether)
{
  if (whether && self->source == NULL)
    start_listening (self);
  else if (!whether)
    stop_listening (self);
}

NsdNlEvents *
nsd_nl_events_new (const int *groups, NsdNlReadyFunc ready, gpointer data, GError **error)
{
  g_autoptr (NsdNlEvents) self = g_new0 (NsdNlEvents, 1);

  self->sock = nl_socket_alloc ();
  self->cb = nl_cb_alloc (NL_CB_DEFAULT);
  self->ready = ready;
  self->ready_data = data;
  if (!set_up_socket (self, groups, error))
    return NULL;
  nl_cb_set (self->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, self);
  nl_cb_set (self->cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, self);
  nsd_nl_events_listen (self, TRUE);
  return g_steal_pointer (&self);
}

void
nsd_nl_events_free (NsdNlEvents *self)
{
  nsd_nl_events_listen (self, FALSE);
  g_clear_pointer (&self->cb, nl_cb_put);
  g_clear_pointer (&self->sock, nl_socket_free);
  g_free (self);
}

gboolean
nsd_nl_events_drain (NsdNlEvents *self, NsdNlEventFunc func, gpointer data)
{
  gboolean complete = TRUE;
  int result;

  self->func = func;
  self->data = data;
  self->count = 0;
  do {
    result = nl_recvmsgs (self->sock, self->cb);
    /* ENOBUFS, which libnl reports as «out of memory»; whatever is queued is still to be read. */
    if (result < 0 && result != -NLE_AGAIN && result != -NLE_INTR) {
      g_debug ("Netlink events were lost: %s", nl_geterror (result));
      complete = FALSE;
    }
  } while ((result >= 0 || result == -NLE_INTR || result == -NLE_NOMEM) && self->count < DRAIN_MAX);
  self->func = NULL;
  return complete;
}

gboolean
nsd_nl_events_pending (NsdNlEvents *self)
{
  GPollFD poll = { nl_socket_get_fd (self->sock), G_IO_IN | G_IO_ERR, 0 };

  return g_poll (&poll, 1, 0) > 0;
}
