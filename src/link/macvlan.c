/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC based virtual links: drivers/net/macvlan.c, and macvtap.c, which has the same attributes. */
#include <linux/if_link.h>
#include <string.h>

#include "attr-types.h"
#include "error.h"
#include "kind.h"
#include "nsd-interfaces.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define RW     (R | NSD_ATTR_CREATE | NSD_ATTR_CHANGE)
#define RW_OPT (RW | NSD_ATTR_OPTIONAL)

/* Enumerators of IFLA_MACVLAN_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define MACVLAN_BC_CUTOFF 9 /* Linux 6.4 */

#define MAC_LENGTH 6

static const NsdAttrTable table;

static const NsdWord modes[] = {
  { MACVLAN_MODE_PRIVATE, "private" }, { MACVLAN_MODE_VEPA, "vepa" },
  { MACVLAN_MODE_BRIDGE, "bridge" },   { MACVLAN_MODE_PASSTHRU, "passthru" },
  { MACVLAN_MODE_SOURCE, "source" },   { 0, NULL },
};

/* ---- flags ---- */

static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nsd_flag_words_variant (attr->data, nla != NULL ? nla_get_u16 (nla) : 0);
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;
  guint16 small;

  if (!nsd_flag_words_parse (attr->data, value, &flags, error))
    return FALSE;
  small = (guint16)flags;
  return nsd_attr_builder_add (builder, attr->id, &small, sizeof small, error);
}

static const NsdAttrType flag_words = { "as", get_flags, put_flags };

static const NsdWord flags[] = {
  { MACVLAN_FLAG_NOPROMISC, "nopromisc" },
  { MACVLAN_FLAG_NODST, "nodst" },
  { 0, NULL },
};

/* ---- source addresses ---- */

static int
compare_mac (gconstpointer a, gconstpointer b)
{
  return memcmp (*(const guint8 *const *)a, *(const guint8 *const *)b, MAC_LENGTH);
}

/* Sorted: the kernel gives them in the order of its hash table. */
static GVariant *
get_addresses (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nest = nsd_attr_view_get (view, attr->id, 0);
  g_autoptr (GPtrArray) addresses = g_ptr_array_new ();
  GVariantBuilder builder;
  struct nlattr *nla;
  int rest;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  if (nest == NULL)
    return g_variant_builder_end (&builder);
  nla_for_each_nested (nla, nest, rest)
  {
    if (nla_type (nla) == IFLA_MACVLAN_MACADDR && nla_len (nla) >= MAC_LENGTH)
      g_ptr_array_add (addresses, nla_data (nla));
  }
  g_ptr_array_sort (addresses, compare_mac);
  for (guint i = 0; i < addresses->len; i++)
    g_variant_builder_add_value (&builder, nsd_mac_variant (addresses->pdata[i], MAC_LENGTH));
  return g_variant_builder_end (&builder);
}

/* The kernel refuses the same ones, but does not say which one it was (macvlan_validate). */
static gboolean
add_address (NsdAttrBuilder *builder, const char *text, GError **error)
{
  static const guint8 zero[MAC_LENGTH] = { 0 };
  guint8 bytes[MAC_LENGTH];

  if (nsd_mac_parse (text, bytes, sizeof bytes) != sizeof bytes || (bytes[0] & 1) ||
      memcmp (bytes, zero, sizeof bytes) == 0) {
    nsd_error_set_invalid (error, "“%s” is not the MAC address of a device", text);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, IFLA_MACVLAN_MACADDR, bytes, sizeof bytes, error);
}

/* Only a list: that it becomes the new one is said by put(). */
static gboolean
put_addresses (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, attr->id, error);
  GVariantIter iter;
  const char *text;

  if (nest == NULL)
    return FALSE;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "&s", &text))
    if (!add_address (builder, text, error))
      return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

static const NsdAttrType addresses = { "as", get_addresses, put_addresses };

static GVariant *
find_value (const NsdSettings *settings, const char *name)
{
  for (gsize i = 0; i < nsd_settings_count (settings); i++) {
    const NsdSetting *setting = nsd_settings_nth (settings, i);

    if (setting->table == &table && strcmp (setting->attr->name, name) == 0)
      return setting->value;
  }
  return NULL;
}

/* Whether the mode will be source, as far as is known. */
static gboolean
will_be_source (const NsdAttrBuilder *builder, const NsdSettings *settings)
{
  GVariant *wanted = find_value (settings, "Mode");
  const char *word = "";
  guint32 mode = 0;

  if (wanted != NULL)
    word = g_variant_get_string (wanted, NULL);
  else if (builder->current != NULL)
    g_variant_lookup (builder->current, "Mode", "&s", &word);
  return nsd_word_parse (modes, G_MAXUINT32, word, &mode, NULL) && mode == MACVLAN_MODE_SOURCE;
}

/* The kernel refuses any word on source addresses in the other modes (macvlan_changelink,
 * macvlan_common_newlink), also that there are none: which is so anyway, since the mode source is
 * not left with any. */
static gboolean
put (NsdAttrBuilder *builder, const NsdSettings *settings, NsdAttrFlags use, GError **error)
{
  GVariant *list = find_value (settings, "MacaddrData");

  if (list == NULL || (g_variant_n_children (list) == 0 && !will_be_source (builder, settings)))
    return TRUE;
  return nsd_attr_builder_add_u32 (builder, IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET, error);
}

/* ---- the broadcast queue ---- */

/* The default is not reported (macvlan_fill_info). */
static GVariant *
get_cutoff (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_int32 ((gint32)nsd_attr_view_get_u32 (view, attr->id, 1));
}

static gboolean
put_cutoff (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_builder_add_u32 (builder, attr->id, (guint32)g_variant_get_int32 (value), error);
}

static const NsdAttrType cutoff = { "i", get_cutoff, put_cutoff };

/* Left out: MACADDR_MODE (an action: put() says SET), MACADDR (what ADD and DEL are about). */
static const NsdAttr rows[] = {
  { IFLA_MACVLAN_MODE, "Mode", &nsd_attr_word32, RW, modes },
  { IFLA_MACVLAN_FLAGS, "Flags", &flag_words, RW, flags },
  { IFLA_MACVLAN_MACADDR_DATA, "MacaddrData", &addresses, RW },
  { IFLA_MACVLAN_MACADDR_COUNT, "MacaddrCount", &nsd_attr_u32, R },
  { IFLA_MACVLAN_BC_QUEUE_LEN, "BcQueueLen", &nsd_attr_u32, RW_OPT },
  { IFLA_MACVLAN_BC_QUEUE_LEN_USED, "BcQueueLenUsed", &nsd_attr_u32, R_OPT },
  { MACVLAN_BC_CUTOFF, "BcCutoff", &cutoff, RW },
};

static const NsdAttrTable table = { &org_netnsd1_link_macvlan_interface, rows,
                                    G_N_ELEMENTS (rows) };

const NsdKind nsd_kinds_macvlan[] = {
  { .name = "macvlan", .role = NSD_KIND_LINK, .table = &table, .put = put, .shared = TRUE },
  { .name = "macvtap", .role = NSD_KIND_LINK, .table = &table, .put = put, .shared = TRUE },
  { 0 },
};
