/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of rows and codecs share. */
#pragma once

#include "attr.h"

/* Namespace 7; the links of the one that has nsid n here are in namespace 100 + n. */
extern const NsdAttrContext test_context;

/* A message without attributes, with a header of 16 zero bytes. */
void test_builder_init (NsdAttrBuilder *builder);
/* Looks at the attributes of a message that is being built. */
void test_view_of_builder (NsdAttrView *view, const NsdAttrBuilder *builder);
/* A view of the attribute @id alone, with @length bytes of @data; free the result last. */
gpointer test_view_of_attribute (NsdAttrView *view, guint id, gconstpointer data, gsize length);

/* @row of @table. */
const NsdAttr *test_row (const NsdAttrTable *table, const char *name);
/* @text, in the text format of GVariant, of the type of @attr; full reference. */
GVariant *test_value (const NsdAttr *attr, const char *text);

/* Writes @text into a message and reads it again: @expected, or @text if that is NULL. */
void test_round_trip (const NsdAttr *attr, const char *text, const char *expected);
/* Writing @text is InvalidArgs, says @why, names the property, and writes nothing. */
void test_refused (const NsdAttr *attr, const char *text, const char *why);
/* What @attr reads from @length bytes. */
void test_reads (const NsdAttr *attr, gconstpointer data, gsize length, const char *expected);
/* @value, consumed if floating, is what @text says. */
void test_assert_value (GVariant *value, const char *text);
/* @error is InvalidArgs and contains @word; frees it. */
void test_assert_invalid (GError **error, const char *word);
