/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GTP tunnels of mobile networks: drivers/net/gtp.c.  It has no changelink. */
#include <linux/if_link.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define RC (NSD_ATTR_READ | NSD_ATTR_CREATE)

static GVariant *
get_hash_size (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_u32.get (view, attr);
}

/* gtp_newlink() puts the default in the place of 0. */
static gboolean
put_hash_size (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  if (g_variant_get_uint32 (value) != 0)
    return nsd_attr_u32.put (builder, attr, value, error);
  nsd_error_set_invalid (error, "0 is not possible; for the default, leave it out");
  return FALSE;
}

static const NsdAttrType hash_size = { "u", get_hash_size, put_hash_size };

/* The other way is to hand over sockets (FD0, FD1), which have to live as long as the link. */
static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  guint8 yes = 1;

  return nsd_attr_builder_add (builder, IFLA_GTP_CREATE_SOCKETS, &yes, sizeof yes, error);
}

static const NsdWord roles[] = {
  { GTP_ROLE_GGSN, "ggsn" },
  { GTP_ROLE_SGSN, "sgsn" },
  { 0, NULL },
};

/* Left out: FD0, FD1, CREATE_SOCKETS (see put()); LOCAL, LOCAL6: no kernel reports them, and one
 * that does not know them passes over them. */
static const NsdAttr rows[] = {
  { IFLA_GTP_PDP_HASHSIZE, "PdpHashsize", &hash_size, RC },
  { IFLA_GTP_ROLE, "Role", &nsd_attr_word32, RC, roles },
  { IFLA_GTP_RESTART_COUNT, "RestartCount", &nsd_attr_u8, RC },
};

static const NsdAttrTable table = { &org_netnsd1_link_gtp_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_gtp[] = {
  { .name = "gtp", .role = NSD_KIND_LINK, .table = &table, .put = put },
  { 0 },
};
