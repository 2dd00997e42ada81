/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-support.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/utsname.h>

#include "attr.h"
#include "netns.h"
#include "nl-socket.h"

typedef struct {
  NsdKernelSupportFunc func;
  gpointer data;
} Waiter;

static GVariant *answer;
static GArray *waiters;

/* The kinds of ip-link(8) and of the kernel that can be made by RTM_NEWLINK. */
static const char *const kinds[];

/* ---- in the thread ---- */

/* Asks for a link of @kind with nothing that such a link may need.  A kind that the kernel does not
 * have, and has no module for, is EOPNOTSUPP «Unknown device type» before anything else is looked
 * at (rtnl_newlink in net/core/rtnetlink.c); any other answer comes from the kind itself. */
static gboolean
try_kind (NsdNlSocket *socket, const char *kind)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  g_auto (NsdNlFailure) failure = { 0 };
  struct nlattr *info;

  nsd_attr_builder_init (&builder, NULL, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                         sizeof (struct ifinfomsg));
  info = nsd_attr_builder_open (&builder, IFLA_LINKINFO, NULL);
  nsd_attr_builder_add (&builder, IFLA_INFO_KIND, kind, strlen (kind) + 1, NULL);
  nsd_attr_builder_close (&builder, info);
  return nsd_nl_socket_request (socket, builder.msg, NULL, NULL, &failure) ||
         failure.errnum != EOPNOTSUPP || failure.text == NULL ||
         strstr (failure.text, "Unknown device type") == NULL;
}

static GVariant *
probe (GError **error)
{
  g_autoptr (NsdNlSocket) socket = NULL;
  GVariantBuilder builder;
  struct utsname name;

  if (!nsd_netns_unshare (error))
    return NULL;
  socket = nsd_nl_socket_new (error);
  if (socket == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  /* CreateLink has two names for one kind of the kernel: link/tun.c. */
  for (const char *const *kind = kinds; *kind != NULL; kind++)
    if (try_kind (socket, strcmp (*kind, "tap") == 0 ? "tun" : *kind))
      g_variant_builder_add (&builder, "s", *kind);
  uname (&name);
  return g_variant_new_parsed ("{'KernelRelease': <%s>, 'LinkKinds': <%*>}", name.release,
                               g_variant_builder_end (&builder));
}

typedef struct {
  GVariant *support;
  GError *error;
} Result;

static gboolean
on_probed (gpointer data)
{
  Result *result = data;
  g_autoptr (GArray) waiting = g_steal_pointer (&waiters);

  if (result->support != NULL)
    answer = result->support;
  for (guint i = 0; i < waiting->len; i++) {
    Waiter *waiter = &g_array_index (waiting, Waiter, i);

    waiter->func (answer, result->error, waiter->data);
  }
  g_clear_error (&result->error);
  g_free (result);
  return G_SOURCE_REMOVE;
}

/* The namespace that is tried in goes when the thread does. */
static gpointer
run (gpointer data)
{
  Result *result = g_new0 (Result, 1);

  result->support = probe (&result->error);
  if (result->support != NULL)
    g_variant_ref_sink (result->support);
  g_idle_add (on_probed, result);
  return NULL;
}

/* ---- main ---- */

void
nsd_kernel_support_get (NsdKernelSupportFunc func, gpointer data)
{
  Waiter waiter = { func, data };

  if (answer != NULL) {
    func (answer, NULL, data);
    return;
  }
  if (waiters == NULL) {
    waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
    g_thread_unref (g_thread_new ("probe", run, NULL));
  }
  g_array_append_val (waiters, waiter);
}

static const char *const kinds[] = {
  "amt",       "bareudp",   "batadv",  "bond",      "bridge", "can",    "dsa",    "dummy",
  "erspan",    "geneve",    "gre",     "gretap",    "gtp",    "hsr",    "ifb",    "ip6erspan",
  "ip6gre",    "ip6gretap", "ip6tnl",  "ipip",      "ipoib",  "ipvlan", "ipvtap", "lowpan",
  "macsec",    "macvlan",   "macvtap", "netdevsim", "netkit", "nlmon",  "ovpn",   "pfcp",
  "ppp",       "rmnet",     "sit",     "tap",       "team",   "tun",    "vcan",   "veth",
  "virt_wifi", "vlan",      "vrf",     "vti",       "vti6",   "vxcan",  "vxlan",  "wireguard",
  "wwan",      "xfrm",      NULL,
};
