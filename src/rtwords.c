/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtwords.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

const NsdWord nsd_family_words[] = {
  { AF_INET, "inet" },
  { AF_INET6, "inet6" },
  { 0, NULL },
};

const NsdWord nsd_scope_words[] = {
  { RT_SCOPE_UNIVERSE, "global" }, { RT_SCOPE_SITE, "site" },       { RT_SCOPE_LINK, "link" },
  { RT_SCOPE_HOST, "host" },       { RT_SCOPE_NOWHERE, "nowhere" }, { 0, NULL },
};

/* As /etc/iproute2/rt_protos of iproute2. */
const NsdWord nsd_protocol_words[] = {
  { RTPROT_UNSPEC, "unspec" },
  { RTPROT_REDIRECT, "redirect" },
  { RTPROT_KERNEL, "kernel" },
  { RTPROT_BOOT, "boot" },
  { RTPROT_STATIC, "static" },
  { RTPROT_GATED, "gated" },
  { RTPROT_RA, "ra" },
  { RTPROT_MRT, "mrt" },
  { RTPROT_ZEBRA, "zebra" },
  { RTPROT_BIRD, "bird" },
  { RTPROT_DNROUTED, "dnrouted" },
  { RTPROT_XORP, "xorp" },
  { RTPROT_NTK, "ntk" },
  { RTPROT_DHCP, "dhcp" },
  { 18, "keepalived" },
  { RTPROT_BABEL, "babel" },
  { RTPROT_BGP, "bgp" },
  { RTPROT_ISIS, "isis" },
  { RTPROT_OSPF, "ospf" },
  { RTPROT_RIP, "rip" },
  { RTPROT_EIGRP, "eigrp" },
  { 0, NULL },
};

const NsdWord nsd_type_words[] = {
  { RTN_UNICAST, "unicast" },
  { RTN_LOCAL, "local" },
  { RTN_BROADCAST, "broadcast" },
  { RTN_ANYCAST, "anycast" },
  { RTN_MULTICAST, "multicast" },
  { RTN_BLACKHOLE, "blackhole" },
  { RTN_UNREACHABLE, "unreachable" },
  { RTN_PROHIBIT, "prohibit" },
  { RTN_THROW, "throw" },
  { RTN_NAT, "nat" },
  { RTN_XRESOLVE, "xresolve" },
  { 0, NULL },
};

/* As print_rt_flags() of iproute2. */
const NsdWord nsd_nexthop_words[] = {
  { RTNH_F_DEAD, "dead" },
  { RTNH_F_ONLINK, "onlink" },
  { RTNH_F_PERVASIVE, "pervasive" },
  { RTNH_F_OFFLOAD, "offload" },
  { RTNH_F_TRAP, "trap" },
  { RTM_F_NOTIFY, "notify" },
  { RTM_F_CLONED, "cloned" },
  { RTNH_F_LINKDOWN, "linkdown" },
  { RTNH_F_UNRESOLVED, "unresolved" },
  { RTM_F_OFFLOAD, "rt_offload" },
  { RTM_F_TRAP, "rt_trap" },
  { RTM_F_OFFLOAD_FAILED, "rt_offload_failed" },
  { 0, NULL },
};

const NsdWord nsd_metric_words[] = {
  { RTAX_LOCK, "lock" },
  { RTAX_MTU, "mtu" },
  { RTAX_WINDOW, "window" },
  { RTAX_RTT, "rtt" },
  { RTAX_RTTVAR, "rttvar" },
  { RTAX_SSTHRESH, "ssthresh" },
  { RTAX_CWND, "cwnd" },
  { RTAX_ADVMSS, "advmss" },
  { RTAX_REORDERING, "reordering" },
  { RTAX_HOPLIMIT, "hoplimit" },
  { RTAX_INITCWND, "initcwnd" },
  { RTAX_FEATURES, "features" },
  { RTAX_RTO_MIN, "rto_min" },
  { RTAX_INITRWND, "initrwnd" },
  { RTAX_QUICKACK, "quickack" },
  { RTAX_FASTOPEN_NO_COOKIE, "fastopen_no_cookie" },
  { 0, NULL },
};

const NsdWord nsd_encap_words[] = {
  { 1, "mpls" },      { 2, "ip" },  { 3, "ila" },   { 4, "ip6" },   { 5, "seg6" }, { 6, "bpf" },
  { 7, "seg6local" }, { 8, "rpl" }, { 9, "ioam6" }, { 10, "xfrm" }, { 0, NULL },
};

const NsdWord nsd_pref_words[] = {
  { 0, "medium" },
  { 1, "high" },
  { 3, "low" },
  { 0, NULL },
};

const NsdWord nsd_mode_words[] = {
  { NLM_F_CREATE | NLM_F_EXCL, "create" },
  { NLM_F_CREATE | NLM_F_REPLACE, "replace" },
  { NLM_F_CREATE | NLM_F_APPEND, "append" },
  { NLM_F_REPLACE, "change" },
  { 0, NULL },
};

/* As /etc/protocols of Debian, from which ip(8) has its words; the first for a number is shown. */
const NsdWord nsd_ip_protocol_words[] = {
  { IPPROTO_ICMP, "icmp" },
  { IPPROTO_IGMP, "igmp" },
  { IPPROTO_IPIP, "ipencap" },
  { IPPROTO_TCP, "tcp" },
  { IPPROTO_UDP, "udp" },
  { IPPROTO_DCCP, "dccp" },
  { IPPROTO_IPV6, "ipv6" },
  { IPPROTO_RSVP, "rsvp" },
  { IPPROTO_GRE, "gre" },
  { IPPROTO_ESP, "esp" },
  { IPPROTO_AH, "ah" },
  { IPPROTO_ICMPV6, "ipv6-icmp" },
  { IPPROTO_ICMPV6, "icmpv6" },
  { 89, "ospf" },
  { IPPROTO_PIM, "pim" },
  { 112, "vrrp" },
  { 115, "l2tp" },
  { IPPROTO_SCTP, "sctp" },
  { IPPROTO_UDPLITE, "udplite" },
  { 0, NULL },
};
