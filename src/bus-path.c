/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-path.h"

#include <string.h>

#include "names.h"

typedef struct {
  const char *name;
  NsdNode dir;
  NsdNode object;
} Collection;

static const Collection collections[];
static const gsize n_collections;

/* A positive decimal number up to @max that ends at `/` or at the end of the string. */
static gboolean
take_number (const char **string, guint64 max, guint64 *ret_number)
{
  const char *p = *string;
  guint64 number = 0;

  if (*p < '1' || *p > '9')
    return FALSE;
  for (; g_ascii_isdigit (*p); p++) {
    guint digit = (guint)(*p - '0');

    if (number > (max - digit) / 10)
      return FALSE;
    number = number * 10 + digit;
  }
  if (*p != '\0' && *p != '/')
    return FALSE;
  *string = p;
  *ret_number = number;
  return TRUE;
}

static gboolean
is_key (const char *key)
{
  return *key != '\0' && key[strspn (key, "0123456789abcdef_")] == '\0';
}

static gboolean
decode_key (const char *key, NsdNode node, NsdPath *path)
{
  guint64 ifindex = 0;
  const char *end = key;

  if (node != NSD_NODE_LINK && !is_key (key))
    return FALSE;
  if (node == NSD_NODE_LINK && (!take_number (&end, G_MAXINT, &ifindex) || *end != '\0'))
    return FALSE;
  path->node = node;
  path->ifindex = (int)ifindex;
  path->key = key;
  return TRUE;
}

/* What comes behind the id of a namespace: nothing, a collection, or an object in one. */
static gboolean
decode_below_namespace (const char *rest, NsdPath *path)
{
  if (*rest == '\0') {
    path->node = NSD_NODE_NAMESPACE;
    return TRUE;
  }
  rest++;
  for (gsize i = 0; i < n_collections; i++) {
    gsize length = strlen (collections[i].name);

    if (strncmp (rest, collections[i].name, length) != 0)
      continue;
    if (rest[length] == '\0') {
      path->node = collections[i].dir;
      return TRUE;
    }
    if (rest[length] == '/')
      return decode_key (rest + length + 1, collections[i].object, path);
  }
  return FALSE;
}

static NsdNode
decode_fixed (const char *string)
{
  if (strcmp (string, NSD_PATH_MANAGER) == 0)
    return NSD_NODE_MANAGER;
  if (strcmp (string, NSD_PATH_NETNS) == 0)
    return NSD_NODE_NETNS_DIR;
  if (strcmp (string, "/") == 0)
    return NSD_NODE_ROOT;
  if (strcmp (string, "/org") == 0)
    return NSD_NODE_ORG;
  return NSD_NODE_NONE;
}

gboolean
nsd_path_decode (const char *string, NsdPath *ret_path)
{
  NsdPath path = { NSD_NODE_NONE, 0, 0, NULL };
  const char *rest = string;

  *ret_path = path;
  if (g_str_has_prefix (string, NSD_PATH_NETNS "/")) {
    rest += strlen (NSD_PATH_NETNS "/");
    if (!take_number (&rest, G_MAXUINT64, &path.netns) || !decode_below_namespace (rest, &path))
      return FALSE;
  } else {
    path.node = decode_fixed (string);
  }
  *ret_path = path;
  return path.node != NSD_NODE_NONE;
}

char *
nsd_path_namespace (guint64 netns)
{
  return g_strdup_printf (NSD_PATH_NETNS "/%" G_GUINT64_FORMAT, netns);
}

char *
nsd_path_object (guint64 netns, NsdNode node, const char *key)
{
  for (gsize i = 0; i < n_collections; i++)
    if (collections[i].object == node)
      return g_strdup_printf (NSD_PATH_NETNS "/%" G_GUINT64_FORMAT "/%s/%s", netns,
                              collections[i].name, key);
  g_return_val_if_reached (NULL);
}

char *
nsd_path_link (guint64 netns, int ifindex)
{
  return g_strdup_printf (NSD_PATH_NETNS "/%" G_GUINT64_FORMAT "/link/%d", netns, ifindex);
}

static const Collection collections[] = {
  { "link", NSD_NODE_LINK_DIR, NSD_NODE_LINK },
  { "address", NSD_NODE_ADDRESS_DIR, NSD_NODE_ADDRESS },
  { "route", NSD_NODE_ROUTE_DIR, NSD_NODE_ROUTE },
};
static const gsize n_collections = G_N_ELEMENTS (collections);
