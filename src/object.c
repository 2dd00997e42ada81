/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object.h"

static const NsdRequestHooks *request_hooks;

void
nsd_request_set_hooks (const NsdRequestHooks *hooks)
{
  request_hooks = hooks;
}

GVariant *
nsd_request_return_fd (NsdRequest *request, int fd)
{
  g_return_val_if_fail (request->fds_out == NULL, NULL);

  request->fds_out = g_unix_fd_list_new_from_array (&fd, 1);
  return g_variant_new_handle (0);
}

void
nsd_request_settle (NsdRequest *request, guint64 netns)
{
  if (request->settle == NULL)
    request->settle = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint i = 0; i < request->settle->len; i++)
    if (g_array_index (request->settle, guint64, i) == netns)
      return;
  g_array_append_val (request->settle, netns);
}

void
nsd_request_settle_with (NsdRequest *request, NsdSettleFunc func, gpointer data,
                         GDestroyNotify destroy)
{
  request->settle_func = func;
  request->settle_data = data;
  request->settle_destroy = destroy;
}

void
nsd_request_watch_caller (NsdRequest *request)
{
  request->watch_caller = TRUE;
}

NsdRequest *
nsd_request_defer (NsdRequest *request)
{
  request->deferred = TRUE;
  request_hooks->defer (request);
  return request;
}

void
nsd_request_return (NsdRequest *request, GVariant *reply)
{
  request_hooks->finish (request, reply, NULL);
}

void
nsd_request_fail (NsdRequest *request, GError *error)
{
  request_hooks->finish (request, NULL, error);
}

void
nsd_request_prefix_error (const NsdRequest *request, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  if (error == NULL || *error == NULL)
    return;
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  if (request->where != NULL)
    g_prefix_error (error, "Cannot %s in %s: ", what, request->where);
  else
    g_prefix_error (error, "Cannot %s: ", what);
}
