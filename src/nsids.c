/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What namespace ids mean here.
 *
 * An nsid is a number by which one namespace knows another; it is made when the kernel first needs
 * it and says nothing to anybody else.  To learn whom one means, the kernel is asked for the nsid
 * of each namespace on the bus until one fits; the answer is kept until the kernel takes the number
 * back (RTM_DELNSID) or the set of namespaces changes. */
#include "net.h"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include "error.h"
#include "netns-known.h"

typedef struct {
  int nsid;
} Answer;

static void
on_nsid (struct nlmsghdr *nlh, gpointer data)
{
  Answer *answer = data;
  NsdAttrView view;

  nsd_attr_view_init_message (&view, NULL, nlh, sizeof (struct rtgenmsg));
  answer->nsid = (int)nsd_attr_view_get_u32 (&view, NETNSA_NSID, (guint32)NETNSA_NSID_NOT_ASSIGNED);
}

static void
ask (NsdNet *net, NsdAttrBuilder *builder, NsdNlFunc func, gpointer data)
{
  g_auto (NsdNlFailure) failure = { 0 };
  NsdNlSocket *socket = nsd_net_side_socket (net);

  if (socket != NULL)
    nsd_nl_socket_request (socket, builder->msg, func, data, &failure);
}

int
nsd_net_find_nsid (NsdNet *net, const NsdNetns *netns)
{
  g_auto (NsdAttrBuilder) builder = { 0 };
  Answer answer = { NETNSA_NSID_NOT_ASSIGNED };

  nsd_attr_builder_init (&builder, &net->context, RTM_GETNSID, 0, sizeof (struct rtgenmsg));
  nsd_attr_builder_add_u32 (&builder, NETNSA_FD, (guint32)nsd_netns_fd (netns), NULL);
  ask (net, &builder, on_nsid, &answer);
  return answer.nsid;
}

/* Somebody else may be faster: then the request fails, and the id is there all the same. */
static void
make_nsid (NsdNet *net, const NsdNetns *netns)
{
  g_auto (NsdAttrBuilder) builder = { 0 };

  nsd_attr_builder_init (&builder, &net->context, RTM_NEWNSID, 0, sizeof (struct rtgenmsg));
  nsd_attr_builder_add_u32 (&builder, NETNSA_NSID, (guint32)NETNSA_NSID_NOT_ASSIGNED, NULL);
  nsd_attr_builder_add_u32 (&builder, NETNSA_FD, (guint32)nsd_netns_fd (netns), NULL);
  ask (net, &builder, NULL, NULL);
}

gboolean
nsd_net_assign_nsid (NsdNet *net, guint64 id, int *ret_nsid, GError **error)
{
  g_autoptr (NsdNetns) netns = nsd_netns_known_find (id);
  int nsid;

  if (netns == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no namespace %" G_GUINT64_FORMAT,
                 id);
    return FALSE;
  }
  nsid = nsd_net_find_nsid (net, netns);
  if (nsid < 0) {
    make_nsid (net, netns);
    nsid = nsd_net_find_nsid (net, netns);
  }
  if (nsid < 0) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_KERNEL,
                 "The kernel gives namespace %" G_GUINT64_FORMAT " no id here", id);
    return FALSE;
  }
  *ret_nsid = nsid;
  return TRUE;
}

guint64
nsd_net_resolve_nsid (NsdNet *net, int nsid)
{
  g_autoptr (GPtrArray) known = NULL;
  gpointer found;
  guint64 id = 0;

  if (net->nsids_version != nsd_netns_known_version ()) {
    g_hash_table_remove_all (net->nsids);
    net->nsids_version = nsd_netns_known_version ();
  }
  if (g_hash_table_lookup_extended (net->nsids, GINT_TO_POINTER (nsid), NULL, &found))
    return *(guint64 *)found;

  known = nsd_netns_known_list ();
  for (guint i = 0; i < known->len && id == 0; i++)
    if (nsd_net_find_nsid (net, known->pdata[i]) == nsid)
      id = nsd_netns_id (known->pdata[i]);
  g_hash_table_insert (net->nsids, GINT_TO_POINTER (nsid), g_memdup2 (&id, sizeof id));
  return id;
}

void
nsd_net_forget_nsid (NsdNet *net, int nsid)
{
  g_hash_table_remove (net->nsids, GINT_TO_POINTER (nsid));
}
