/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door and the gate: finds the row of a call, asks whether the caller may, and runs it where
 * the row says.  Main thread. */
#pragma once

#include "authority.h"
#include "bus-callers.h"
#include "registry.h"

typedef struct _NsdDispatch NsdDispatch;

/* Borrows all three. */
NsdDispatch *nsd_dispatch_new (NsdRegistry *registry, NsdAuthority *authority, NsdCallers *callers);
void nsd_dispatch_free (NsdDispatch *dispatch);

/* The registry is about to go: whatever is under way is answered as Aborted. */
void nsd_dispatch_stop (NsdDispatch *dispatch);

/* Takes a method call to a path of ours, and the descriptors that came with it (taken over, or
 * NULL); the reply comes in its time. */
void nsd_dispatch_message (NsdDispatch *dispatch, GDBusConnection *connection,
                           GDBusMessage *message, GUnixFDList *fds);
