/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarding database (FDB) of a bridge, or of a link that has one of its own: the methods
 * ListFdb, AddFdbEntry and RemoveFdbEntry. */
#pragma once

#include "kind.h"
#include "names.h"

/* An entry: struct ndmsg and NDA_*. */
extern const NsdAttrTable nsd_fdb_table;
/* Of that, what tells two entries for the same MAC address apart. */
extern const NsdAttrTable nsd_fdb_key_table;

/* Whether only entries that lead to another host have the row: those of a vxlan. */
gboolean nsd_fdb_is_remote (const NsdAttr *attr);

GVariant *nsd_fdb_list (NsdRequest *request, GError **error);
gboolean nsd_fdb_check_add (NsdRequest *request, GError **error);
GVariant *nsd_fdb_add (NsdRequest *request, GError **error);
gboolean nsd_fdb_check_remove (NsdRequest *request, GError **error);
GVariant *nsd_fdb_remove (NsdRequest *request, GError **error);

guint64 nsd_fdb_other_namespace (NsdRequest *request);

/* Their rows. */
#define NSD_FDB_METHODS                                                                            \
  { "ListFdb", NSD_READ, NSD_IN_WORKER, nsd_fdb_list },                                            \
      { "AddFdbEntry", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER,                                   \
        nsd_fdb_add,   nsd_fdb_check_add,         .other_namespace = nsd_fdb_other_namespace },    \
  {                                                                                                \
    "RemoveFdbEntry", NSD_ACTION_CONFIGURE_LINK, NSD_IN_WORKER, nsd_fdb_remove,                    \
        nsd_fdb_check_remove, .other_namespace = nsd_fdb_other_namespace                           \
  }
