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
#include "link-words.h"
#include "link/kind.h"
#include "nsd-interfaces.h"
#include "text.h"

#define R      NSD_ATTR_READ
#define R_OPT  (R | NSD_ATTR_OPTIONAL)
#define CREATE NSD_ATTR_CREATE
#define CHANGE NSD_ATTR_CHANGE
#define LATE   NSD_ATTR_LATE

/* Enumerators of IFLA_* that the headers of Debian 12 (Linux 6.1) have not got. */
#define GSO_IPV4_MAX_SIZE          63 /* Linux 6.3 */
#define GRO_IPV4_MAX_SIZE          64 /* Linux 6.3 */
#define MAX_PACING_OFFLOAD_HORIZON 66 /* Linux 6.13 */
#define NETNS_IMMUTABLE            67 /* Linux 6.15 */
#define HEADROOM                   68 /* Linux 6.17 */
#define TAILROOM                   69 /* Linux 6.17 */

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
  return nsd_word_variant (nsd_arphrd_words, ((const struct ifinfomsg *)view->header)->ifi_type);
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
  words = g_variant_ref_sink (
      nsd_flag_words_variant (nsd_link_flag_words, flags & ~(guint32)IFF_RUNNING));
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

/* Whether the kind of the link is one of @kinds. */
static gboolean
is_one_of (const NsdAttrView *view, const char *const *kinds)
{
  const struct nlattr *kind;
  NsdAttrView info;

  nsd_attr_view_init_nested (&info, view, view->tb[IFLA_LINKINFO]);
  kind = nsd_attr_view_get (&info, IFLA_INFO_KIND, 1);
  for (; kind != NULL && *kinds != NULL; kinds++)
    if (nla_strcmp (kind, *kinds) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_pair (const NsdAttrView *view)
{
  static const char *const kinds[] = { "veth", "netkit", "vxcan", NULL };

  return is_one_of (view, kinds);
}

/* Links without a lower device name themselves (dev_get_iflink in net/core/dev.c).  In another
 * namespace that index may be anybody's: these kinds never have one in IFLA_LINK. */
static gboolean
names_itself (const NsdAttrView *view, int nsid, int ifindex)
{
  static const char *const kinds[] = { "vxlan", "geneve", "bareudp", "gtp", "amt", NULL };

  return ifindex == ((const struct ifinfomsg *)view->header)->ifi_index &&
         (nsid < 0 || is_one_of (view, kinds));
}

/* IFLA_LINK is the other end of a pair, the lower device of everything else. */
static GVariant *
get_referred (const NsdAttrView *view, gboolean wanted)
{
  int nsid = (int)nsd_attr_view_get_u32 (view, IFLA_LINK_NETNSID, (guint32)-1);
  int ifindex = (int)nsd_attr_view_get_u32 (view, IFLA_LINK, 0);

  if (!wanted || names_itself (view, nsid, ifindex))
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
get_inet6 (const NsdAttrView *view, const NsdAttr *attr, const NsdAttrType *type)
{
  NsdAttrView families, inet6;

  nsd_attr_view_init_nested (&families, view, view->tb[IFLA_AF_SPEC]);
  nsd_attr_view_init_nested (&inet6, &families, families.tb[AF_INET6]);
  return type->get (&inet6, attr);
}

/* Each in a nest of its own: do_setlink() in net/core/rtnetlink.c goes through them in turn. */
static gboolean
put_inet6 (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, const NsdAttrType *type,
           GError **error)
{
  struct nlattr *families = nsd_attr_builder_open (builder, IFLA_AF_SPEC, error);
  struct nlattr *inet6 = families != NULL ? nsd_attr_builder_open (builder, AF_INET6, error) : NULL;

  if (inet6 == NULL || !type->put (builder, attr, value, error))
    return FALSE;
  nsd_attr_builder_close (builder, inet6);
  nsd_attr_builder_close (builder, families);
  return TRUE;
}

static GVariant *
get_address_generation (const NsdAttrView *view, const NsdAttr *attr)
{
  return get_inet6 (view, attr, &nsd_attr_word8);
}

static gboolean
put_address_generation (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value,
                        GError **error)
{
  return put_inet6 (builder, attr, value, &nsd_attr_word8, error);
}

static GVariant *
get_token (const NsdAttrView *view, const NsdAttr *attr)
{
  return get_inet6 (view, attr, &nsd_attr_ip6);
}

static GVariant *
get_xdp (const NsdAttrView *view, const NsdAttr *attr)
{
  NsdAttrView xdp;

  nsd_attr_view_init_nested (&xdp, view, view->tb[IFLA_XDP]);
  return nsd_attr_u32.get (&xdp, attr);
}

static GVariant *
get_xdp_mode (const NsdAttrView *view, const NsdAttr *attr)
{
  NsdAttrView xdp;

  nsd_attr_view_init_nested (&xdp, view, view->tb[IFLA_XDP]);
  return nsd_attr_word8.get (&xdp, attr);
}

/* Without a mask the value is all reasons (dev_change_proto_down_reason in net/core/dev.c). */
static GVariant *
get_reasons (const NsdAttrView *view, const NsdAttr *attr)
{
  NsdAttrView nested;

  nsd_attr_view_init_nested (&nested, view, view->tb[IFLA_PROTO_DOWN_REASON]);
  return nsd_attr_u32.get (&nested, attr);
}

static gboolean
put_reasons (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error)
{
  struct nlattr *nest = nsd_attr_builder_open (builder, IFLA_PROTO_DOWN_REASON, error);

  if (nest == NULL || !nsd_attr_u32.put (builder, attr, value, error))
    return FALSE;
  nsd_attr_builder_close (builder, nest);
  return TRUE;
}

/* Ids of hardware: bytes, of which ip(8) makes hex digits. */
static GVariant *
get_hex (const NsdAttrView *view, const NsdAttr *attr)
{
  const struct nlattr *nla = nsd_attr_view_get (view, attr->id, 0);
  GString *text = g_string_new (NULL);

  for (int i = 0; nla != NULL && i < nla_len (nla); i++)
    g_string_append_printf (text, "%02x", ((const guint8 *)nla_data (nla))[i]);
  return g_variant_new_take_string (g_string_free (text, FALSE));
}

/* ---- words ---- */

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

/* XDP_ATTACHED_* of linux/if_link.h */
static const NsdWord xdp_modes[] = {
  { 0, "" }, { 1, "xdp" }, { 2, "xdpgeneric" }, { 3, "xdpoffload" }, { 4, "xdpmulti" }, { 0, NULL },
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
static const NsdAttrType token = { "s", get_token, NULL };
static const NsdAttrType xdp_number = { "u", get_xdp, NULL };
static const NsdAttrType xdp_mode = { "s", get_xdp_mode, NULL };
static const NsdAttrType reasons = { "u", get_reasons, put_reasons };
static const NsdAttrType hex = { "s", get_hex, NULL };

/* Left out: what is an action or an event (NET_NS_*, NEW_NETNSID, NEW_IFINDEX, EVENT, EXT_MASK),
 * the resources of hardware (MAP, VFINFO_LIST and NUM_VF, VF_PORTS, DPLL_PIN, DEVLINK_PORT), what
 * no kernel fills in any more (WEIGHT, COST, PRIORITY, WIRELESS, PROTINFO of others than bridges),
 * and STATS (GetStatistics).
 *
 * CREATE is what rtnl_create_link() and rtnl_configure_link() take; the rest is LATE. */
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
  { 0, "Trailers", &header_flag, R | CREATE | CHANGE, "opposite", IFF_NOTRAILERS },
  { IFLA_CARRIER, "Carrier", &nsd_attr_bool8, R | LATE | CHANGE },
  { IFLA_PROTO_DOWN, "ProtoDown", &nsd_attr_bool8, R | LATE | CHANGE },
  { IFLA_PROTO_DOWN_REASON_VALUE, "ProtoDownReasons", &reasons, R | LATE | CHANGE },
  { IFLA_LINKMODE, "LinkMode", &nsd_attr_word8, R | CREATE | CHANGE, link_modes },
  { IFLA_INET6_ADDR_GEN_MODE, "IPv6AddressGenerationMode", &address_generation, R | LATE | CHANGE,
    generation_modes },
  { IFLA_GSO_MAX_SIZE, "GsoMaxSize", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_GSO_MAX_SEGS, "GsoMaxSegments", &nsd_attr_u32, R | CREATE | CHANGE },
  { IFLA_GRO_MAX_SIZE, "GroMaxSize", &nsd_attr_u32, R | CREATE | CHANGE },
  { GSO_IPV4_MAX_SIZE, "GsoIpv4MaxSize", &nsd_attr_u32, R_OPT | CREATE | CHANGE },
  { GRO_IPV4_MAX_SIZE, "GroIpv4MaxSize", &nsd_attr_u32, R_OPT | CREATE | CHANGE },
  { IFLA_TSO_MAX_SIZE, "TsoMaxSize", &nsd_attr_u32, R_OPT },
  { IFLA_TSO_MAX_SEGS, "TsoMaxSegments", &nsd_attr_u32, R_OPT },
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
  { IFLA_CARRIER_UP_COUNT, "CarrierUpCount", &nsd_attr_u32, R },
  { IFLA_CARRIER_DOWN_COUNT, "CarrierDownCount", &nsd_attr_u32, R },
  { IFLA_PROMISCUITY, "Promiscuity", &nsd_attr_u32, R },
  { IFLA_ALLMULTI, "AllMulticastCount", &nsd_attr_u32, R_OPT },
  { IFLA_INET6_TOKEN, "IPv6Token", &token, R },
  { IFLA_XDP_ATTACHED, "XdpMode", &xdp_mode, R, xdp_modes },
  { IFLA_XDP_PROG_ID, "XdpProgramId", &xdp_number, R },
  { IFLA_PHYS_PORT_ID, "PhysicalPortId", &hex, R },
  { IFLA_PHYS_PORT_NAME, "PhysicalPortName", &nsd_attr_string, R },
  { IFLA_PHYS_SWITCH_ID, "PhysicalSwitchId", &hex, R },
  { MAX_PACING_OFFLOAD_HORIZON, "MaxPacingOffloadHorizon", &nsd_attr_u32, R_OPT },
  { HEADROOM, "Headroom", &nsd_attr_u16, R_OPT },
  { TAILROOM, "Tailroom", &nsd_attr_u16, R_OPT },
  { IFLA_PARENT_DEV_NAME, "ParentDeviceName", &nsd_attr_string, R },
  { IFLA_PARENT_DEV_BUS_NAME, "ParentDeviceBus", &nsd_attr_string, R },
  { IFLA_INFO_SLAVE_KIND, "SlaveKind", &info_string, R },
  { NETNS_IMMUTABLE, "NetnsImmutable", &nsd_attr_bool8, R },
};

static NsdAttrShared shared[G_N_ELEMENTS (rows)];
const NsdAttrTable nsd_link_table = { &org_netnsd1_link_interface, rows, G_N_ELEMENTS (rows),
                                      shared };
