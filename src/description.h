/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an a{sv} argument says of something that has no object: of one that shall be made, or of
 * those that are looked for. */
#pragma once

#include "attr.h"

typedef struct {
  const NsdAttrTable *const *tables; /* the first has the rows of the message */
  NsdAttrFlags use;
  int type; /* of the message … */
  int flags;
  gsize header_size;             /* … whose header begins with the family */
  const char *const *properties; /* that tell the family besides "Family"; ends in NULL */
} NsdDescriptionKind;

typedef struct {
  const NsdDescriptionKind *kind;
  NsdSettings *settings;
  NsdAttrBuilder builder; /* the settings as a message; family AF_UNSPEC if nothing tells it */
  NsdAttrView view;       /* of that */
} NsdDescription;

/* Fills @description, which must be zero; on failure, which is InvalidArgs, it is to be cleared
 * too. */
gboolean nsd_description_init (NsdDescription *description, const NsdDescriptionKind *kind,
                               const NsdAttrContext *context, GVariant *dict, GError **error);
void nsd_description_clear (NsdDescription *description);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NsdDescription, nsd_description_clear)

/* The first property whose value is not that in @view; NULL if there is none.  The values are
 * compared as the kernel has them: "192.0.2.1" is "192.0.2.1/32", and a number its word.  What
 * neither has is the same. */
const NsdAttr *nsd_description_mismatch (const NsdDescription *description,
                                         const NsdAttrView *view);
/* Whether @view has no more than what is described; the properties @ignored (ends in NULL) do not
 * count. */
gboolean nsd_description_is_whole (const NsdDescription *description, const NsdAttrView *view,
                                   const char *const *ignored);
