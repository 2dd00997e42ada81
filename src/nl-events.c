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

struct _NsdNlEvents {
  struct nl_sock *sock;
  struct nl_cb *cb;
  GSource *source;
  NsdNlReadyFunc ready;
  gpointer ready_data;
  NsdNlEventFunc func; /* while draining */
  gpointer data;
};

static int
on_event (struct nl_msg *msg, void *data)
{
  NsdNlEvents *self = data;

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
set_up_socket (NsdNlEvents *self, const int *groups, GError **error)
{
  int size = RECEIVE_BUFFER;
  int result = nl_connect (self->sock, NETLINK_ROUTE);

  for (; result >= 0 && *groups != 0; groups++)
    result = nl_socket_add_membership (self->sock, *groups);
  if (result >= 0)
    result = nl_socket_set_nonblocking (self->sock);
  if (result < 0) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "Cannot listen to netlink events: %s",
                 nl_geterror (result));
    return FALSE;
  }
  nsd_nl_receive_install (self->cb);
  if (setsockopt (nl_socket_get_fd (self->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) <
      0)
    g_info ("Cannot enlarge the netlink receive buffer: %m");
  return TRUE;
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

  self->source = g_unix_fd_source_new (nl_socket_get_fd (self->sock), G_IO_IN | G_IO_ERR);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return g_steal_pointer (&self);
}

void
nsd_nl_events_free (NsdNlEvents *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
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
  do {
    result = nl_recvmsgs (self->sock, self->cb);
    /* ENOBUFS, which libnl reports as «out of memory»; whatever is queued is still to be read. */
    if (result < 0 && result != -NLE_AGAIN && result != -NLE_INTR) {
      g_debug ("Netlink events were lost: %s", nl_geterror (result));
      complete = FALSE;
    }
  } while (result >= 0 || result == -NLE_INTR || result == -NLE_NOMEM);
  self->func = NULL;
  return complete;
}
