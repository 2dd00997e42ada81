/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock of tests/bench/run: does what a line on its standard input says so many times, and
 * answers with a line that has the median of one time, in microseconds.
 *
 * It calls through sd-bus, as busctl does: a call of GDBus takes two threads and as long as all of
 * the daemon, which would hide what is measured. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define BUS_NAME  "org.netnsd1"
#define MANAGER   "/org/netnsd1"
#define NAMESPACE "bench"

/* The kernel walks the addresses of a device, so they are spread. */
#define N_LINKS 16

static sd_bus *bus;
static char *namespace_path;
static char *link_paths[N_LINKS];
static int link_indexes[N_LINKS];
static int netlink = -1; /* a socket of the namespace */
static int next_link;
static gint64 signal_time;

static void
check (int result, const char *what)
{
  if (result < 0)
    g_error ("%s: %s", what, g_strerror (-result));
}

static gint64
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * G_GINT64_CONSTANT (1000000000) + t.tv_nsec;
}

/* The arguments are those of sd_bus_message_append(). */
static sd_bus_message *
call (const char *path, const char *interface, const char *member, const char *types, ...)
{
  g_autofree char *name = g_strconcat (BUS_NAME ".", interface, NULL);
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message *message = NULL, *reply = NULL;
  va_list arguments;

  check (sd_bus_message_new_method_call (bus, &message, BUS_NAME, path, name, member), member);
  va_start (arguments, types);
  check (sd_bus_message_appendv (message, types, arguments), member);
  va_end (arguments);
  if (sd_bus_call (bus, message, 0, &error, &reply) < 0)
    g_error ("%s: %s", member, error.message);
  sd_bus_message_unref (message);
  return reply;
}

/* Takes a reply with one object path. */
static char *
path_of (sd_bus_message *reply)
{
  const char *path;
  char *result;

  check (sd_bus_message_read (reply, "o", &path), "the reply");
  result = g_strdup (path);
  sd_bus_message_unref (reply);
  return result;
}

/* ---- through the bus ---- */

static void
call_worker (void)
{
  g_free (path_of (call (namespace_path, "Namespace", "GetLink", "s", "lo")));
}

static void
call_main (void)
{
  g_free (path_of (call (MANAGER, "Manager", "GetNamespace", "s", NAMESPACE)));
}

static void
call_change (void)
{
  g_autofree char *path =
      path_of (call (link_paths[next_link], "Link", "AddAddress", "sa{sv}", "10.77.0.1/32", 0));

  sd_bus_message_unref (call (path, "Address", "Delete", ""));
  next_link = (next_link + 1) % N_LINKS;
}

/* ---- by ip(8) ---- */

static void
run_ip (const char *verb)
{
  g_autofree char *device = g_strdup_printf ("d%d", next_link);
  char *argv[] = {
    "ip", "-n", NAMESPACE, "addr", (char *)verb, "10.77.0.1/32", "dev", device, NULL
  };
  int status = -1;
  pid_t pid;

  if (posix_spawnp (&pid, "ip", NULL, NULL, argv, environ) != 0 ||
      waitpid (pid, &status, 0) != pid || status != 0)
    g_error ("ip addr %s failed", verb);
}

static void
run_process (void)
{
  run_ip ("add");
  run_ip ("del");
  next_link = (next_link + 1) % N_LINKS;
}

/* ---- by netlink ---- */

/* A thread that enters the namespace and ends: the socket stays there. */
static gpointer
open_netlink (gpointer data)
{
  int fd = open ("/run/netns/" NAMESPACE, O_RDONLY | O_CLOEXEC);

  if (fd < 0 || setns (fd, CLONE_NEWNET) < 0)
    g_error ("Cannot enter the namespace: %m");
  netlink = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  for (int i = 0; i < N_LINKS; i++) {
    g_autofree char *name = g_strdup_printf ("d%d", i);

    link_indexes[i] = (int)if_nametoindex (name);
  }
  close (fd);
  return NULL;
}

static void
send_change (int type)
{
  struct {
    struct nlmsghdr header;
    struct ifaddrmsg ifa;
    struct rtattr local;
    guint32 address;
  } request = {
    .header = { sizeof request, (guint16)type, NLM_F_REQUEST | NLM_F_ACK, 0, 0 },
    .ifa = { AF_INET, 32, 0, RT_SCOPE_UNIVERSE, (guint32)link_indexes[next_link] },
    .local = { RTA_LENGTH (4), IFA_LOCAL },
    .address = htonl (0x0a4d0001),
  };
  struct {
    struct nlmsghdr header;
    struct nlmsgerr result;
    char rest[1024];
  } reply;

  if (type == RTM_NEWADDR)
    request.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  if (send (netlink, &request, sizeof request, 0) < 0 ||
      recv (netlink, &reply, sizeof reply, 0) < (gssize)NLMSG_LENGTH (sizeof reply.result) ||
      reply.header.nlmsg_type != NLMSG_ERROR || reply.result.error != 0)
    g_error ("The kernel refused: %s", g_strerror (-reply.result.error));
}

static void
change_by_netlink (void)
{
  send_change (RTM_NEWADDR);
  send_change (RTM_DELADDR);
  next_link = (next_link + 1) % N_LINKS;
}

/* ---- from a change of somebody else to its signal ---- */

/* Dispatches what has come; waits first if nothing has. */
static void
iterate (void)
{
  int result = sd_bus_process (bus, NULL);

  check (result, "the bus");
  if (result == 0)
    check (sd_bus_wait (bus, UINT64_MAX), "the bus");
}

/* Dispatches all that came before this call. */
static void
catch_up (void)
{
  check (sd_bus_call_method (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "GetId", NULL, NULL, ""),
         "GetId");
  while (sd_bus_process (bus, NULL) > 0)
    ;
}

static int
on_signal (sd_bus_message *message, void *data, sd_bus_error *error)
{
  const char *object;

  if (sd_bus_message_read (message, "o", &object) > 0 && strstr (object, "/address/") != NULL)
    signal_time = now ();
  return 0;
}

static gint64
wait_for_signal (int type)
{
  gint64 start = now ();

  signal_time = 0;
  send_change (type);
  while (signal_time == 0)
    iterate ();
  return signal_time - start;
}

/* ---- what can be asked ---- */

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

  return first < second ? -1 : first > second;
}

static double
median (GArray *samples)
{
  g_array_sort (samples, compare);
  return (double)g_array_index (samples, gint64, samples->len / 2) / 1000;
}

static double
repeat (void (*func) (void), int count)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (int i = 0; i < count; i++) {
    gint64 start = now ();
    gint64 passed;

    func ();
    passed = now () - start;
    g_array_append_val (samples, passed);
  }
  return median (samples);
}

static double
time_worker (int count)
{
  return repeat (call_worker, count);
}

static double
time_main (int count)
{
  return repeat (call_main, count);
}

static double
time_change (int count)
{
  return repeat (call_change, count) / 2;
}

static double
time_process (int count)
{
  return repeat (run_process, count) / 2;
}

static double
time_netlink (int count)
{
  return repeat (change_by_netlink, count) / 2;
}

static double
time_signal (int count)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (gint64));
  sd_bus_slot *slot = NULL;

  check (sd_bus_match_signal (bus, &slot, BUS_NAME, namespace_path,
                              "org.freedesktop.DBus.ObjectManager", NULL, on_signal, NULL),
         "AddMatch");
  catch_up ();
  for (int i = 0; i < count; i++) {
    gint64 passed = wait_for_signal (RTM_NEWADDR);

    g_array_append_val (samples, passed);
    passed = wait_for_signal (RTM_DELADDR);
    g_array_append_val (samples, passed);
    next_link = (next_link + 1) % N_LINKS;
  }
  sd_bus_slot_unref (slot);
  return median (samples);
}

/* Makes the namespaces n0, n1, ...; the median of one. */
static double
create (int count)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (int i = 0; i < count; i++) {
    g_autofree char *name = g_strdup_printf ("n%d", i);
    gint64 start = now ();
    gint64 passed;

    g_free (path_of (call (MANAGER, "Manager", "CreateNamespace", "sa{sv}", name, 0)));
    passed = now () - start;
    g_array_append_val (samples, passed);
  }
  return median (samples);
}

/* Looks up what the other commands are about. */
static double
look_up (int count)
{
  GThread *thread;

  g_free (namespace_path);
  namespace_path = path_of (call (MANAGER, "Manager", "GetNamespace", "s", NAMESPACE));
  for (int i = 0; i < N_LINKS; i++) {
    g_autofree char *name = g_strdup_printf ("d%d", i);

    g_free (link_paths[i]);
    link_paths[i] = path_of (call (namespace_path, "Namespace", "GetLink", "s", name));
  }
  if (netlink >= 0)
    close (netlink);
  thread = g_thread_new ("netlink", open_netlink, NULL);
  g_thread_join (thread);
  return 0;
}

static int
on_owner (sd_bus_message *message, void *data, sd_bus_error *error)
{
  const char *name, *before, *owner;

  if (sd_bus_message_read (message, "sss", &name, &before, &owner) > 0 && *owner != '\0')
    signal_time = now ();
  return 0;
}

/* Until the daemon, whose name was not there before, owns it; the time of that. */
static double
wait_for_name (int count)
{
  while (signal_time == 0)
    iterate ();
  return (double)signal_time / 1000;
}

/* To be said before the daemon starts. */
static double
watch_name (int count)
{
  static sd_bus_slot *slot;

  if (slot == NULL)
    check (sd_bus_add_match (bus, &slot,
                             "type='signal',sender='org.freedesktop.DBus',"
                             "member='NameOwnerChanged',arg0='" BUS_NAME "'",
                             on_owner, NULL),
           "AddMatch");
  catch_up ();
  signal_time = 0;
  return 0;
}

static const struct {
  const char *name;
  double (*func) (int count);
} commands[] = {
  { "look-up", look_up },       { "worker", time_worker },
  { "main", time_main },        { "change", time_change },
  { "process", time_process },  { "netlink", time_netlink },
  { "signal", time_signal },    { "create", create },
  { "watch-name", watch_name }, { "wait-for-name", wait_for_name },
};

static void
obey (const char *name, int count)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (strcmp (commands[i].name, name) == 0) {
      g_print ("%.3f\n", commands[i].func (count));
      return;
    }
  }
  g_error ("What is %s?", name);
}

int
main (void)
{
  char name[32];
  int count;

  check (sd_bus_open_system (&bus), "the bus");
  while (scanf ("%31s %d", name, &count) == 2)
    obey (name, count);
  return 0;
}
