/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that are one kernel message each: addresses and routes.
 *
 * A record keeps the message, not a second form of it; the properties are made from it when
 * somebody wants them.  Changes are collected (set, remove, sweep) and told in one go (flush): an
 * object that came and went in between was never there, one that changed ten times has changed
 * once. Worker thread. */
#pragma once

#include <gio/gio.h>
#include <linux/netlink.h>

#include "attr.h"
#include "object.h"

typedef struct _NsdRecords NsdRecords;

typedef struct {
  NsdNode node;
  const NsdAttrTable *table;
  gsize header_size; /* of struct ifaddrmsg, rtmsg */
  /* Whether two values of a property that differ do so by mere ageing. */
  gboolean (*ages) (const char *property, GVariant *before, GVariant *after);
  /* The attribute that counts seconds: the same words at another time are news then. */
  int ageing_attribute;
} NsdRecordClass;

typedef struct _NsdRecord NsdRecord;

struct _NsdRecord {
  char *key;   /* last element of the object path */
  int ifindex; /* the link that it belongs to, or 0 */
  guint generation;
  NsdRecord *told; /* what the bus was told last, where that differs by mere ageing; or NULL */
  gint64 received; /* g_get_monotonic_time() */
  gsize length;    /* of the message */
  struct nlmsghdr message[];
};

NsdRecords *nsd_records_new (const NsdRecordClass *class);
void nsd_records_free (NsdRecords *records);

guint nsd_records_count (NsdRecords *records);
NsdRecord *nsd_records_find (NsdRecords *records, const char *key);
/* Adds the object @key, or gives it a new message, which is copied. */
void nsd_records_set (NsdRecords *records, const char *key, int ifindex,
                      const struct nlmsghdr *nlh);
gboolean nsd_records_remove (NsdRecords *records, const char *key);
/* Removes what belongs to link @ifindex. */
void nsd_records_remove_link (NsdRecords *records, int ifindex);
void nsd_records_remove_all (NsdRecords *records);
/* A dump: begin, set what it has, sweep what it had not.  @family limits the sweep. */
void nsd_records_begin (NsdRecords *records);
void nsd_records_sweep (NsdRecords *records, int family);

/* The attributes of a record, as of now. */
void nsd_record_view (const NsdRecord *record, const NsdRecordClass *class,
                      const NsdAttrContext *context, NsdAttrView *ret_view);
/* All properties, as a floating a{sv}. */
GVariant *nsd_record_read (const NsdRecord *record, const NsdRecordClass *class,
                           const NsdAttrContext *context);
const NsdRecordClass *nsd_records_class (NsdRecords *records);
/* Calls @func for each record. */
void nsd_records_foreach (NsdRecords *records, GFunc func, gpointer data);

/* Sends the signals for all that changed since the last flush; without @signals only forgets. */
void nsd_records_flush (NsdRecords *records, NsdNet *net, gboolean signals);
/* Appends {o a{sa{sv}}} of each object. */
void nsd_records_append_managed (NsdRecords *records, NsdNet *net, GVariantBuilder *builder);
