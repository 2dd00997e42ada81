/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signals of a namespace's object manager, and of the properties of its objects.
 *
 * Nothing is sent before the namespace is published, and all by the end of nsd_net_drain().  Worker
 * thread. */
#pragma once

#include "net.h"

/* The object @key has the interfaces @interfaces (a{sa{sv}}, consumed if floating). */
void nsd_signal_added (NsdNet *net, NsdNode node, const char *key, GVariant *interfaces);
/* The object @key lost @interfaces (NULL-terminated). */
void nsd_signal_removed (NsdNet *net, NsdNode node, const char *key, const char *const *interfaces);
/* The properties of @interface were @before and are @after (a{sv}): says what differs, and returns
 * whether anything did.
 * @ages as in NsdRecordClass, or NULL: what has merely aged is said along with other changes, and
 * is none by itself. */
gboolean nsd_signal_changed (NsdNet *net, NsdNode node, const char *key,
                             const GDBusInterfaceInfo *interface, GVariant *before, GVariant *after,
                             gboolean (*ages) (const char *, GVariant *, GVariant *));
/* Any other signal of @interface; @parameters is consumed if floating. */
void nsd_signal_emit (NsdNet *net, NsdNode node, const char *key, const char *interface,
                      const char *member, GVariant *parameters);
/* The same of the namespace's own interface; to the connection @destination alone, if that is not
 * NULL. */
void nsd_signal_namespace (NsdNet *net, const char *destination, const char *member,
                           GVariant *parameters);

/* Sends what those above have said, in that order. */
void nsd_signals_flush (NsdNet *net);
