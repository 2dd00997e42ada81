/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-support.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/utsname.h>

#include "attr.h"
#include "netns.h"
#include "nl-socket.h"

/* lo of every namespace: LOOPBACK_IFINDEX in include/net/flow.h. */
#define LOOPBACK_INDEX 1

typedef struct {
  NsdKernelSupportFunc func;
  gpointer data;
} Waiter;

static GVariant *answer;
static GArray *waiters;

/* The kinds of ip-link(8) and of the kernel that can be made by RTM_NEWLINK. */
static const char *const kinds[];

/* ---- in the thread ---- */

static void
on_link (struct nlmsghdr *nlh, gpointer data)
{
  const struct ifinfomsg *ifi = nlmsg_data (nlh);

  if (nlh->nlmsg_type == RTM_NEWLINK && ifi->ifi_index == LOOPBACK_INDEX)
    *(gboolean *)data = TRUE;
}

/* Asks for the links of @kind.  A kind that the kernel does not have is no filter, and then lo is
 * among them (link_kind_filtered() in net/core/rtnetlink.c).  To ask for a new link of that kind
 * would load its module, and some modules make links in the host namespace when they are loaded. */
static gboolean
has_kind (NsdNlSocket *socket, const char *kind)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  gboolean all = FALSE;
  gboolean interrupted;
  struct nlattr *info;

  nsd_attr_builder_init (&builder, NULL, RTM_GETLINK, 0, sizeof (struct ifinfomsg));
  info = nsd_attr_builder_open (&builder, IFLA_LINKINFO, NULL);
  nsd_attr_builder_add (&builder, IFLA_INFO_KIND, kind, strlen (kind) + 1, NULL);
  nsd_attr_builder_close (&builder, info);
  return nsd_nl_socket_dump (socket, builder.msg, on_link, &all, &interrupted, NULL) && !all;
}

/* What depmod(8) found in the modules of this kernel, or nothing. */
static char *
read_aliases (const char *release)
{
  g_autofree char *path = g_build_filename ("/lib/modules", release, "modules.alias", NULL);
  char *aliases = NULL;

  return g_file_get_contents (path, &aliases, NULL, NULL) ? aliases : g_strdup ("");
}

gboolean
nsd_kernel_support_has_module (const char *aliases, const char *kind)
{
  /* That one is loaded by whoever opens its device: link/tun.c. */
  g_autofree char *line = strcmp (kind, "tun") == 0
                              ? g_strdup ("\nalias devname:net/tun ")
                              : g_strdup_printf ("\nalias rtnl-link-%s ", kind);

  return strstr (aliases, line) != NULL;
}

static GVariant *
probe (GError **error)
{
  g_autoptr (NsdNlSocket) socket = NULL;
  g_autofree char *aliases = NULL;
  GVariantBuilder builder;
  struct utsname name;

  if (!nsd_netns_unshare (error))
    return NULL;
  socket = nsd_nl_socket_new (error);
  if (socket == NULL)
    return NULL;
  uname (&name);
  aliases = read_aliases (name.release);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (const char *const *shown = kinds; *shown != NULL; shown++) {
    /* CreateLink has two names for one kind of the kernel: link/tun.c. */
    const char *kind = strcmp (*shown, "tap") == 0 ? "tun" : *shown;

    if (has_kind (socket, kind) || nsd_kernel_support_has_module (aliases, kind))
      g_variant_builder_add (&builder, "s", *shown);
  }
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

/* The namespace that is asked in goes when the thread does. */
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
