/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include "attr-types.h"
#include "error.h"
#include "kernel-support.h"
#include "names.h"
#include "netns-target.h"
#include "nsd-interfaces.h"
#include "registry.h"

static const NsdAttrTable create_options;

/* ---- names ---- */

/* Ends CreateNamespace and the Attach methods. */
static void
on_named (NsdNamespace *namespace, const GError *error, gpointer data)
{
  NsdRequest *request = data;
  g_autoptr (GError) copy = error != NULL ? g_error_copy (error) : NULL;
  const char *name;

  if (namespace != NULL) {
    nsd_request_return (request, g_variant_new ("(o)", namespace->path));
    return;
  }
  g_variant_get_child (request->parameters, 0, "&s", &name);
  if (copy == NULL)
    copy = g_error_new (NSD_ERROR, NSD_ERROR_GONE, "The name was removed meanwhile");
  g_prefix_error (&copy, "Cannot name a namespace %s: ", name);
  nsd_request_fail (request, g_steal_pointer (&copy));
}

static gboolean
check_free (NsdRequest *request, const char *name, GError **error)
{
  if (nsd_registry_find_by_name (request->registry, name) == NULL)
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_EXISTS, "There is already a namespace %s", name);
  return FALSE;
}

static gboolean
check_name (NsdRequest *request, const char *name, GError **error)
{
  return nsd_netns_check_name (name, error) && check_free (request, name, error);
}

static NsdSettings *
parse_create_options (NsdRequest *request, GError **error)
{
  const NsdAttrTable *const tables[] = { &create_options, NULL };
  g_autoptr (GVariant) dict = g_variant_get_child_value (request->parameters, 1);

  return nsd_settings_new (dict, tables, NSD_ATTR_CREATE, error);
}

static gboolean
check_create (NsdRequest *request, GError **error)
{
  g_autoptr (NsdSettings) options = parse_create_options (request, error);
  const char *name;

  g_variant_get_child (request->parameters, 0, "&s", &name);
  return options != NULL && nsd_netns_check_name (name, error) &&
         (!nsd_settings_get_boolean (options, "Exclusive", TRUE) ||
          check_free (request, name, error));
}

static GVariant *
create_namespace (NsdRequest *request, GError **error)
{
  g_autoptr (NsdSettings) options = NULL;
  NsdNamespace *existing;
  const char *name;

  if (!check_create (request, error))
    return NULL;
  options = parse_create_options (request, error);
  g_variant_get_child (request->parameters, 0, "&s", &name);
  existing = nsd_registry_find_by_name (request->registry, name);
  if (existing != NULL)
    return g_variant_new ("(o)", existing->path);
  nsd_registry_create (request->registry, name,
                       nsd_settings_get_boolean (options, "LoopbackUp", TRUE), request->uid,
                       on_named, nsd_request_defer (request));
  return NULL;
}

/* ---- a name for what is there ---- */

static int
open_descriptor (NsdRequest *request, GError **error)
{
  gint32 handle;

  g_variant_get_child (request->parameters, 1, "h", &handle);
  if (request->fds != NULL && handle >= 0 && handle < g_unix_fd_list_get_length (request->fds))
    return nsd_netns_open_target (g_unix_fd_list_peek_fds (request->fds, NULL)[handle],
                                  &request->target_pid, error);
  nsd_error_set_invalid (error, "There is no descriptor %d in the message", handle);
  return -1;
}

static int
open_process (NsdRequest *request, GError **error)
{
  g_variant_get_child (request->parameters, 1, "u", &request->target_pid);
  return nsd_netns_open_process (request->target_pid, error);
}

static NsdNamespace *
find_target (NsdRequest *request)
{
  return nsd_registry_find_by_inode (request->registry, nsd_netns_inode_of_fd (request->target_fd));
}

/* Before anybody is asked, and again before it is done; the target stays the same. */
static gboolean
check_attach (NsdRequest *request, GError **error)
{
  gboolean by_descriptor = g_variant_is_of_type (request->parameters, G_VARIANT_TYPE ("(sh)"));
  const char *name;

  g_variant_get_child (request->parameters, 0, "&s", &name);
  if (!check_name (request, name, error))
    return FALSE;
  if (request->target_fd < 0)
    request->target_fd =
        by_descriptor ? open_descriptor (request, error) : open_process (request, error);
  if (request->target_fd < 0)
    return FALSE;
  if (find_target (request) != nsd_registry_host (request->registry))
    return TRUE;
  g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_SUPPORTED,
               "The host namespace cannot be given a name");
  return FALSE;
}

/* A name brings what the rules of polkit allow by it: who may not attach where the namespace is
 * known by other names does not get in by a new one. */
static guint64
attach_other_namespace (NsdRequest *request)
{
  const NsdNamespace *target = find_target (request);

  return target != NULL ? nsd_netns_id (target->netns) : 0;
}

static GVariant *
attach (NsdRequest *request, GError **error)
{
  const char *name;
  int fd;

  if (!check_attach (request, error))
    return NULL;
  g_variant_get_child (request->parameters, 0, "&s", &name);
  fd = request->target_fd;
  request->target_fd = -1;
  nsd_registry_attach (request->registry, name, fd, on_named, nsd_request_defer (request));
  return NULL;
}

/* ---- looking up ---- */

static GVariant *
get_namespace (NsdRequest *request, GError **error)
{
  NsdNamespace *namespace;
  const char *name;

  g_variant_get (request->parameters, "(&s)", &name);
  namespace = nsd_registry_find_by_name (request->registry, name);
  if (namespace == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND, "There is no namespace %s", name);
    return NULL;
  }
  return g_variant_new ("(o)", namespace->path);
}

static GVariant *
get_namespace_of_process (NsdRequest *request, GError **error)
{
  NsdNamespace *namespace;
  guint64 inode;
  guint32 pid;

  g_variant_get (request->parameters, "(u)", &pid);
  inode = nsd_netns_of_process (pid, error);
  if (inode == 0)
    return NULL;
  namespace = nsd_registry_find_by_inode (request->registry, inode);
  if (namespace == NULL) {
    g_set_error (error, NSD_ERROR, NSD_ERROR_NOT_FOUND,
                 "The namespace of process %u has no name in " NSD_NETNS_DIR, pid);
    return NULL;
  }
  return g_variant_new ("(o)", namespace->path);
}

static GVariant *
list_namespaces (NsdRequest *request, GError **error)
{
  g_autoptr (GList) namespaces = nsd_registry_list (request->registry);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(oas)"));
  for (GList *l = namespaces; l != NULL; l = l->next) {
    NsdNamespace *namespace = l->data;
    g_auto (GStrv) names = nsd_namespace_names (namespace);

    g_variant_builder_add (&builder, "(o^as)", namespace->path, names);
  }
  return g_variant_new ("(a(oas))", &builder);
}

/* ---- the kernel ---- */

static void
on_kernel_support (GVariant *support, const GError *error, gpointer data)
{
  if (support != NULL)
    nsd_request_return (data, g_variant_new ("(@a{sv})", support));
  else
    nsd_request_fail (data, g_error_copy (error));
}

static GVariant *
get_kernel_support (NsdRequest *request, GError **error)
{
  nsd_kernel_support_get (on_kernel_support, nsd_request_defer (request));
  return NULL;
}

/* ---- rows ---- */

static GVariant *
properties (NsdRequest *request, GError **error)
{
  return g_variant_new_parsed ("{'Version': <%s>, 'HostNamespace': <%o>}", NSD_VERSION,
                               nsd_registry_host (request->registry)->path);
}

static const NsdAttr create_option_rows[] = {
  { 0, "Exclusive", &nsd_attr_option_b, NSD_ATTR_CREATE },
  { 0, "LoopbackUp", &nsd_attr_option_b, NSD_ATTR_CREATE },
};
static const NsdAttrTable create_options = { NULL, create_option_rows,
                                             G_N_ELEMENTS (create_option_rows) };

/* clang-format off */
static const NsdMethod methods[] = {
  { "CreateNamespace", NSD_ACTION_CREATE_NAMESPACE, NSD_ON_MAIN, create_namespace,
    check_create, .details = { "namespace" } },
  { "AttachNamespace", NSD_ACTION_ATTACH_NAMESPACE, NSD_ON_MAIN, attach, check_attach,
    .details = { "namespace" }, .other_namespace = attach_other_namespace },
  { "AttachProcess", NSD_ACTION_ATTACH_NAMESPACE, NSD_ON_MAIN, attach, check_attach,
    .details = { "namespace" }, .other_namespace = attach_other_namespace },
  { "GetNamespace", NSD_READ, NSD_ON_MAIN, get_namespace },
  { "GetNamespaceOfProcess", NSD_READ, NSD_ON_MAIN, get_namespace_of_process },
  { "ListNamespaces", NSD_READ, NSD_ON_MAIN, list_namespaces },
  { "GetKernelSupport", NSD_READ, NSD_ON_MAIN, get_kernel_support },
};
/* clang-format on */

const NsdInterface nsd_interface_manager = {
  &org_netnsd1_manager_interface,
  NSD_NODE_MANAGER,
  methods,
  G_N_ELEMENTS (methods),
  NULL,
  properties,
};
