/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes that every link has: struct ifinfomsg and IFLA_* (net/core/rtnetlink.c). */
#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "bus-path.h"
#include "error.h"
#include "link/kind.h"
#include "nsd-interfaces.h"
#include "text.h"

#define R      NSD_ATTR_READ
#define CREATE NSD_ATTR_CREATE
#define CHANGE NSD_ATTR_CHANGE
#define LATE   NSD_ATTR_LATE

/* Enumerators of IFLA_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define NETNS_IMMUTABLE 67 /* Linux 6.15 */

static const NsdWord flag_words[];
static const NsdWord arphrd_words[];

/* ---- struct ifinfomsg ---- */

static GVariant *
get_index (const NsdAttrView *view, const NsdAttr *attr)
{
  return g_variant_new_int32 (((const struct ifinfomsg *)view->header)->ifi_index);
}

static gboolean
put_index (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  gint32 index = g_variant_get_int32 (value);

  if (index <= 0) {
    nsd_error_set_invalid (error, "%d is out of range, at least 1", index);
    return FALSE;
  }
  ((struct ifinfomsg *)builder->header)->ifi_index = index;
  return TRUE;
}

static GVariant *
get_type (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_word_variant (arphrd_words, ((const struct ifinfomsg *)view->header)->ifi_type);
}

/* row.arg: the IFF_* bit; row.data: not NULL if the property is its opposite. */
static GVariant *
get_flag (const NsdAttrView *view, const NsdAttr *attr)
{
  gboolean set = (((const struct ifinfomsg *)view->header)->ifi_flags & attr->arg) != 0;

  return g_variant_new_boolean (attr->data == NULL ? set : !set);
}

static gboolean
put_flag (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct ifinfomsg *ifi = builder->header;

  ifi->ifi_change |= attr->arg;
  if (g_variant_get_boolean (value) == (attr->data == NULL))
    ifi->ifi_flags |= attr->arg;
  return TRUE;
}

/* In the words and the order of ip(8): RUNNING shows as the absence of NO-CARRIER. */
static GVariant *
get_flags (const NsdAttrView *view, const NsdAttr *attr)
{
  guint32 flags = ((const struct ifinfomsg *)view->header)->ifi_flags;
  g_autoptr (GVariant) words = NULL;
  GVariantBuilder builder;
  GVariantIter iter;
  const char *word;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  if ((flags & IFF_UP) && !(flags & IFF_RUNNING))
    g_variant_builder_add (&builder, "s", "NO-CARRIER");
  words = g_variant_ref_sink (nsd_flag_words_variant (flag_words, flags & ~(guint32)IFF_RUNNING));
  g_variant_iter_init (&iter, words);
  while (g_variant_iter_next (&iter, "&s", &word))
    g_variant_builder_add (&builder, "s", word);
  return g_variant_builder_end (&builder);
}

/* ---- names ---- */

/* What dev_valid_name() in net/core/dev.c takes (its isspace() is that of Latin-1), without the
 * pattern «%d» that the kernel would fill in: an empty name asks for that. */
static gboolean
put_name (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  g_autofree char *name = nsd_text_to_bytes (text);
  gboolean bad = name == NULL || *name == '\0' || strlen (name) >= IFNAMSIZ ||
                 strcmp (name, ".") == 0 || strcmp (name, "..") == 0;

  for (const char *p = name; !bad && *p != '\0'; p++)
    bad = *p == '/' || *p == ':' || *p == '%' || *p == ' ' || (guint8)*p == 0xa0 ||
          g_ascii_iscntrl (*p);
  if (bad) {
    nsd_error_set_invalid (error,
                           "“%s” cannot be the name of a link: 1 to 15 bytes without “/”, “:”, "
                           "“%%”, white space and control characters, not “.” or “..”",
                           text);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, name, strlen (name) + 1, error);
}

static GVariant *
get_name (const NsdAttrView *view, const NsdAttr *attr)
{
  return nsd_attr_string.get (view, attr);
}

static GVariant *
get_alternative_names (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *list = view->tb[attr->id];
  GVariantBuilder builder;
  const struct nlattr *nla;
  int rest;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  if (list != NULL) {
    nla_for_each_nested (nla, list, rest)
    {
      if (nla_type (nla) == IFLA_ALT_IFNAME) {
        g_autofree char *name = nsd_text_from_bytes (nla_data (nla), (gsize)nla_len (nla));

        g_variant_builder_add (&builder, "s", name);
      }
    }
  }
  return g_variant_builder_end (&builder);
}

/* ---- addresses of the link layer ---- */

/* As ll_addr_n2a() of iproute2: tunnels have IP addresses here. */
static GVariant *
get_lladdr (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);
  guint type = ((const struct ifinfomsg *)view->header)->ifi_type;
  int length = nla != NULL ? nla_len (nla) : 0;

  if ((length == 4 && (type == ARPHRD_TUNNEL || type == ARPHRD_SIT || type == ARPHRD_IPGRE)) ||
      (length == 16 && (type == ARPHRD_TUNNEL6 || type == ARPHRD_IP6GRE)))
    return g_variant_new_take_string (nsd_ip_text (nla_data (nla), (gsize)length));
  return nsd_mac_variant (nla != NULL ? nla_data (nla) : NULL, (gsize)length);
}

static gboolean
put_lladdr (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 bytes[32]; /* MAX_ADDR_LEN of linux/netdevice.h */
  gsize length = nsd_mac_parse (text, bytes, sizeof bytes);

  /* What can be made has Ethernet addresses; other lengths are those of hardware. */
  if (length == 0 || (length != 6 && (nlmsg_hdr (builder->msg)->nlmsg_flags & NLM_F_CREATE))) {
    nsd_error_set_invalid (error, "“%s” is not a MAC address such as 02:00:00:00:00:01", text);
    return FALSE;
  }
  return nsd_attr_builder_add (builder, attr->id, bytes, length, error);
}

/* ---- other links ---- */

static gboolean
is_pair (const NsdAttrView *view)
{
  NsdAttrView info;
  const struct nlattr *kind;

  nsd_attr_view_init_nested (&info, view, view->tb[IFLA_LINKINFO]);
  kind = nsd_attr_view_get (&info, IFLA_INFO_KIND, 1);
  return kind != NULL && (nla_strcmp (kind, "veth") == 0 || nla_strcmp (kind, "netkit") == 0 ||
                          nla_strcmp (kind, "vxcan") == 0);
}

/* IFLA_LINK is the other end of a pair, the lower device of everything else. */
static GVariant *
get_referred (const NsdAttrView *view, gboolean wanted)
{
  int nsid = (int)nsd_attr_view_get_u32 (view, IFLA_LINK_NETNSID, (guint32)-1);
  int ifindex = (int)nsd_attr_view_get_u32 (view, IFLA_LINK, 0);

  /* Some devices without a lower one name themselves (dev_get_iflink). */
  if (!wanted || (nsid < 0 && ifindex == ((const struct ifinfomsg *)view->header)->ifi_index))
    ifindex = 0;
  return nsd_link_path_variant (view->context, nsid, ifindex);
}

static GVariant *
get_parent (const NsdAttrView *view, const NsdAttr *attr)
{
  return get_referred (view, !is_pair (view));
}

static GVariant *
get_peer (const NsdAttrView *view, const NsdAttr *attr)
{
  return get_referred (view, is_pair (view));
}

static gboolean
put_parent (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  return nsd_attr_lower_link.put (builder, attr, value, error);
}

/* The front part of the path of any link there.  Nobody but the creator of a link can choose it. */
static GVariant *
get_link_namespace (const NsdAttrView *view, const NsdAttr *attr)
{
  int nsid = (int)nsd_attr_view_get_u32 (view, IFLA_LINK_NETNSID, (guint32)-1);
  g_autofree char *text = NULL;
  NsdPath path;

  if (nsid < 0)
    return g_variant_new_object_path ("/");
  text = view->context->link_path (view->context->data, nsid, 1);
  if (!nsd_path_decode (text, &path) || path.node != NSD_NODE_LINK)
    return g_variant_new_object_path ("/");
  g_free (text);
  text = nsd_path_namespace (path.netns);
  return g_variant_new_object_path (text);
}

/* ---- nested in IFLA_LINKINFO, IFLA_AF_SPEC ---- */

static GVariant *
get_info_string (const NsdAttrView *view, const NsdAttr *attr)
{
  NsdAttrView info;

  nsd_attr_view_init_nested (&info, view, view->tb[IFLA_LINKINFO]);
  return nsd_attr_string.get (&info, attr);
}

static GVariant *
get_address_generation (const NsdAttrView *view, const NsdAttr *attr)
{
  NsdAttrView families, inet6;

  nsd_attr_view_init_nested (&families, view, view->tb[IFLA_AF_SPEC]);
  nsd_attr_view_init_nested (&inet6, &families, families.tb[AF_INET6]);
  return nsd_attr_word8.get (&inet6, attr);
}

static gboolean
put_address_generation (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value,
                        GError **error)
{
  struct nlattr *families = nsd_attr_builder_open (builder, IFLA_AF_SPEC, error);
  struct nlattr *inet6 = families != NULL ? nsd_attr_builder_open (builder, AF_INET6, error) : NULL;

  if (inet6 == NULL || !nsd_attr_word8.put (builder, attr, value, error))
    return FALSE;
  nsd_attr_builder_close (builder, inet6);
  nsd_attr_builder_close (builder, families);
  return TRUE;
}

/* ---- words ---- */

/* In the order of print_link_flags() of iproute2. */
static const NsdWord flag_words[] = {
  { IFF_LOOPBACK, "LOOPBACK" },
  { IFF_BROADCAST, "BROADCAST" },
  { IFF_POINTOPOINT, "POINTOPOINT" },
  { IFF_MULTICAST, "MULTICAST" },
  { IFF_NOARP, "NOARP" },
  { IFF_ALLMULTI, "ALLMULTI" },
  { IFF_PROMISC, "PROMISC" },
  { IFF_MASTER, "MASTER" },
  { IFF_SLAVE, "SLAVE" },
  { IFF_DEBUG, "DEBUG" },
  { IFF_DYNAMIC, "DYNAMIC" },
  { IFF_AUTOMEDIA, "AUTOMEDIA" },
  { IFF_PORTSEL, "PORTSEL" },
  { IFF_NOTRAILERS, "NOTRAILERS" },
  { IFF_UP, "UP" },
  { IFF_LOWER_UP, "LOWER_UP" },
  { IFF_DORMANT, "DORMANT" },
  { IFF_ECHO, "ECHO" },
  { 0, NULL },
};

/* As ll_type_n2a() of iproute2. */
static const NsdWord arphrd_words[] = {
  { ARPHRD_ETHER, "ether" },
  { ARPHRD_LOOPBACK, "loopback" },
  { ARPHRD_NETROM, "netrom" },
  { ARPHRD_EETHER, "eether" },
  { ARPHRD_AX25, "ax25" },
  { ARPHRD_PRONET, "pronet" },
  { ARPHRD_CHAOS, "chaos" },
  { ARPHRD_IEEE802, "ieee802" },
  { ARPHRD_ARCNET, "arcnet" },
  { ARPHRD_DLCI, "dlci" },
  { ARPHRD_ATM, "atm" },
  { ARPHRD_METRICOM, "metricom" },
  { ARPHRD_IEEE1394, "ieee1394" },
  { ARPHRD_INFINIBAND, "infiniband" },
  { ARPHRD_SLIP, "slip" },
  { ARPHRD_CSLIP, "cslip" },
  { ARPHRD_SLIP6, "slip6" },
  { ARPHRD_CSLIP6, "cslip6" },
  { ARPHRD_RSRVD, "rsrvd" },
  { ARPHRD_ADAPT, "adapt" },
  { ARPHRD_ROSE, "rose" },
  { ARPHRD_X25, "x25" },
  { ARPHRD_HWX25, "hwx25" },
  { ARPHRD_CAN, "can" },
  { ARPHRD_PPP, "ppp" },
  { ARPHRD_HDLC, "hdlc" },
  { ARPHRD_LAPB, "lapb" },
  { ARPHRD_DDCMP, "ddcmp" },
  { ARPHRD_RAWHDLC, "rawhdlc" },
  { ARPHRD_RAWIP, "rawip" },
  { ARPHRD_TUNNEL, "ipip" },
  { ARPHRD_TUNNEL6, "tunnel6" },
  { ARPHRD_FRAD, "frad" },
  { ARPHRD_SKIP, "skip" },
  { ARPHRD_LOCALTLK, "ltalk" },
  { ARPHRD_FDDI, "fddi" },
  { ARPHRD_BIF, "bif" },
  { ARPHRD_SIT, "sit" },
  { ARPHRD_IPDDP, "ip/ddp" },
  { ARPHRD_IPGRE, "gre" },
  { ARPHRD_PIMREG, "pimreg" },
  { ARPHRD_HIPPI, "hippi" },
  { ARPHRD_IRDA, "irda" },
  { ARPHRD_IEEE80211, "ieee802.11" },
  { ARPHRD_IEEE80211_PRISM, "ieee802.11/prism" },
  { ARPHRD_IEEE80211_RADIOTAP, "ieee802.11/radiotap" },
  { ARPHRD_IEEE802154, "ieee802.15.4" },
  { ARPHRD_IEEE802154_MONITOR, "ieee802.15.4/monitor" },
  { ARPHRD_PHONET, "phonet" },
  { ARPHRD_PHONET_PIPE, "phonet_pipe" },
  { ARPHRD_CAIF, "caif" },
  { ARPHRD_IP6GRE, "gre6" },
  { ARPHRD_NETLINK, "netlink" },
  { ARPHRD_6LOWPAN, "6lowpan" },
  { ARPHRD_NONE, "none" },
  { ARPHRD_VOID, "void" },
  { 0, NULL },
};

/* IF_OPER_* of linux/if.h */
static const NsdWord operstates[] = {
  { 0, "UNKNOWN" }, { 1, "NOTPRESENT" }, { 2, "DOWN" }, { 3, "LOWERLAYERDOWN" },
  { 4, "TESTING" }, { 5, "DORMANT" },    { 6, "UP" },   { 0, NULL },
};

/* IF_LINK_MODE_* of linux/if.h */
static const NsdWord link_modes[] = {
  { 0, "DEFAULT" },
  { 1, "DORMANT" },
  { 0, NULL },
};

/* IN6_ADDR_GEN_MODE_* of linux/if_link.h, in the words that ip(8) prints */
static const NsdWord generation_modes[] = {
  { 0, "eui64" }, { 1, "none" }, { 2, "stable_secret" }, { 3, "random" }, { 0, NULL },
};

static const NsdAttrType header_flag = { "b", get_flag, put_flag };
static const NsdAttrType header_flags = { "as", get_flags, NULL };
static const NsdAttrType header_index = { "i", get_index, put_index };
static const NsdAttrType header_type = { "s", get_type, NULL };
static const NsdAttrType link_name = { "s", get_name, put_name };
static const NsdAttrType lladdr = { "s", get_lladdr, put_lladdr };
static const NsdAttrType parent = { "o", get_parent, put_parent };
static const NsdAttrType peer = { "o", get_peer, NULL };
static const NsdAttrType link_namespace = { "o", get_link_namespace, NULL };
static const NsdAttrType alternative_names = { "as", get_alternative_names, NULL };
static const NsdAttrType info_string = { "s", get_info_string, NULL };
static const NsdAttrType address_generation = { "s", get_address_generation,
                                                put_address_generation };

/* CREATE is what rtnl_create_link() and rtnl_configure_link() take; the rest is LATE. */
static const NsdAttr rows[] = {
  { IFLA_IFNAME, "Name", &link_name, R | CREATE | CHANGE },
  { 0, "Up", &header_flag, R | CREATE | CHANGE, NULL, IFF_UP },
  { IFLA_MTU, "Mtu", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_ADDRESS, "MacAddress", &lladdr, R | CREATE | CHANGE },
  { IFLA_BROADCAST, "Broadcast", &lladdr, R | CREATE | CHANGE },
  { IFLA_TXQLEN, "TxQueueLength", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_IFALIAS, "Alias", &nsd_attr_string, R | LATE | CHANGE, NULL, 255 },
  { IFLA_GROUP, "Group", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_MASTER, "Master", &nsd_attr_link, R | CREATE | CHANGE },
  { 0, "Promiscuous", &header_flag, R | CREATE | CHANGE, NULL, IFF_PROMISC },
  { 0, "AllMulticast", &header_flag, R | CREATE | CHANGE, NULL, IFF_ALLMULTI },
  { 0, "Multicast", &header_flag, R | CREATE | CHANGE, NULL, IFF_MULTICAST },
  { 0, "Arp", &header_flag, R | CREATE | CHANGE, "opposite", IFF_NOARP },
  { 0, "Dynamic", &header_flag, R | CREATE | CHANGE, NULL, IFF_DYNAMIC },
  { IFLA_CARRIER, "Carrier", &nsd_attr_bool8, R | LATE | CHANGE },
  { IFLA_PROTO_DOWN, "ProtoDown", &nsd_attr_bool8, R | LATE | CHANGE },
  { IFLA_LINKMODE, "LinkMode", &nsd_attr_word8, R | CREATE | CHANGE, link_modes },
  { IFLA_INET6_ADDR_GEN_MODE, "IPv6AddressGenerationMode", &address_generation, R | LATE | CHANGE,
    generation_modes },
  { IFLA_GSO_MAX_SIZE, "GsoMaxSize", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_GSO_MAX_SEGS, "GsoMaxSegments", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_GRO_MAX_SIZE, "GroMaxSize", &nsd_attr_u32, R | CREATE | CHANGE },
  { 0, "Index", &header_index, R | CREATE },
  { IFLA_INFO_KIND, "Kind", &info_string, R },
  { 0, "Type", &header_type, R },
  { 0, "Flags", &header_flags, R },
  { IFLA_OPERSTATE, "OperState", &nsd_attr_word8, R, operstates },
  { IFLA_PERM_ADDRESS, "PermanentMacAddress", &lladdr, R },
  { IFLA_PROP_LIST, "AlternativeNames", &alternative_names, R },
  { IFLA_LINK, "Parent", &parent, R | CREATE },
  { IFLA_LINK, "Peer", &peer, R },
  { IFLA_LINK_NETNSID, "LinkNamespace", &link_namespace, R | CREATE },
  { IFLA_QDISC, "Qdisc", &nsd_attr_string, R },
  { IFLA_MIN_MTU, "MinMtu", &nsd_attr_u32, R },
  { IFLA_MAX_MTU, "MaxMtu", &nsd_attr_u32, R },
  { IFLA_NUM_TX_QUEUES, "TxQueues", &nsd_attr_u32, R | CREATE },
  { IFLA_NUM_RX_QUEUES, "RxQueues", &nsd_attr_u32, R | CREATE },
  { IFLA_CARRIER_CHANGES, "CarrierChanges", &nsd_attr_u32, R },
  { IFLA_PARENT_DEV_NAME, "ParentDeviceName", &nsd_attr_string, R },
  { IFLA_PARENT_DEV_BUS_NAME, "ParentDeviceBus", &nsd_attr_string, R },
  { IFLA_INFO_SLAVE_KIND, "SlaveKind", &info_string, R },
  { NETNS_IMMUTABLE, "NetnsImmutable", &nsd_attr_bool8, R },
};

const NsdAttrTable nsd_link_table = { &org_netnsd1_link_interface, rows, G_N_ELEMENTS (rows) };
