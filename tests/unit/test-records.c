/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of addresses, from messages made by hand; signals need a bus and are tested elsewhere. */
#include "records.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "addresses.h"
#include "net.h"
#include "support.h"

static NsdRecordClass class;

typedef struct {
  NsdRecords *records;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  class = nsd_address_class;
  fixture->records = nsd_records_new (&class);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  nsd_records_flush (fixture->records, NULL, FALSE);
  nsd_records_free (fixture->records);
}

/* A message with @metric, and with a lifetime if @valid is not 0. */
static void
set (Fixture *fixture, const char *key, int family, int ifindex, guint32 metric, guint32 valid)
{
  struct ifa_cacheinfo info = { .ifa_prefered = valid, .ifa_valid = valid };
  g_auto (NsdAttrBuilder) builder;
  struct ifaddrmsg *header;

  nsd_attr_builder_init (&builder, &test_context, RTM_NEWADDR, 0, sizeof *header);
  header = builder.header;
  header->ifa_family = (guint8)family;
  header->ifa_index = (guint32)ifindex;
  g_assert_true (nsd_attr_builder_add_u32 (&builder, IFA_RT_PRIORITY, metric, NULL));
  if (valid != 0)
    g_assert_true (nsd_attr_builder_add (&builder, IFA_CACHEINFO, &info, sizeof info, NULL));
  nsd_records_set (fixture->records, key, ifindex, nlmsg_hdr (builder.msg));
}

static void
assert_keys (Fixture *fixture, const char *keys)
{
  guint count = 0;

  for (const char *key = "abcdef"; *key != '\0'; key++) {
    const char name[2] = { *key, '\0' };
    gboolean wanted = strchr (keys, *key) != NULL;

    count += wanted;
    g_assert_true ((nsd_records_find (fixture->records, name) != NULL) == wanted);
  }
  g_assert_cmpuint (nsd_records_count (fixture->records), ==, count);
}

static void
assert_read (Fixture *fixture, const char *key, const char *property, guint32 expected)
{
  const NsdRecord *record = nsd_records_find (fixture->records, key);
  g_autoptr (GVariant) properties = NULL;
  guint32 value;

  g_assert_nonnull (record);
  properties = g_variant_ref_sink (nsd_record_read (record, &class, &test_context));
  g_assert_true (g_variant_lookup (properties, property, "u", &value));
  g_assert_cmpuint (value, ==, expected);
}

static void
test_set (Fixture *fixture, gconstpointer data)
{
  assert_keys (fixture, "");
  set (fixture, "a", AF_INET, 3, 100, 0);
  set (fixture, "b", AF_INET, 3, 200, 0);
  assert_keys (fixture, "ab");
  assert_read (fixture, "a", "Metric", 100);
  assert_read (fixture, "b", "Metric", 200);
  set (fixture, "a", AF_INET, 4, 101, 0);
  assert_keys (fixture, "ab");
  assert_read (fixture, "a", "Metric", 101);
  g_assert_cmpint (nsd_records_find (fixture->records, "a")->ifindex, ==, 4);
  g_assert_true (nsd_records_class (fixture->records) == &class);
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  set (fixture, "a", AF_INET, 3, 100, 0);
  g_assert_false (nsd_records_remove (fixture->records, "b"));
  g_assert_true (nsd_records_remove (fixture->records, "a"));
  g_assert_false (nsd_records_remove (fixture->records, "a"));
  assert_keys (fixture, "");
  set (fixture, "a", AF_INET, 3, 300, 0);
  g_assert_true (nsd_records_remove (fixture->records, "a"));
  set (fixture, "a", AF_INET, 3, 400, 0);
  assert_read (fixture, "a", "Metric", 400);
}

/* The same words again are no news: the record, and the time of its arrival, stay. */
static void
test_same (Fixture *fixture, gconstpointer data)
{
  NsdRecord *record;
  gint64 long_ago = g_get_monotonic_time () - 100 * G_USEC_PER_SEC;

  set (fixture, "a", AF_INET, 3, 100, 0);
  record = nsd_records_find (fixture->records, "a");
  record->received = long_ago;
  set (fixture, "a", AF_INET, 3, 100, 0);
  g_assert_true (nsd_records_find (fixture->records, "a") == record);
  g_assert_cmpint (record->received, ==, long_ago);
  set (fixture, "a", AF_INET, 3, 101, 0);
  g_assert_cmpint (nsd_records_find (fixture->records, "a")->received, >, long_ago);
}

/* Seconds that are left count from the message that said them: the same words are news then. */
static void
test_ageing (Fixture *fixture, gconstpointer data)
{
  gint64 long_ago = g_get_monotonic_time () - 100 * G_USEC_PER_SEC;

  set (fixture, "a", AF_INET, 3, 100, 10000);
  nsd_records_find (fixture->records, "a")->received = long_ago;
  assert_read (fixture, "a", "ValidLifetime", 9900);
  set (fixture, "a", AF_INET, 3, 100, 10000);
  g_assert_cmpint (nsd_records_find (fixture->records, "a")->received, >, long_ago);
  assert_read (fixture, "a", "ValidLifetime", 10000);
}

/* A dump: what was not in it is gone, but only of the family that was dumped. */
static void
test_sweep (Fixture *fixture, gconstpointer data)
{
  set (fixture, "a", AF_INET, 3, 1, 0);
  set (fixture, "b", AF_INET, 3, 1, 0);
  set (fixture, "c", AF_INET6, 3, 1, 0);
  nsd_records_begin (fixture->records);
  set (fixture, "a", AF_INET, 3, 1, 0); /* as it was */
  set (fixture, "d", AF_INET, 3, 1, 0); /* new */
  nsd_records_sweep (fixture->records, AF_INET);
  assert_keys (fixture, "acd");
  nsd_records_sweep (fixture->records, AF_UNSPEC);
  assert_keys (fixture, "ad");
  nsd_records_begin (fixture->records);
  set (fixture, "a", AF_INET, 3, 2, 0); /* changed */
  nsd_records_sweep (fixture->records, AF_UNSPEC);
  assert_keys (fixture, "a");
  nsd_records_begin (fixture->records);
  nsd_records_sweep (fixture->records, AF_INET6);
  assert_keys (fixture, "a");
}

static void
test_remove_link (Fixture *fixture, gconstpointer data)
{
  set (fixture, "a", AF_INET, 3, 1, 0);
  set (fixture, "b", AF_INET, 33, 1, 0);
  set (fixture, "c", AF_INET6, 3, 1, 0);
  nsd_records_remove_link (fixture->records, 3);
  assert_keys (fixture, "b");
  nsd_records_remove_link (fixture->records, 3);
  assert_keys (fixture, "b");
  nsd_records_remove_all (fixture->records);
  assert_keys (fixture, "");
}

static void
add_metric (gpointer data, gpointer user_data)
{
  NsdAttrView view;

  nsd_record_view (data, &class, &test_context, &view);
  *(guint32 *)user_data += nsd_attr_view_get_u32 (&view, IFA_RT_PRIORITY, 0);
}

static void
test_foreach (Fixture *fixture, gconstpointer data)
{
  guint32 sum = 0;

  set (fixture, "a", AF_INET, 3, 1, 0);
  set (fixture, "b", AF_INET, 3, 20, 0);
  set (fixture, "c", AF_INET, 3, 300, 0);
  nsd_records_remove (fixture->records, "b");
  nsd_records_foreach (fixture->records, add_metric, &sum);
  g_assert_cmpuint (sum, ==, 301);
}

static void
test_managed (Fixture *fixture, gconstpointer data)
{
  NsdNet net = { .id = 7, .context = test_context };
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GVariant) object = NULL;
  GVariantBuilder builder;

  set (fixture, "a", AF_INET, 3, 1, 0);
  set (fixture, "b", AF_INET, 3, 1, 0);
  nsd_records_remove (fixture->records, "b");
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  nsd_records_append_managed (fixture->records, &net, &builder);
  objects = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_assert_cmpuint (g_variant_n_children (objects), ==, 1);
  object = g_variant_lookup_value (objects, "/org/netnsd1/netns/7/address/a",
                                   G_VARIANT_TYPE ("a{sa{sv}}"));
  g_assert_nonnull (object);
  g_assert_cmpuint (g_variant_n_children (object), ==, 1);
  g_assert_true (g_variant_lookup (object, "org.netnsd1.Address", "@a{sv}", NULL));
}

/* The records are compared with a table in all that is done with them, at random. */
static void
test_random (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (99);
  guint32 metrics[6] = { 0 };
  int links[6] = { 0 };

  for (guint round = 0; round < 20000; round++) {
    guint i = (guint)g_rand_int_range (rand, 0, 6);
    const char key[2] = { (char)('a' + i), '\0' };

    switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      g_assert_true (nsd_records_remove (fixture->records, key) == (links[i] != 0));
      links[i] = 0;
      break;
    case 1:
      nsd_records_flush (fixture->records, NULL, FALSE);
      break;
    default:
      links[i] = g_rand_int_range (rand, 1, 4);
      metrics[i] = (guint32)g_rand_int_range (rand, 0, 3);
      set (fixture, key, AF_INET, links[i], metrics[i], g_rand_boolean (rand) ? 1000 : 0);
    }
    g_assert_true ((nsd_records_find (fixture->records, key) != NULL) == (links[i] != 0));
    if (links[i] != 0)
      assert_read (fixture, key, "Metric", metrics[i]);
  }
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/records/set", test_set);
  add ("/records/remove", test_remove);
  add ("/records/same", test_same);
  add ("/records/ageing", test_ageing);
  add ("/records/sweep", test_sweep);
  add ("/records/remove-link", test_remove_link);
  add ("/records/foreach", test_foreach);
  add ("/records/managed", test_managed);
  add ("/records/random", test_random);
  return g_test_run ();
}
