/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that several sorts of objects share, most of them as ip(8) prints them. */
#pragma once

#include "attr.h"

extern const NsdWord nsd_family_words[];      /* AF_INET, AF_INET6 */
extern const NsdWord nsd_scope_words[];       /* RT_SCOPE_* */
extern const NsdWord nsd_protocol_words[];    /* RTPROT_* */
extern const NsdWord nsd_type_words[];        /* RTN_* */
extern const NsdWord nsd_nexthop_words[];     /* RTNH_F_*, RTM_F_* */
extern const NsdWord nsd_metric_words[];      /* RTAX_* that are numbers */
extern const NsdWord nsd_encap_words[];       /* LWTUNNEL_ENCAP_* */
extern const NsdWord nsd_pref_words[];        /* ICMPV6_ROUTER_PREF_* */
extern const NsdWord nsd_mode_words[];        /* NLM_F_* of requests that add something: "Mode" */
extern const NsdWord nsd_ip_protocol_words[]; /* IPPROTO_* */
