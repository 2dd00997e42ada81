/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attr-types.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <linux/if_link.h>
#include <string.h>

#include "bus-path.h"
#include "error.h"
#include "text.h"

/* ---- numbers ---- */

static gboolean
check_max (const NsdAttr *attr, guint64 value, GError **error)
{
  if (attr->arg == 0 || value <= attr->arg)
    return TRUE;
  nsd_error_set_invalid (error, "%" G_GUINT64_FORMAT " is out of range, at most %u", value,
                         attr->arg);
  return FALSE;
}

static GVariant *
get_u8 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint8));

  return g_variant_new_byte (nla != NULL ? nla_get_u8 (nla) : 0);
}

static gboolean
put_u8 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint8 number = g_variant_get_byte (value);

  return check_max (attr, number, error) &&
         nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

static GVariant *
get_u16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return g_variant_new_uint16 (nla != NULL ? nla_get_u16 (nla) : 0);
}

static gboolean
put_u16 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint16 number = g_variant_get_uint16 (value);

  return check_max (attr, number, error) &&
         nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

static GVariant *
get_u32 (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_uint32 (nsd_attr_view_get_u32 (view, attr->id, 0));
}

static gboolean
put_u32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = g_variant_get_uint32 (value);

  return check_max (attr, number, error) &&
         nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

static GVariant *
get_u64 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint64));

  return g_variant_new_uint64 (nla != NULL ? nla_get_u64 (nla) : 0);
}

static gboolean
put_u64 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint64 number = g_variant_get_uint64 (value);

  return nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

static GVariant *
get_s32 (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_int32 ((gint32)nsd_attr_view_get_u32 (view, attr->id, 0));
}

static gboolean
put_s32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_builder_add_u32 (builder, attr->id, (guint32)g_variant_get_int32 (value), error);
}

static GVariant *
get_bool8 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint8));

  return g_variant_new_boolean (nla != NULL && nla_get_u8 (nla) != 0);
}

static gboolean
put_bool8 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint8 number = g_variant_get_boolean (value) ? 1 : 0;

  return nsd_attr_builder_add (builder, attr->id, &number, sizeof number, error);
}

static GVariant *
get_bool32 (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_boolean (nsd_attr_view_get_u32 (view, attr->id, 0) != 0);
}

static gboolean
put_bool32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_builder_add_u32 (builder, attr->id, g_variant_get_boolean (value) ? 1 : 0, error);
}

static GVariant *
get_be16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return g_variant_new_uint16 (nla != NULL ? ntohs (nla_get_u16 (nla)) : 0);
}

static gboolean
put_be16 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint16 number = g_variant_get_uint16 (value);
  guint16 big = htons (number);

  return check_max (attr, number, error) &&
         nsd_attr_builder_add (builder, attr->id, &big, sizeof big, error);
}

static GVariant *
get_be32 (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_uint32 (ntohl (nsd_attr_view_get_u32 (view, attr->id, 0)));
}

static gboolean
put_be32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = g_variant_get_uint32 (value);

  return check_max (attr, number, error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, htonl (number), error);
}

static GVariant *
get_flag (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_boolean (nsd_attr_view_get (view, attr->id, 0) != NULL);
}

static gboolean
put_flag (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return !g_variant_get_boolean (value) || nsd_attr_builder_add (builder, attr->id, NULL, 0, error);
}

/* ---- text ---- */

static GVariant *
get_string (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);

  if (nla == NULL)
    return g_variant_new_string ("");
  return g_variant_new_take_string (nsd_text_from_bytes (nla_data (nla), (gsize)nla_len (nla)));
}

static gboolean
put_string (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  g_autofree char *bytes = nsd_text_to_bytes (text);

  if (bytes == NULL) {
    nsd_error_set_invalid (error, "“%s” contains a NUL", text);
    return FALSE;
  }
  if (attr->arg != 0 && strlen (bytes) > attr->arg) {
    nsd_error_set_invalid (error, "“%s” is too long, at most %u bytes", text, attr->arg);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, bytes, strlen (bytes) + 1, error);
}

GVariant *
nsd_mac_variant (const guint8 *bytes, gsize length)
{
  GString *text = g_string_sized_new (length * 3);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, i == 0 ? "%02x" : ":%02x", bytes[i]);
  return g_variant_new_take_string (g_string_free (text, FALSE));
}

gsize
nsd_mac_parse (const char *text, guint8 *bytes, gsize max)
{
  gsize length = 0;

  while (length < max && g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1])) {
    bytes[length++] =
        (guint8)(g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));
    if (text[2] == '\0')
      return length;
    if (text[2] != ':')
      return 0;
    text += 3;
  }
  return 0;
}

static GVariant *
get_mac (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 6);

  return nla != NULL ? nsd_mac_variant (nla_data (nla), 6) : g_variant_new_string ("");
}

static gboolean
put_mac (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[6];

  if (nsd_mac_parse (text, bytes, sizeof bytes) != sizeof bytes) {
    nsd_error_set_invalid (error, "“%s” is not a MAC address such as 02:00:00:00:00:01", text);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, bytes, sizeof bytes, error);
}

/* ---- words ---- */

GVariant *
nsd_word_variant (const NsdWord *words, guint32 value)
{
  for (; words->word != NULL; words++)
    if (words->value == value)
      return g_variant_new_string (words->word);
  return g_variant_new_take_string (g_strdup_printf ("%u", value));
}

static char *
list_words (const NsdWord *words)
{
  GString *list = g_string_new (NULL);

  for (; words->word != NULL; words++)
    g_string_append_printf (list, "%s“%s”", list->len > 0 ? ", " : "", words->word);
  return g_string_free (list, FALSE);
}

gboolean
nsd_word_parse (const NsdWord *words, guint32 max, const char *word, guint32 *ret_value,
                GError **error)
{
  g_autofree char *list = NULL;
  guint64 number;

  for (const NsdWord *w = words; w->word != NULL; w++) {
    if (strcmp (w->word, word) == 0) {
      *ret_value = w->value;
      return TRUE;
    }
  }
  if (max != NSD_WORDS_ONLY && g_ascii_string_to_unsigned (word, 10, 0, max, &number, NULL)) {
    *ret_value = (guint32)number;
    return TRUE;
  }
  list = list_words (words);
  if (max == NSD_WORDS_ONLY)
    nsd_error_set_invalid (error, "unknown word “%s”: expected %s", word, list);
  else
    nsd_error_set_invalid (error, "unknown word “%s”: expected %s or a number up to %u", word, list,
                           max);
  return FALSE;
}

GVariant *
nsd_flag_words_variant (const NsdWord *words, guint32 flags)
{
  const char *found[32]; /* each stands for a bit of its own, or more */
  char number[9];
  gsize n_found = 0;

  for (; words->word != NULL; words++) {
    if ((flags & words->value) == words->value) {
      found[n_found++] = words->word;
      flags &= ~words->value;
    }
  }
  if (flags != 0) {
    g_snprintf (number, sizeof number, "%x", flags);
    found[n_found++] = number;
  }
  return g_variant_new_strv (found, (gssize)n_found);
}

gboolean
nsd_flag_words_parse (const NsdWord *words, GVariant *array, guint32 *ret_flags, GError **error)
{
  guint32 flags = 0;
  GVariantIter iter;
  const char *text;

  g_variant_iter_init (&iter, array);
  while (g_variant_iter_next (&iter, "&s", &text)) {
    const NsdWord *w = words;

    while (w->word != NULL && strcmp (w->word, text) != 0)
      w++;
    if (w->word == NULL) {
      g_autofree char *list = list_words (words);

      nsd_error_set_invalid (error, "unknown flag “%s”: expected %s", text, list);
      return FALSE;
    }
    flags |= w->value;
  }
  *ret_flags = flags;
  return TRUE;
}

static GVariant *
get_word8 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint8));

  return nla != NULL ? nsd_word_variant (attr->data, nla_get_u8 (nla)) : g_variant_new_string ("");
}

static gboolean
put_word8 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = 0;
  guint8 byte;

  if (!nsd_word_parse (attr->data, G_MAXUINT8, g_variant_get_string (value, NULL), &number, error))
    return FALSE;
  byte = (guint8)number;
  return nsd_attr_builder_add (builder, attr->id, &byte, sizeof byte, error);
}

static GVariant *
get_word32 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint32));

  return nla != NULL ? nsd_word_variant (attr->data, nla_get_u32 (nla)) : g_variant_new_string ("");
}

static gboolean
put_word32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = 0;

  return nsd_word_parse (attr->data, G_MAXUINT32, g_variant_get_string (value, NULL), &number,
                         error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, number, error);
}

static GVariant *
get_word16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nla != NULL ? nsd_word_variant (attr->data, nla_get_u16 (nla)) : g_variant_new_string ("");
}

static gboolean
put_word16 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = 0;
  guint16 small;

  if (!nsd_word_parse (attr->data, G_MAXUINT16, g_variant_get_string (value, NULL), &number, error))
    return FALSE;
  small = (guint16)number;
  return nsd_attr_builder_add (builder, attr->id, &small, sizeof small, error);
}

static GVariant *
get_word_be16 (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint16));

  return nla != NULL ? nsd_word_variant (attr->data, ntohs (nla_get_u16 (nla)))
                     : g_variant_new_string ("");
}

static gboolean
put_word_be16 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 number = 0;
  guint16 big;

  if (!nsd_word_parse (attr->data, G_MAXUINT16, g_variant_get_string (value, NULL), &number, error))
    return FALSE;
  big = htons ((guint16)number);
  return nsd_attr_builder_add (builder, attr->id, &big, sizeof big, error);
}

static GVariant *
get_flag_words32 (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_flag_words_variant (attr->data, nsd_attr_view_get_u32 (view, attr->id, 0));
}

static gboolean
put_flag_words32 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  return nsd_flag_words_parse (attr->data, value, &flags, error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, flags, error);
}

/* ---- links ---- */

GVariant *
nsd_link_path_variant (const NsdAttrContext *context, int nsid, int ifindex)
{
  g_autofree char *path = NULL;

  if (ifindex <= 0)
    return g_variant_new_object_path ("/");
  path = context->link_path (context->data, nsid, ifindex);
  return g_variant_new_object_path (path);
}

static GVariant *
get_link (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 ifindex = nsd_attr_view_get_u32 (view, attr->id, 0);

  return nsd_link_path_variant (view->context, -1, (int)ifindex);
}

gboolean
nsd_link_path_parse (const NsdAttrContext *context, const char *text, int *ret_ifindex,
                     GError **error)
{
  NsdPath path;

  if (strcmp (text, "/") == 0) {
    *ret_ifindex = 0;
    return TRUE;
  }
  if (!nsd_path_decode (text, &path) || path.node != NSD_NODE_LINK) {
    nsd_error_set_invalid (error, "%s is not the path of a link", text);
    return FALSE;
  }
  if (path.netns != context->netns) {
    nsd_error_set_invalid (error, "%s is a link of another namespace", text);
    return FALSE;
  }
  *ret_ifindex = path.ifindex;
  return TRUE;
}

/* IFLA_LINK_NETNSID is in the outermost level of the message (rtnl_fill_link_netnsid in
 * net/core/rtnetlink.c). */
static GVariant *
get_lower_link (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 ifindex = nsd_attr_view_get_u32 (view, attr->id, 0);

  while (view->parent != NULL)
    view = view->parent;
  return nsd_link_path_variant (view->context,
                                (int)nsd_attr_view_get_u32 (view, IFLA_LINK_NETNSID, (guint32)-1),
                                (int)ifindex);
}

static gboolean
put_lower_link (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  NsdAttrContext lower = *builder->context;
  int ifindex = 0;

  /* What has no path reads as «/»: to write that would take it away. */
  if (builder->lower_hidden && (builder->lower_ifindex != 0 || strcmp (text, "/") != 0)) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
                 "the lower device is in a namespace that is not on the bus");
    return FALSE;
  }
  if (builder->lower_netns != 0)
    lower.netns = builder->lower_netns;
  return nsd_link_path_parse (&lower, text, &ifindex, error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, (guint32)ifindex, error);
}

static gboolean
put_link (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  int ifindex = 0;

  return nsd_link_path_parse (builder->context, g_variant_get_string (value, NULL), &ifindex,
                              error) &&
         nsd_attr_builder_add_u32 (builder, attr->id, (guint32)ifindex, error);
}

/* ---- settings without an attribute ---- */

static GVariant *
get_nothing (const NsdAttrView *view, const NsdAttr *attr)
{
  g_return_val_if_reached (NULL);
}

const NsdAttrType nsd_attr_u8 = { "y", get_u8, put_u8, TRUE };
const NsdAttrType nsd_attr_u16 = { "q", get_u16, put_u16, TRUE };
const NsdAttrType nsd_attr_u32 = { "u", get_u32, put_u32, TRUE };
const NsdAttrType nsd_attr_u64 = { "t", get_u64, put_u64, TRUE };
const NsdAttrType nsd_attr_s32 = { "i", get_s32, put_s32, TRUE };
const NsdAttrType nsd_attr_be16 = { "q", get_be16, put_be16, TRUE };
const NsdAttrType nsd_attr_be32 = { "u", get_be32, put_be32, TRUE };
const NsdAttrType nsd_attr_flag = { "b", get_flag, put_flag, TRUE };
const NsdAttrType nsd_attr_bool8 = { "b", get_bool8, put_bool8, TRUE };
const NsdAttrType nsd_attr_bool32 = { "b", get_bool32, put_bool32, TRUE };
const NsdAttrType nsd_attr_string = { "s", get_string, put_string, TRUE };
const NsdAttrType nsd_attr_mac = { "s", get_mac, put_mac, TRUE };
const NsdAttrType nsd_attr_word8 = { "s", get_word8, put_word8, TRUE };
const NsdAttrType nsd_attr_word16 = { "s", get_word16, put_word16, TRUE };
const NsdAttrType nsd_attr_word32 = { "s", get_word32, put_word32, TRUE };
const NsdAttrType nsd_attr_word_be16 = { "s", get_word_be16, put_word_be16, TRUE };
const NsdAttrType nsd_attr_link = { "o", get_link, put_link, TRUE };
const NsdAttrType nsd_attr_lower_link = { "o", get_lower_link, put_lower_link };
const NsdAttrType nsd_attr_flag_words32 = { "as", get_flag_words32, put_flag_words32, TRUE };
const NsdAttrType nsd_attr_option_b = { "b", get_nothing, NULL };
const NsdAttrType nsd_attr_option_s = { "s", get_nothing, NULL };
const NsdAttrType nsd_attr_option_u = { "u", get_nothing, NULL };
const NsdAttrType nsd_attr_option_i = { "i", get_nothing, NULL };
const NsdAttrType nsd_attr_option_o = { "o", get_nothing, NULL };
const NsdAttrType nsd_attr_option_dict = { "a{sv}", get_nothing, NULL };
const NsdAttrType nsd_attr_option_as = { "as", get_nothing, NULL };
const NsdAttrType nsd_attr_option_q = { "q", get_nothing, NULL };
const NsdAttrType nsd_attr_option_y = { "y", get_nothing, NULL };
