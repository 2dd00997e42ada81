/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What polkit is told about a call: its rules see it, and dialogues show it.  Main thread. */
#pragma once

#include "bus-call.h"
#include "registry.h"

/* The details of a question about @call in @namespace; NULL: in none that is there.  Keys are
 * static, values printable. */
GHashTable *nsd_details_new (const NsdCall *call, const NsdNamespace *namespace);
