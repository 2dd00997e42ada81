/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many requests in one system call, and a receive buffer that their answers do not fit into.
 * Nothing is asked for that needs more than a netlink socket. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulk.h"
#include "error.h"
#include "support.h"

#define COUNT 100

/* A type of messages that there is not. */
#define UNHEARD_OF 1000

/* What the kernel is told of the buffer, and what nl-batch.c is told of it if that is not 0. */
static int pretended;

/* In place of that of the C library. */
int
getsockopt (int fd, int level, int option, void *restrict value, socklen_t *restrict length)
{
  int result = (int)syscall (SYS_getsockopt, fd, level, option, value, length);

  if (result == 0 && pretended != 0 && level == SOL_SOCKET && option == SO_RCVBUF)
    memcpy (value, &pretended, sizeof pretended);
  return result;
}

/* One with a small buffer, or NULL where there are none. */
static NsdNlSocket *
new_socket (void)
{
  g_autoptr (GError) error = NULL;
  NsdNlSocket *socket = nsd_nl_socket_new (&error);
  int size = 4096;

  if (socket == NULL)
    g_test_skip (error->message);
  else
    g_assert_cmpint (
        setsockopt (nsd_nl_socket_fd (socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof size), ==, 0);
  return socket;
}

/* The kernel does it, and says nothing. */
static void
build_nothing (NsdAttrBuilder *builder)
{
  nsd_attr_builder_init (builder, &test_context, NLMSG_NOOP, 0, 0);
}

/* Fails with ENODEV. */
static void
build_failing (NsdAttrBuilder *builder)
{
  nsd_attr_builder_init (builder, &test_context, RTM_GETLINK, 0, sizeof (struct ifinfomsg));
  ((struct ifinfomsg *)builder->header)->ifi_index = G_MAXINT;
}

/* Every second one fails. */
static void
add_messages (NsdBulk *bulk, guint count)
{
  for (guint i = 0; i < count; i++) {
    g_auto (NsdAttrBuilder) builder = { 0 };

    if (i % 2 == 0)
      build_nothing (&builder);
    else
      build_failing (&builder);
    nsd_bulk_add (bulk, nlmsg_hdr (builder.msg));
  }
}

/* ---- one chunk after the other ---- */

/* @data is a GString with a letter for each message: of those that failed «f», of the lost «l». */
static void
on_failed (guint index, const NsdNlFailure *failure, gpointer data)
{
  g_assert_cmpint (failure->errnum, ==, ENODEV);
  ((GString *)data)->str[index] = 'f';
}

static void
on_lost (guint index, gpointer data)
{
  g_assert_cmpint (((GString *)data)->str[index], ==, '-');
  ((GString *)data)->str[index] = 'l';
}

static void
assert_alternating (const char *outcome, gsize from, gsize to)
{
  for (gsize i = from; i < to; i++)
    g_assert_cmpint (outcome[i], ==, i % 2 == 0 ? '-' : 'f');
}

static GString *
new_outcome (guint count)
{
  GString *outcome = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    g_string_append_c (outcome, '-');
  return outcome;
}

/* Thousands of answers, and a buffer for a handful. */
static void
test_small_buffer (void)
{
  g_autoptr (NsdNlSocket) socket = new_socket ();
  g_autoptr (GError) error = NULL;
  g_auto (NsdBulk) bulk = { 0 };
  GString *outcome = new_outcome (4000);
  const NsdNlBatchHooks hooks = { on_failed, NULL, on_lost, outcome };

  nsd_bulk_init (&bulk);
  add_messages (&bulk, 4000);
  for (guint next = 0; socket != NULL && next < 4000;) {
    nsd_nl_batch_send_some (bulk.batch, socket, &next, &hooks, &error);
    g_assert_no_error (error);
  }
  if (socket != NULL)
    assert_alternating (outcome->str, 0, 4000);
  g_string_free (outcome, TRUE);
}

/* Of those before the overrun all is known, of those behind it nothing, and what comes next is not
 * mixed up with it. */
static void
test_overrun (void)
{
  g_autoptr (NsdNlSocket) socket = new_socket ();
  g_autoptr (GError) error = NULL;
  g_auto (NsdBulk) bulk = { 0 };
  GString *outcome = new_outcome (2 * COUNT);
  const NsdNlBatchHooks hooks = { on_failed, NULL, on_lost, outcome };
  guint next = COUNT;
  gsize lost;

  nsd_bulk_init (&bulk);
  add_messages (&bulk, 2 * COUNT);
  pretended = 1024 * 1024;
  if (socket != NULL) {
    g_assert_false (nsd_nl_batch_send_some (bulk.batch, socket, &next, &hooks, &error));
    g_assert_error (error, NSD_ERROR, NSD_ERROR_KERNEL);
    g_clear_error (&error);
    g_assert_cmpuint (next, ==, 2 * COUNT);
    lost = (gsize)(strchr (outcome->str, 'l') - outcome->str);
    g_assert_cmpuint (lost, >, COUNT + 2);
    assert_alternating (outcome->str, COUNT, lost);
    g_assert_cmpuint (strspn (outcome->str + lost, "l"), ==, 2 * COUNT - lost);
    pretended = 0;
    for (next = 0; next < COUNT;) {
      nsd_nl_batch_send_some (bulk.batch, socket, &next, &hooks, &error);
      g_assert_no_error (error);
    }
    assert_alternating (outcome->str, 0, COUNT);
  }
  pretended = 0;
  g_string_free (outcome, TRUE);
}

/* ---- all of them, or none ---- */

static gboolean
undo_by_nothing (const struct nlmsghdr *nlh, NsdAttrBuilder *builder, gpointer data, GError **error)
{
  g_assert_cmpuint (nlh->nlmsg_type, ==, NLMSG_NOOP);
  *(guint *)data += 1;
  build_nothing (builder);
  return TRUE;
}

/* Only what is known to have been done is taken back. */
static void
test_lost (gconstpointer harmless)
{
  g_autoptr (NsdNlSocket) socket = new_socket ();
  g_autoptr (GError) error = NULL;
  g_auto (NsdBulk) bulk = { 0 };
  guint undone = 0, left;

  nsd_bulk_init (&bulk);
  bulk.harmless = GPOINTER_TO_INT (harmless);
  add_messages (&bulk, COUNT);
  pretended = 1024 * 1024;
  if (socket != NULL) {
    g_assert_false (nsd_bulk_send (&bulk, socket, &error));
    if (bulk.harmless == 0)
      g_assert_cmpuint (bulk.failed, ==, 1);
    else
      g_assert_error (error, NSD_ERROR, NSD_ERROR_KERNEL);
    g_assert_true ((error == NULL) == (bulk.failed != G_MAXUINT));
    left = nsd_bulk_take_back (&bulk, socket, undo_by_nothing, &undone);
    g_assert_cmpuint (undone, ==, nsd_bulk_done (&bulk));
    g_assert_cmpuint (undone, >, 1);
    g_assert_cmpuint (left, >, 0);
    /* Of the others every second one failed. */
    g_assert_cmpuint (left + 2 * undone, ==, COUNT);
  }
  pretended = 0;
}

/* Something that is too long for the kernel; of the first, which is the last to be undone,
 * something that it refuses. */
static gboolean
undo_badly (const struct nlmsghdr *nlh, NsdAttrBuilder *builder, gpointer data, GError **error)
{
  static const guint8 much[40000];
  guint *rest = data;

  *rest -= 1;
  if (*rest == COUNT / 2) {
    build_nothing (builder);
    nsd_attr_builder_make_room (builder, 100000);
    return nsd_attr_builder_add (builder, 1, much, sizeof much, error) &&
           nsd_attr_builder_add (builder, 2, much, sizeof much, error);
  }
  if (*rest == 0)
    nsd_attr_builder_init (builder, &test_context, UNHEARD_OF, 0, sizeof (struct rtgenmsg));
  else
    build_nothing (builder);
  return TRUE;
}

/* What cannot be taken back does not keep the others. */
static void
test_take_back (void)
{
  g_autoptr (NsdNlSocket) socket = new_socket ();
  g_autoptr (GError) error = NULL;
  g_auto (NsdBulk) bulk = { 0 };
  guint rest = COUNT;

  nsd_bulk_init (&bulk);
  for (guint i = 0; i < COUNT; i++) {
    g_auto (NsdAttrBuilder) builder = { 0 };

    build_nothing (&builder);
    nsd_bulk_add (&bulk, nlmsg_hdr (builder.msg));
  }
  if (socket != NULL) {
    g_assert_true (nsd_bulk_send (&bulk, socket, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (nsd_bulk_take_back (&bulk, socket, undo_badly, &rest), ==, 2);
    g_assert_cmpuint (rest, ==, 0);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bulk/small-buffer", test_small_buffer);
  g_test_add_func ("/bulk/overrun", test_overrun);
  g_test_add_data_func ("/bulk/lost", GINT_TO_POINTER (0), test_lost);
  g_test_add_data_func ("/bulk/lost-of-harmless", GINT_TO_POINTER (ENODEV), test_lost);
  g_test_add_func ("/bulk/take-back", test_take_back);
  return g_test_run ();
}
