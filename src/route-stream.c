/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-stream.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr-types.h"
#include "error.h"

/* More than any route that the kernel takes. */
#define MOST_MESSAGE (32 * 1024)

/* The length of the payload of an attribute. */
#define OF_FAMILY 0xffff /* 4 or 16 */
static const guint16 lengths[RTA_MAX + 1];

/* ---- one route ---- */

static int
family_length (const struct nlmsghdr *nlh)
{
  return ((const struct rtmsg *)NLMSG_DATA (nlh))->rtm_family == AF_INET ? 4 : 16;
}

/* Whether attributes fill the @rest bytes at @nla. */
static gboolean
are_attributes (const struct nlattr *nla, int rest)
{
  while (nla_ok (nla, rest))
    nla = nla_next (nla, &rest);
  return rest <= 0;
}

/* Next hops, of which each has attributes of its own. */
static gboolean
are_next_hops (const struct nlattr *nla)
{
  const struct rtnexthop *hop = nla_data (nla);
  int rest = nla_len (nla);

  for (; rest >= (int)sizeof *hop; hop = RTNH_NEXT (hop)) {
    if (hop->rtnh_len < sizeof *hop || hop->rtnh_len > rest ||
        !are_attributes ((const struct nlattr *)RTNH_DATA (hop), hop->rtnh_len - (int)sizeof *hop))
      return FALSE;
    rest -= (int)RTNH_ALIGN (hop->rtnh_len);
  }
  return rest <= 0;
}

static gboolean
is_attribute (const struct nlmsghdr *nlh, const struct nlattr *nla)
{
  int type = nla_type (nla);
  guint length = type <= RTA_MAX ? lengths[type] : 0;

  if (length == OF_FAMILY)
    length = (guint)family_length (nlh);
  if (length != 0 && (guint)nla_len (nla) != length)
    return FALSE;
  if (type == RTA_MULTIPATH)
    return are_next_hops (nla);
  if (type == RTA_METRICS)
    return are_attributes (nla_data (nla), nla_len (nla));
  return type != RTA_VIA || nla_len (nla) == 2 + 4 || nla_len (nla) == 2 + 16;
}

/* NULL, or what is wrong with it. */
static const char *
find_fault (const struct nlmsghdr *nlh)
{
  const struct rtmsg *rtm = NLMSG_DATA (nlh);
  const struct nlattr *nla = (const struct nlattr *)RTM_RTA (rtm);
  int rest = (int)(nlh->nlmsg_len - NLMSG_LENGTH (sizeof *rtm));
  guint bits = (guint)family_length (nlh) * 8;

  if (nlh->nlmsg_type != RTM_NEWROUTE)
    return "is not a route";
  if (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6)
    return "is neither of IPv4 nor of IPv6";
  if (rtm->rtm_dst_len > bits || rtm->rtm_src_len > bits)
    return "has a prefix length that is too large";
  for (; nla_ok (nla, rest); nla = nla_next (nla, &rest))
    if (!is_attribute (nlh, nla))
      return "has a bad attribute";
  return rest > 0 ? "has attributes that run past its end" : NULL;
}

/* ---- the stream ---- */

/* The length of the message at @offset with what aligns it; 0 with an error. */
static gsize
check_message (const guint8 *bytes, gsize offset, gsize length, guint index, GError **error)
{
  const struct nlmsghdr *nlh = (const struct nlmsghdr *)(bytes + offset);
  gsize rest = length - offset;
  const char *fault = NULL;

  if (rest < sizeof *nlh)
    fault = "is cut off";
  else if (nlh->nlmsg_len < NLMSG_LENGTH (sizeof (struct rtmsg)))
    fault = "is too short";
  else if (nlh->nlmsg_len > MOST_MESSAGE)
    fault = "is too long";
  else if (NLMSG_ALIGN (nlh->nlmsg_len) > rest)
    fault = "is cut off";
  else
    fault = find_fault (nlh);
  if (fault == NULL)
    return NLMSG_ALIGN (nlh->nlmsg_len);
  nsd_error_set_invalid (error, "Route %u of the stream, at byte %" G_GSIZE_FORMAT ", %s",
                         index + 1, offset, fault);
  return 0;
}

GPtrArray *
nsd_route_stream_parse (gconstpointer data, gsize length, GError **error)
{
  g_autoptr (GPtrArray) messages = g_ptr_array_new ();
  const guint8 *bytes = data;
  guint32 magic = 0;

  if (length >= sizeof magic)
    memcpy (&magic, bytes, sizeof magic);
  if (magic != NSD_ROUTE_STREAM_MAGIC) {
    nsd_error_set_invalid (error, "The stream does not begin as one of “ip route save” does");
    return NULL;
  }
  for (gsize offset = sizeof magic; offset < length;) {
    gsize step = check_message (bytes, offset, length, messages->len, error);

    if (step == 0)
      return NULL;
    g_ptr_array_add (messages, (gpointer)(bytes + offset));
    offset += step;
  }
  return g_steal_pointer (&messages);
}

static const struct nlattr *
find (const struct nlmsghdr *nlh, int id)
{
  return nlmsg_find_attr ((struct nlmsghdr *)nlh, sizeof (struct rtmsg), id);
}

/* restore_handler() in iproute2's ip/iproute.c, which forgets gateways that are not in RTA_GATEWAY:
 * of next hops, and of the other family. */
guint
nsd_route_stream_turn (const struct nlmsghdr *nlh)
{
  const struct nlattr *nla = (const struct nlattr *)RTM_RTA (NLMSG_DATA (nlh));
  int rest = (int)(nlh->nlmsg_len - NLMSG_LENGTH (sizeof (struct rtmsg)));
  const struct nlattr *source = NULL, *destination = NULL;

  for (; nla_ok (nla, rest); nla = nla_next (nla, &rest)) {
    int type = nla_type (nla);

    if (type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH || type == RTA_NH_ID)
      return 2;
    if (type == RTA_PREFSRC)
      source = nla;
    else if (type == RTA_DST)
      destination = nla;
  }
  if (source == NULL ||
      (destination != NULL && nla_len (source) == nla_len (destination) &&
       memcmp (nla_data (source), nla_data (destination), (gsize)nla_len (source)) == 0))
    return 0;
  return 1;
}

char *
nsd_route_stream_destination (const struct nlmsghdr *nlh)
{
  static const guint8 zero[16];
  const struct nlattr *nla = find (nlh, RTA_DST);
  g_autofree char *ip =
      nsd_ip_text (nla != NULL ? nla_data (nla) : zero, (gsize)family_length (nlh));

  return g_strdup_printf ("%s/%u", ip, ((const struct rtmsg *)NLMSG_DATA (nlh))->rtm_dst_len);
}

/* Flags that say what a route is, and not how it fares. */
static void
clear_flags (struct nlmsghdr *nlh, unsigned chosen)
{
  struct rtmsg *rtm = NLMSG_DATA (nlh);
  struct nlattr *hops = (struct nlattr *)find (nlh, RTA_MULTIPATH);
  struct rtnexthop *hop = hops != NULL ? nla_data (hops) : NULL;
  int rest = hops != NULL ? nla_len (hops) : 0;

  rtm->rtm_flags &= chosen;
  for (; rest >= (int)sizeof *hop; hop = RTNH_NEXT (hop)) {
    hop->rtnh_flags &= (guint8)chosen;
    rest -= (int)RTNH_ALIGN (hop->rtnh_len);
  }
}

static gboolean
is_of_next_hop (const struct nlattr *nla)
{
  static const guint16 ids[] = { RTA_OIF,       RTA_GATEWAY,    RTA_VIA,
                                 RTA_MULTIPATH, RTA_ENCAP_TYPE, RTA_ENCAP };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    if (nla_type (nla) == ids[i])
      return TRUE;
  return FALSE;
}

/* The kernel says what the object holds, for old programs (fib_dump_info() in
 * net/ipv4/fib_semantics.c), but takes it from nobody: rtm_to_fib_config() in
 * net/ipv4/fib_frontend.c. */
static void
remove_next_hop (struct nlmsghdr *nlh)
{
  struct nlattr *nla = (struct nlattr *)RTM_RTA (NLMSG_DATA (nlh));
  int rest = (int)(nlh->nlmsg_len - NLMSG_LENGTH (sizeof (struct rtmsg)));
  char *end = (char *)nla;

  while (nla_ok (nla, rest)) {
    struct nlattr *next = nla_next (nla, &rest);
    gsize length = (gsize)((char *)next - (char *)nla);

    if (!is_of_next_hop (nla)) {
      memmove (end, nla, length);
      end += length;
    }
    nla = next;
  }
  nlh->nlmsg_len = (guint32)(end - (char *)nlh);
}

void
nsd_route_stream_strip (struct nlmsghdr *nlh)
{
  struct rtmsg *rtm = NLMSG_DATA (nlh);
  gboolean has_object = find (nlh, RTA_NH_ID) != NULL;

  clear_flags (nlh, has_object ? 0 : RTNH_F_ONLINK | RTNH_F_PERVASIVE);
  if (!has_object)
    return;
  remove_next_hop (nlh);
  /* It is the object that is a blackhole. */
  if (rtm->rtm_type == RTN_BLACKHOLE)
    rtm->rtm_type = RTN_UNICAST;
}

static const guint16 lengths[RTA_MAX + 1] = {
  [RTA_DST] = OF_FAMILY,     [RTA_SRC] = OF_FAMILY, [RTA_GATEWAY] = OF_FAMILY,
  [RTA_PREFSRC] = OF_FAMILY, [RTA_OIF] = 4,         [RTA_IIF] = 4,
  [RTA_PRIORITY] = 4,        [RTA_TABLE] = 4,       [RTA_FLOW] = 4,
  [RTA_NH_ID] = 4,           [RTA_ENCAP_TYPE] = 2,  [RTA_PREF] = 1,
};
