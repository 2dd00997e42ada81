/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running kernel can do, found without loading anything.  Main thread. */
#pragma once

#include <gio/gio.h>

typedef void (*NsdKernelSupportFunc) (GVariant *support, const GError *error, gpointer data);

/* Calls @func with the a{sv} of Manager.GetKernelSupport.  The first call asks in a namespace
 * that is made for it, in a thread of its own; the answer is kept. */
void nsd_kernel_support_get (NsdKernelSupportFunc func, gpointer data);

/* Whether the text @aliases of a file modules.alias has a module for links of @kind.  Any thread.
 */
gboolean nsd_kernel_support_has_module (const char *aliases, const char *kind);
