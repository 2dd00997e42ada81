/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netnsd1.Manager.  Main thread. */
#pragma once

#include "object.h"

extern const NsdInterface nsd_interface_manager;
