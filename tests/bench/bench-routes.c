/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock of tests/bench/routes and scale: does what a line on its standard input says ("COMMAND
 * COUNT [FILE]"), and answers with a line that has how long that took, in microseconds. */
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUS_NAME  "org.netnsd1"
#define NAMESPACE "bench"
#define OTHER     "other"
#define GATEWAY   "10.77.0.2"

/* Routes of one call of AddRoutes. */
#define CALL_ROUTES 10000

static GDBusConnection *bus;
static char *namespace_path, *other_path;
static gint64 start; /* of what is timed */

static GVariant *
call (const char *path, const char *interface, const char *member, GVariant *arguments,
      GUnixFDList *fds)
{
  g_autofree char *name = g_strconcat (BUS_NAME ".", interface, NULL);
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_with_unix_fd_list_sync (
      bus, BUS_NAME, path, name, member, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, fds,
      NULL, NULL, &error);

  if (reply == NULL)
    g_error ("%s", error->message);
  return reply;
}

static char *
get_namespace (const char *name)
{
  g_autoptr (GVariant) reply =
      call ("/org/netnsd1", "Manager", "GetNamespace", g_variant_new ("(s)", name), NULL);
  char *path = NULL;

  g_variant_get (reply, "(o)", &path);
  return path;
}

static void
look_up (int count, const char *file)
{
  g_free (namespace_path);
  namespace_path = get_namespace (NAMESPACE);
}

static void
look_up_other (int count, const char *file)
{
  g_free (other_path);
  other_path = get_namespace (OTHER);
}

static void
get_link (const char *path)
{
  g_variant_unref (call (path, "Namespace", "GetLink", g_variant_new ("(s)", "lo"), NULL));
}

/* All that happened in the namespace before has been read when its worker answers. */
static void
catch_up (int count, const char *file)
{
  get_link (namespace_path);
}

/* One call in a namespace where nothing else happens. */
static void
call_other (int count, const char *file)
{
  get_link (other_path);
}

static void
get_managed_objects (int count, const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus, BUS_NAME, namespace_path, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
      NULL, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &error);

  if (reply == NULL)
    g_error ("%s", error->message);
}

/* The routes that tests/bench/routes gives to ip(8), in the table main. */
static GVariant *
make_routes (int first, int count)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("(aa{sv})"));
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (int n = first; n < first + count; n++) {
    g_autofree char *destination =
        g_strdup_printf ("20.%d.%d.%d/32", n >> 16, n >> 8 & 255, n & 255);

    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&builder, "{sv}", "Destination", g_variant_new_string (destination));
    g_variant_builder_add (&builder, "{sv}", "Gateway", g_variant_new_string (GATEWAY));
    g_variant_builder_close (&builder);
  }
  g_variant_builder_close (&builder);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* As the file of ip(8), the arguments are there before the clock runs. */
static GPtrArray *
make_calls (int count)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);

  for (int first = 0; first < count; first += CALL_ROUTES)
    g_ptr_array_add (calls, make_routes (first, MIN (CALL_ROUTES, count - first)));
  return calls;
}

static void
add (int count, const char *file)
{
  g_autoptr (GPtrArray) calls = make_calls (count);

  start = g_get_monotonic_time ();
  for (guint i = 0; i < calls->len; i++)
    g_variant_unref (call (namespace_path, "Namespace", "AddRoutes", calls->pdata[i], NULL));
}

static void
list (int count, const char *file)
{
  g_autoptr (GVariant) reply =
      call (namespace_path, "Namespace", "ListRoutes",
            g_variant_new_parsed ("({'Table': <uint32 254>}, uint32 0)"), NULL);
  g_autoptr (GVariant) routes = g_variant_get_child_value (reply, 0);

  if (g_variant_n_children (routes) < (gsize)count)
    g_error ("Too few routes");
}

static void
transfer (const char *member, int flags, const char *file)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = open (file, flags | O_CLOEXEC, 0600);

  if (fd < 0 || g_unix_fd_list_append (fds, fd, NULL) != 0)
    g_error ("Cannot open %s", file);
  g_variant_unref (call (namespace_path, "Namespace", member,
                         g_variant_new_parsed ("(handle 0, @a{sv} {})"), fds));
  close (fd);
}

static void export(int count, const char *file)
{
  transfer ("ExportRoutes", O_WRONLY | O_CREAT | O_TRUNC, file);
}

static void
import (int count, const char *file)
{
  transfer ("ImportRoutes", O_RDONLY, file);
}

static void
flush (int count, const char *file)
{
  g_variant_unref (call (namespace_path, "Namespace", "FlushRoutes",
                         g_variant_new_parsed ("({'Table': <uint32 254>, 'Gateway': <"
                                               "'" GATEWAY "'"
                                               ">},)"),
                         NULL));
}

static const struct {
  const char *name;
  void (*run) (int count, const char *file);
} commands[] = {
  { "look-up", look_up },
  { "look-up-other", look_up_other },
  { "catch-up", catch_up },
  { "call-other", call_other },
  { "get-managed-objects", get_managed_objects },
  { "add", add },
  { "list", list },
  { "export", export },
  { "import", import },
  { "flush", flush },
};

static gboolean
run (const char *name, int count, const char *file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (strcmp (commands[i].name, name) == 0) {
      start = g_get_monotonic_time ();
      commands[i].run (count, file);
      printf ("%" G_GINT64_FORMAT "\n", g_get_monotonic_time () - start);
      return fflush (stdout) == 0;
    }
  }
  return FALSE;
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  char line[4096], name[32], file[4000];
  int count;

  bus = g_dbus_connection_new_for_address_sync (address,
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                    G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, &error);
  if (bus == NULL)
    g_error ("%s", error->message);
  while (fgets (line, sizeof line, stdin) != NULL) {
    file[0] = '\0';
    if (sscanf (line, "%31s %d %3999s", name, &count, file) < 2 || !run (name, count, file))
      return 1;
  }
  return 0;
}
