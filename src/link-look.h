/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at links that may read otherwise without a word of the kernel's: when nobody waits, and a
 * few at a time, so that a call waits for no more than these.  Worker thread. */
#pragma once

#include "links.h"

/* After each drain: looks at what changes in silence now and then. */
void nsd_links_schedule_look (NsdNet *net);
/* Soon looks at the links that refer to a namespace that is not on the bus: what they refer to may
 * have come to one that is. */
void nsd_links_look_at_unknown (NsdNet *net);
