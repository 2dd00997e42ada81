/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "names.h"

/* An errno whose class has a name of its own on the bus. */
typedef struct {
  int errnum;
  gboolean standard; /* a code of G_DBUS_ERROR, not of ours */
  int code;
} ErrnoClass;

static const GDBusErrorEntry entries[];
static const ErrnoClass errno_classes[];
static const gsize n_errno_classes;
static const gsize n_entries;

GQuark
nsd_error_quark (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("nsd-error-quark", &quark, entries, n_entries);
  return (GQuark)quark;
}

const char *
nsd_error_name (NsdError code)
{
  g_return_val_if_fail ((guint)code < NSD_N_ERRORS, NULL);

  return entries[code].dbus_error_name;
}

void
nsd_error_set_errno (GError **error, int errnum, const char *text)
{
  gboolean has_text = text != NULL && *text != '\0';
  const char *name;

  for (gsize i = 0; i < n_errno_classes; i++) {
    if (errno_classes[i].errnum == errnum) {
      g_set_error_literal (error, errno_classes[i].standard ? G_DBUS_ERROR : NSD_ERROR,
                           errno_classes[i].code, has_text ? text : g_strerror (errnum));
      return;
    }
  }

  name = strerrorname_np (errnum);
  if (name != NULL)
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "%s (%s)",
                 has_text ? text : g_strerror (errnum), name);
  else
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL, "%s (errno %d)",
                 has_text ? text : g_strerror (errnum), errnum);
}

void
nsd_error_set_invalid (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, message);
}

static const ErrnoClass errno_classes[] = {
  { ENOENT, FALSE, NSD_ERROR_NOT_FOUND },
  { ENODEV, FALSE, NSD_ERROR_NOT_FOUND },
  { ENXIO, FALSE, NSD_ERROR_NOT_FOUND },
  { ESRCH, FALSE, NSD_ERROR_NOT_FOUND },
  { EADDRNOTAVAIL, FALSE, NSD_ERROR_NOT_FOUND },
  { EEXIST, FALSE, NSD_ERROR_EXISTS },
  { EBUSY, FALSE, NSD_ERROR_BUSY },
  { ENOTEMPTY, FALSE, NSD_ERROR_BUSY },
  { EOPNOTSUPP, FALSE, NSD_ERROR_NOT_SUPPORTED },
  { EPROTONOSUPPORT, FALSE, NSD_ERROR_NOT_SUPPORTED },
  { EAFNOSUPPORT, FALSE, NSD_ERROR_NOT_SUPPORTED },
  { ENETUNREACH, FALSE, NSD_ERROR_UNREACHABLE },
  { EHOSTUNREACH, FALSE, NSD_ERROR_UNREACHABLE },
  { ENETDOWN, FALSE, NSD_ERROR_UNREACHABLE },
  { EPERM, TRUE, G_DBUS_ERROR_ACCESS_DENIED },
  /* We are root: this is about the state of a link, such as the mode of a bond, not about who asks.
   */
  { EACCES, FALSE, NSD_ERROR_NOT_SUPPORTED },
};
static const gsize n_errno_classes = G_N_ELEMENTS (errno_classes);

static const GDBusErrorEntry entries[] = {
  { NSD_ERROR_NOT_FOUND, NSD_BUS_NAME ".Error.NotFound" },
  { NSD_ERROR_EXISTS, NSD_BUS_NAME ".Error.Exists" },
  { NSD_ERROR_BUSY, NSD_BUS_NAME ".Error.Busy" },
  { NSD_ERROR_NOT_SUPPORTED, NSD_BUS_NAME ".Error.NotSupported" },
  { NSD_ERROR_UNREACHABLE, NSD_BUS_NAME ".Error.Unreachable" },
  { NSD_ERROR_GONE, NSD_BUS_NAME ".Error.Gone" },
  { NSD_ERROR_ABORTED, NSD_BUS_NAME ".Error.Aborted" },
  { NSD_ERROR_KERNEL, NSD_BUS_NAME ".Error.Kernel" },
  { NSD_ERROR_DISMISSED, NSD_BUS_NAME ".Error.NotAuthorized.Dismissed" },
  { NSD_ERROR_INTERACTION_REQUIRED, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
};
static const gsize n_entries = G_N_ELEMENTS (entries);
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == NSD_N_ERRORS);
