/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespace.ListRules, AddRule and RemoveRule.  Handlers run in the worker. */
#pragma once

#include "net.h"

GVariant *nsd_rule_list (NsdRequest *request, GError **error);
GVariant *nsd_rule_add (NsdRequest *request, GError **error);
gboolean nsd_rule_check_add (NsdRequest *request, GError **error);
GVariant *nsd_rule_remove (NsdRequest *request, GError **error);
gboolean nsd_rule_check_remove (NsdRequest *request, GError **error);
