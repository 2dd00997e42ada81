/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links whose other side is a program: drivers/net/tun.c.
 *
 * rtnetlink shows them and deletes them, but they are made by ioctl on /dev/net/tun, in the
 * namespace of the calling thread (tun_validate() and tun_chr_open() there).  One kind of the
 * kernel, "tun", is both: "tap" is taken on creation as in `ip tuntap`. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"
#include "text.h"

#define DEVICE "/dev/net/tun"

#define R        NSD_ATTR_READ
#define R_CREATE (R | NSD_ATTR_CREATE)

/* The kernel leaves the attribute out where anybody with CAP_NET_ADMIN may attach. */
#define NOBODY ((guint32)-1)

static GVariant *
get_id (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_uint32 (nsd_attr_view_get_u32 (view, attr->id, NOBODY));
}

static const NsdAttrType id = { "u", get_id, NULL };

/* Shown as they are; make() gives them to the ioctls. */
static GVariant *
get_switch (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_bool8.get (view, attr);
}

static const NsdAttrType on_off = { "b", get_switch, NULL };

static GVariant *
get_mode (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_word8.get (view, attr);
}

static const NsdAttrType mode = { "s", get_mode, NULL };

static const NsdWord modes[] = {
  { IFF_TUN, "tun" },
  { IFF_TAP, "tap" },
  { 0, NULL },
};

static gboolean
choose_flags (const char *kind, const NsdSettings *settings, short *ret_flags, GError **error)
{
  const char *word = nsd_settings_get_string (settings, "Mode", kind);
  guint32 flags = 0;

  if (!nsd_word_parse (modes, NSD_WORDS_ONLY, word, &flags, error)) {
    g_prefix_error (error, "Property Mode: ");
    return FALSE;
  }
  if (strcmp (kind, "tap") == 0 && flags != IFF_TAP) {
    nsd_error_set_invalid (error, "Property Mode: “%s” is not the mode of a tap", word);
    return FALSE;
  }
  flags |= IFF_TUN_EXCL;
  if (!nsd_settings_get_boolean (settings, "Pi", FALSE))
    flags |= IFF_NO_PI;
  if (nsd_settings_get_boolean (settings, "VnetHdr", FALSE))
    flags |= IFF_VNET_HDR;
  if (nsd_settings_get_boolean (settings, "MultiQueue", FALSE))
    flags |= IFF_MULTI_QUEUE;
  *ret_flags = (short)flags;
  return TRUE;
}

static gboolean
set_id (int fd, unsigned long request, const NsdSettings *settings, const char *name)
{
  GVariant *value = nsd_settings_get (settings, name);
  guint32 number = value != NULL ? g_variant_get_uint32 (value) : NOBODY;

  return number == NOBODY || ioctl (fd, request, (unsigned long)number) == 0;
}

/* The link goes with the descriptor until it is told to stay. */
static gboolean
configure (int fd, struct ifreq *request, const NsdSettings *settings)
{
  return ioctl (fd, TUNSETIFF, request) == 0 && set_id (fd, TUNSETOWNER, settings, "Owner") &&
         set_id (fd, TUNSETGROUP, settings, "GroupOwner") && ioctl (fd, TUNSETPERSIST, 1UL) == 0;
}

static gboolean
make (const NsdKind *kind, const char *name, const NsdSettings *settings, char ret_name[IFNAMSIZ],
      GError **error)
{
  g_autofree char *bytes = nsd_text_to_bytes (name);
  struct ifreq request = { 0 };
  gboolean ok;
  int fd;

  if (!choose_flags (kind->name, settings, &request.ifr_flags, error))
    return FALSE;
  g_strlcpy (request.ifr_name, bytes, IFNAMSIZ);
  fd = open (DEVICE, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED, "The kernel has no " DEVICE ": %s",
                 g_strerror (errno));
    return FALSE;
  }
  ok = configure (fd, &request, settings);
  if (ok)
    memcpy (ret_name, request.ifr_name, IFNAMSIZ);
  else
    nsd_error_set_errno (error, errno, NULL);
  close (fd);
  return ok;
}

static const NsdAttr rows[] = {
  { IFLA_TUN_TYPE, "Mode", &mode, R_CREATE, modes },
  { IFLA_TUN_OWNER, "Owner", &id, R_CREATE },
  { IFLA_TUN_GROUP, "GroupOwner", &id, R_CREATE },
  { IFLA_TUN_PI, "Pi", &on_off, R_CREATE },
  { IFLA_TUN_VNET_HDR, "VnetHdr", &on_off, R_CREATE },
  { IFLA_TUN_MULTI_QUEUE, "MultiQueue", &on_off, R_CREATE },
  { IFLA_TUN_PERSIST, "Persist", &nsd_attr_bool8, R },
  { IFLA_TUN_NUM_QUEUES, "NumQueues", &nsd_attr_u32, R },
  { IFLA_TUN_NUM_DISABLED_QUEUES, "NumDisabledQueues", &nsd_attr_u32, R },
};

static const NsdAttrTable table = { &org_netnsd1_link_tun_interface, rows, G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_tun[] = {
  { .name = "tun", .role = NSD_KIND_LINK, .table = &table, .make = make },
  { .name = "tap", .role = NSD_KIND_LINK, .table = &table, .make = make },
  { 0 },
};
