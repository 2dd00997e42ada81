/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which row a call is for. */
#pragma once

#include "bus-call.h"

/* From the path, the interface and the member: sets the interface and the method of the request,
 * and where it runs.  The arguments have the types of the XML then.  UnknownInterface,
 * UnknownMethod, InvalidArgs, and the errors of a property that cannot be set. */
gboolean nsd_call_find_row (NsdCall *call, GError **error);
