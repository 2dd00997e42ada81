/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of an address: struct ifaddrmsg and IFA_* (net/ipv4/devinet.c,
 * net/ipv6/addrconf.c). */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "addresses.h"
#include "attr-types.h"
#include "error.h"
#include "nsd-interfaces.h"
#include "rtwords.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE
#define CHANGE NSD_ATTR_CHANGE

/* IFA_PROTO came with Linux 5.18. */
#define ADDRESS_PROTO 11

static const NsdWord flag_words[];
static const NsdWord protocol_words[];

static const struct ifaddrmsg *
header_of (const NsdAttrView *view)
{
  return view->header;
}

static int
address_length (const NsdAttrView *view)
{
  return header_of (view)->ifa_family == AF_INET ? 4 : 16;
}

static const struct nlattr *
local_of (const NsdAttrView *view)
{
  const struct nlattr *local = nsd_attr_view_get (view, IFA_LOCAL, address_length (view));

  return local != NULL ? local : nsd_attr_view_get (view, IFA_ADDRESS, address_length (view));
}

static GVariant *
ip_variant (const NsdAttrView *view, const struct nlattr *nla)
{
  return g_variant_new_take_string (
      nla != NULL ? nsd_ip_text (nla_data (nla), (gsize)address_length (view)) : g_strdup (""));
}

static GVariant *
get_local (const NsdAttrView *view, const NsdAttr *attr)
{
  return ip_variant (view, local_of (view));
}

static GVariant *
get_address (const NsdAttrView *view, const NsdAttr *attr)
{
  g_autoptr (GVariant) local = g_variant_ref_sink (get_local (view, attr));

  return g_variant_new_take_string (g_strdup_printf ("%s/%u", g_variant_get_string (local, NULL),
                                                     header_of (view)->ifa_prefixlen));
}

static GVariant *
get_peer (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *peer = nsd_attr_view_get (view, IFA_ADDRESS, address_length (view));
  const struct nlattr *local = local_of (view);

  if (peer != NULL && local != NULL &&
      memcmp (nla_data (peer), nla_data (local), (gsize)address_length (view)) == 0)
    peer = NULL;
  return ip_variant (view, peer);
}

static GVariant *
get_broadcast (const NsdAttrView *view, const NsdAttr *attr)
{
  return ip_variant (view, nsd_attr_view_get (view, attr->id, address_length (view)));
}

static GVariant *
get_family (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (nsd_family_words, header_of (view)->ifa_family);
}

static GVariant *
get_link (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_link_path_variant (view->context, -1, (int)header_of (view)->ifa_index);
}

static GVariant *
get_prefix_length (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_byte (header_of (view)->ifa_prefixlen);
}

static GVariant *
get_scope (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (nsd_scope_words, header_of (view)->ifa_scope);
}

static gboolean
put_scope (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 scope = 0;

  if (!nsd_word_parse (nsd_scope_words, G_MAXUINT8, g_variant_get_string (value, NULL), &scope,
                       error))
    return FALSE;
  ((struct ifaddrmsg *)builder->header)->ifa_scope = (guint8)scope;
  return TRUE;
}

/* __inet_insert_ifa() in net/ipv4/devinet.c drops them without a word. */
#define IPV6_FLAGS                                                                                 \
  ((guint32)(IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR))

/* ip(8) says «dynamic» for what is not permanent, and «temporary» for IPv6's secondary. */
static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 flags = nsd_attr_view_get_u32 (view, IFA_FLAGS, header_of (view)->ifa_flags);
  gboolean temporary = header_of (view)->ifa_family == AF_INET6 && (flags & IFA_F_SECONDARY);
  gboolean dynamic = !(flags & IFA_F_PERMANENT);
  g_autoptr (GVariant) words = NULL;
  GVariantBuilder builder;
  GVariantIter iter;
  const char *word;

  flags &= ~(guint32)(IFA_F_PERMANENT | (temporary ? IFA_F_SECONDARY : 0));
  if (!temporary && !dynamic)
    return nsd_flag_words_variant (flag_words, flags);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  if (temporary)
    g_variant_builder_add (&builder, "s", "temporary");
  if (dynamic)
    g_variant_builder_add (&builder, "s", "dynamic");
  words = g_variant_ref_sink (nsd_flag_words_variant (flag_words, flags));
  g_variant_iter_init (&iter, words);
  while (g_variant_iter_next (&iter, "&s", &word))
    g_variant_builder_add (&builder, "s", word);
  return g_variant_builder_end (&builder);
}

static gboolean
refuse_flags (guint32 flags, const char *why, GError **error)
{
  g_autoptr (GVariant) words = g_variant_ref_sink (nsd_flag_words_variant (flag_words, flags));
  const char *word;

  if (flags == 0)
    return TRUE;
  g_variant_get_child (words, 0, "&s", &word);
  nsd_error_set_invalid (error, "the flag “%s” %s", word, why);
  return FALSE;
}

static gboolean
put_flags (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  guint32 flags = 0;

  if (!nsd_flag_words_parse (flag_words, value, &flags, error) ||
      !refuse_flags (flags & ~NSD_ADDRESS_CHOOSABLE_FLAGS, "is for the kernel to set", error) ||
      (builder->family == AF_INET &&
       !refuse_flags (flags & IPV6_FLAGS, "is for IPv6 addresses alone", error)))
    return FALSE;
  return nsd_attr_builder_add_u32 (builder, IFA_FLAGS, flags, error);
}

/* row.arg: offset in struct ifa_cacheinfo.  The two are written together, by the handlers. */
static GVariant *
get_lifetime (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, IFA_CACHEINFO, sizeof (struct ifa_cacheinfo));
  guint32 seconds = G_MAXUINT32;

  if (nla != NULL)
    memcpy (&seconds, (const char *)nla_data (nla) + attr->arg, sizeof seconds);
  if (seconds != G_MAXUINT32)
    seconds = seconds > view->elapsed ? seconds - view->elapsed : 0;
  return g_variant_new_uint32 (seconds);
}

static GVariant *
get_cache_info (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (struct ifa_cacheinfo));
  struct ifa_cacheinfo info = { 0 };
  GVariant *entries[2];

  if (nla != NULL)
    memcpy (&info, nla_data (nla), sizeof info);
  entries[0] = g_variant_new ("{st}", "created", (guint64)info.cstamp);
  entries[1] = g_variant_new ("{st}", "updated", (guint64)info.tstamp);
  return g_variant_new_array (NULL, entries, G_N_ELEMENTS (entries));
}

static GVariant *
get_protocol (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, sizeof (guint8));

  return nla != NULL && nla_get_u8 (nla) != 0 ? nsd_word_variant (protocol_words, nla_get_u8 (nla))
                                              : g_variant_new_string ("");
}

static gboolean
put_protocol (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *word = g_variant_get_string (value, NULL);
  guint32 protocol = 0;
  guint8 byte;

  if (*word != '\0' && !nsd_word_parse (protocol_words, G_MAXUINT8, word, &protocol, error))
    return FALSE;
  byte = (guint8)protocol;
  return nsd_attr_builder_add (builder, attr->id, &byte, sizeof byte, error);
}

/* IFA_F_* of linux/if_addr.h */
static const NsdWord flag_words[] = {
  { IFA_F_SECONDARY, "secondary" },
  { IFA_F_NODAD, "nodad" },
  { IFA_F_OPTIMISTIC, "optimistic" },
  { IFA_F_DADFAILED, "dadfailed" },
  { IFA_F_HOMEADDRESS, "home" },
  { IFA_F_DEPRECATED, "deprecated" },
  { IFA_F_TENTATIVE, "tentative" },
  { IFA_F_MANAGETEMPADDR, "mngtmpaddr" },
  { IFA_F_NOPREFIXROUTE, "noprefixroute" },
  { IFA_F_MCAUTOJOIN, "autojoin" },
  { IFA_F_STABLE_PRIVACY, "stable-privacy" },
  { 0, NULL },
};
G_STATIC_ASSERT (NSD_ADDRESS_CHOOSABLE_FLAGS ==
                 (IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                  IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN));

/* IFAPROT_* of linux/if_addr.h (5.18), in the words of iproute2's rt_addrprotos */
static const NsdWord protocol_words[] = {
  { 1, "kernel_lo" },
  { 2, "kernel_ra" },
  { 3, "kernel_ll" },
  { 0, NULL },
};

static const NsdAttrType address = { "s", get_address, NULL };
static const NsdAttrType family = { "s", get_family, NULL };
static const NsdAttrType link_of_address = { "o", get_link, NULL };
static const NsdAttrType local = { "s", get_local, NULL };
static const NsdAttrType prefix_length = { "y", get_prefix_length, NULL };
static const NsdAttrType peer = { "s", get_peer, NULL };
static const NsdAttrType broadcast = { "s", get_broadcast, NULL, TRUE };
static const NsdAttrType scope = { "s", get_scope, put_scope };
static const NsdAttrType flags = { "as", get_flags, put_flags };
static const NsdAttrType lifetime = { "u", get_lifetime, NULL };
static const NsdAttrType protocol = { "s", get_protocol, put_protocol, TRUE };
static const NsdAttrType cache_info = { "a{st}", get_cache_info, NULL, TRUE };

static const NsdAttr rows[] = {
  { 0, "Address", &address, R },
  { 0, "Family", &family, R },
  { 0, "Link", &link_of_address, R },
  { IFA_LOCAL, "Local", &local, R },
  { 0, "PrefixLength", &prefix_length, R },
  { IFA_ADDRESS, "Peer", &peer, R | CREATE },
  { IFA_BROADCAST, "Broadcast", &broadcast, R | CREATE },
  { IFA_LABEL, "Label", &nsd_attr_string, R | CREATE, NULL, 15 },
  { 0, "Scope", &scope, R | CREATE },
  { IFA_FLAGS, "Flags", &flags, R | CREATE | CHANGE },
  { 0, "ValidLifetime", &lifetime, R | CREATE | CHANGE, NULL,
    offsetof (struct ifa_cacheinfo, ifa_valid) },
  { 0, "PreferredLifetime", &lifetime, R | CREATE | CHANGE, NULL,
    offsetof (struct ifa_cacheinfo, ifa_prefered) },
  { IFA_RT_PRIORITY, "Metric", &nsd_attr_u32, R | CREATE | CHANGE },
  { ADDRESS_PROTO, "Protocol", &protocol, R | CREATE | CHANGE },
  { IFA_CACHEINFO, "CacheInfo", &cache_info, R },
};

static NsdAttrShared shared[G_N_ELEMENTS (rows)];
const NsdAttrTable nsd_address_table = { &org_netnsd1_address_interface, rows, G_N_ELEMENTS (rows),
                                         shared };
