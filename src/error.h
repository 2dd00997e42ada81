/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as the bus shows them.
 *
 * Codes of this domain travel as org.netnsd1.Error.*; the standard ones (InvalidArgs, AccessDenied,
 * UnknownObject, PropertyReadOnly, LimitsExceeded, …) are used as GLib's G_DBUS_ERROR.  All
 * functions are callable from any thread. */
#pragma once

#include <glib.h>

/* The order is that of the names in error.c, which the compiler counts. */
typedef enum {
  NSD_ERROR_NOT_FOUND,            /* no such namespace, link, address, route, process */
  NSD_ERROR_EXISTS,               /* the name or the object is already there */
  NSD_ERROR_BUSY,                 /* in use (EBUSY) */
  NSD_ERROR_NOT_SUPPORTED,        /* the kernel lacks the kind or the operation */
  NSD_ERROR_UNREACHABLE,          /* gateway unreachable, network down */
  NSD_ERROR_GONE,                 /* the object vanished while the call was under way */
  NSD_ERROR_ABORTED,              /* the daemon is shutting down, or the call was cancelled */
  NSD_ERROR_KERNEL,               /* any other errno, named in the message */
  NSD_ERROR_DISMISSED,            /* the person dismissed the authentication dialogue */
  NSD_ERROR_INTERACTION_REQUIRED, /* allowed after authentication, but the caller forbids a dialogue
                                   */
  NSD_N_ERRORS
} NsdError;

#define NSD_ERROR (nsd_error_quark ())
GQuark nsd_error_quark (void);

/* The D-Bus name of a code of this domain, a constant. */
const char *nsd_error_name (NsdError code);

/* Sets @error from @errnum (a positive errno): the domain and code that its class of failure has on
 * the bus, and the text @text, or the C library's where @text is NULL or empty.  Codes without a
 * class of their own become NSD_ERROR_KERNEL and the text ends in their name, as «(EINVAL)». */
void nsd_error_set_errno (GError **error, int errnum, const char *text);

/* Sets G_DBUS_ERROR_INVALID_ARGS: bad input, found before anything was changed. */
void nsd_error_set_invalid (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
