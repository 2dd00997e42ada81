/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that the service goes by: one place for each. */
#pragma once

#define NSD_BUS_NAME     "org.netnsd1"
#define NSD_PATH_MANAGER "/org/netnsd1"
#define NSD_PATH_NETNS   NSD_PATH_MANAGER "/netns"

#define NSD_IFACE_MANAGER   NSD_BUS_NAME ".Manager"
#define NSD_IFACE_NAMESPACE NSD_BUS_NAME ".Namespace"
#define NSD_IFACE_LINK      NSD_BUS_NAME ".Link"
#define NSD_IFACE_ADDRESS   NSD_BUS_NAME ".Address"
#define NSD_IFACE_ROUTE     NSD_BUS_NAME ".Route"

#define NSD_IFACE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define NSD_IFACE_PROPERTIES     "org.freedesktop.DBus.Properties"
#define NSD_IFACE_INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define NSD_IFACE_PEER           "org.freedesktop.DBus.Peer"

/* Where iproute2 keeps the names (NETNS_RUN_DIR in its ip/ipnetns.c), and where we keep what must
 * survive a restart of the daemon but not of the machine. */
#define NSD_NETNS_DIR "/run/netns"
#define NSD_STATE_DIR "/run/netnsd"

/* polkit actions, <verb>-<noun>; declared to polkit in data/org.netnsd1.policy.in.  NSD_READ is the
 * word for «whoever may talk to the service may do this»: state is public on a bus (signals cannot
 * be filtered per receiver), and administrators narrow it in the D-Bus policy file. */
#define NSD_READ                       "read"
#define NSD_ACTION_CREATE_NAMESPACE    NSD_BUS_NAME ".create-namespace"
#define NSD_ACTION_ATTACH_NAMESPACE    NSD_BUS_NAME ".attach-namespace"
#define NSD_ACTION_DELETE_NAMESPACE    NSD_BUS_NAME ".delete-namespace"
#define NSD_ACTION_OPEN_NAMESPACE      NSD_BUS_NAME ".open-namespace"
#define NSD_ACTION_CREATE_LINK         NSD_BUS_NAME ".create-link"
#define NSD_ACTION_CONFIGURE_LINK      NSD_BUS_NAME ".configure-link"
#define NSD_ACTION_DELETE_LINK         NSD_BUS_NAME ".delete-link"
#define NSD_ACTION_CONFIGURE_ADDRESS   NSD_BUS_NAME ".configure-address"
#define NSD_ACTION_CONFIGURE_ROUTE     NSD_BUS_NAME ".configure-route"
#define NSD_ACTION_CONFIGURE_RULE      NSD_BUS_NAME ".configure-rule"
#define NSD_ACTION_CONFIGURE_NEIGHBOUR NSD_BUS_NAME ".configure-neighbour"
