/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every row reads whatever it is given: random bytes, too short, nested where nothing should be.
 *
 * The messages end where readable memory ends, so that reading on is a crash and not luck: in front
 * of a page without access (which also catches libnl), and in a heap block of their exact size (for
 * the sanitizers). */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addresses.h"
#include "link/fdb.h"
#include "link/kind.h"
#include "neighbours.h"
#include "routes.h"
#include "rules.h"
#include "support.h"

#define MOST_BYTES 20
#define ROUNDS     20

static char *guard; /* the page without access */
static GRand *rnd;

/* The table is that of a kind: read two levels below the link. */
static gboolean of_kind;
static guint n_read;

static void
guard_init (void)
{
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  char *memory = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (memory != MAP_FAILED);
  guard = memory + page;
  g_assert_cmpint (mprotect (guard, page, PROT_NONE), ==, 0);
}

static void
read_row (const NsdAttr *attr, const NsdAttrView *view)
{
  g_autoptr (GVariant) value = attr->type->get (view, attr);

  if (value == NULL)
    return;
  g_variant_ref_sink (value);
  n_read++;
  g_assert_true (g_variant_is_of_type (value, G_VARIANT_TYPE (attr->type->signature)));
  g_assert_true (g_variant_is_normal_form (value));
}

static void
read_from (const NsdAttr *attr, const guint8 *header, gconstpointer data, gsize length)
{
  NsdAttrView link, info, view;

  nsd_attr_view_init (&link, &test_context, header, data, (int)length);
  nsd_attr_view_init_nested (&info, &link, link.tb[IFLA_LINKINFO]);
  nsd_attr_view_init (&view, &test_context, header, data, (int)length);
  view.elapsed = g_rand_int (rnd);
  if (of_kind)
    view.parent = &info;
  read_row (attr, &view);
}

static void
read_message (const NsdAttr *attr, const GByteArray *message)
{
  gsize padded = NLMSG_ALIGN (message->len);
  char *before_guard = guard - padded;
  g_autofree gpointer exact = g_memdup2 (message->data, message->len);
  guint8 header[16];

  for (gsize i = 0; i < sizeof header; i++)
    header[i] = (guint8)g_rand_int (rnd);
  if (g_rand_boolean (rnd))
    header[0] = g_rand_boolean (rnd) ? AF_INET : AF_INET6;
  memcpy (before_guard, message->data, message->len);
  read_from (attr, header, before_guard, message->len);
  read_from (attr, header, exact, message->len);
}

static void
append_attribute (GByteArray *message, guint id, gconstpointer data, gsize length)
{
  struct nlattr nla = { (guint16)(sizeof nla + length), (guint16)id };

  g_byte_array_set_size (message, NLMSG_ALIGN (message->len));
  g_byte_array_append (message, (const guint8 *)&nla, sizeof nla);
  if (length > 0)
    g_byte_array_append (message, data, (guint)length);
}

static void
append_random (GByteArray *message, guint id, gsize length)
{
  guint8 bytes[MOST_BYTES];

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8)g_rand_int (rnd);
  /* Lengths that could be true, for what is nested: struct nlattr and struct rtnexthop. */
  if (length >= 2 && g_rand_boolean (rnd)) {
    guint16 inner = (guint16)g_rand_int_range (rnd, 0, (gint32)length + 5);

    memcpy (bytes, &inner, sizeof inner);
  }
  append_attribute (message, id, bytes, length);
}

/* The attribute in a nest, in a nest. */
static void
append_nested (GByteArray *message, guint outer, guint inner, guint id, gsize length)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autoptr (GByteArray) middle = g_byte_array_new ();

  append_random (content, id, length);
  if (inner == 0) {
    append_attribute (message, outer, content->data, content->len);
    return;
  }
  append_attribute (middle, inner, content->data, content->len);
  append_attribute (message, outer, middle->data, middle->len);
}

static void
fuzz_row (const NsdAttr *attr, gsize length)
{
  static const guint nests[][2] = {
    { IFLA_LINKINFO, 0 }, { IFLA_AF_SPEC, AF_INET6 }, { IFLA_PROP_LIST, 0 },
    { RTA_METRICS, 0 },   { RTA_MULTIPATH, 0 },
  };
  g_autoptr (GByteArray) message = g_byte_array_new ();

  append_random (message, attr->id, length);
  read_message (attr, message);

  for (gsize i = 0; i < G_N_ELEMENTS (nests); i++) {
    g_byte_array_set_size (message, 0);
    append_nested (message, nests[i][0], nests[i][1], attr->id, length);
    read_message (attr, message);
  }

  g_byte_array_set_size (message, 0);
  for (guint id = 1; id < 70; id++)
    append_random (message, id, (gsize)g_rand_int_range (rnd, 0, MOST_BYTES + 1));
  append_random (message, attr->id, length);
  read_message (attr, message);
}

static void
fuzz_table (gconstpointer data)
{
  const NsdAttrTable *table = data;

  n_read = 0;
  of_kind = table != &nsd_link_table && table != &nsd_address_table && table != &nsd_route_table &&
            table != &nsd_rule_table && table != &nsd_neighbour_table;
  for (gsize i = 0; i < table->n_rows; i++) {
    if (!(table->rows[i].flags & NSD_ATTR_READ))
      continue;
    for (gsize length = 0; length <= MOST_BYTES; length++)
      for (guint round = 0; round < ROUNDS; round++)
        fuzz_row (&table->rows[i], length);
  }
  g_assert_cmpuint (n_read, >, 1000);
}

/* The identity of a route is made from whatever the message has. */
static void
test_route_key (void)
{
  for (guint round = 0; round < 20000; round++) {
    g_autoptr (GByteArray) attributes = g_byte_array_new ();
    g_autofree struct nlmsghdr *nlh = NULL;
    g_autofree char *key = NULL;
    struct rtmsg rtm = { g_rand_boolean (rnd) ? AF_INET : AF_INET6 };

    append_random (attributes, RTA_DST, (gsize)g_rand_int_range (rnd, 0, MOST_BYTES + 1));
    append_random (attributes, RTA_TABLE, (gsize)g_rand_int_range (rnd, 0, 5));
    append_random (attributes, RTA_MULTIPATH, (gsize)g_rand_int_range (rnd, 0, MOST_BYTES + 1));
    nlh = g_malloc0 (NLMSG_LENGTH (sizeof rtm) + attributes->len);
    nlh->nlmsg_len = (guint32)NLMSG_LENGTH (sizeof rtm) + attributes->len;
    memcpy (NLMSG_DATA (nlh), &rtm, sizeof rtm);
    memcpy ((char *)nlh + NLMSG_LENGTH (sizeof rtm), attributes->data, attributes->len);
    key = nsd_route_key (nlh);
    g_assert_cmpuint (strlen (key), ==, 32);
    g_assert_cmpuint (strspn (key, "0123456789abcdef_"), ==, strlen (key));
  }
}

/* Cut anywhere, a message is read up to the cut. */
static void
test_cut (void)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  for (guint id = 1; id < 20; id++)
    append_random (message, id, (gsize)g_rand_int_range (rnd, 0, MOST_BYTES + 1));
  for (guint length = 0; length <= message->len; length++) {
    g_autofree gpointer exact = g_memdup2 (message->data, length);
    NsdAttrView view;

    nsd_attr_view_init (&view, &test_context, NULL, exact, (int)length);
    for (guint id = 0; id <= NSD_ATTR_MAX; id++)
      g_assert_true (view.tb[id] == NULL ||
                     (const char *)view.tb[id] + view.tb[id]->nla_len <= (char *)exact + length);
  }
}

/* A type beyond the view is left out, not written behind it. */
static void
test_large_type (void)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  struct {
    NsdAttrView view;
    gconstpointer behind[8];
  } both = { 0 };

  append_random (message, NSD_ATTR_MAX, 4);
  for (guint id = NSD_ATTR_MAX + 1; id <= NSD_ATTR_MAX + G_N_ELEMENTS (both.behind); id++)
    append_random (message, id, 4);
  append_random (message, NLA_TYPE_MASK, 4);
  append_random (message, 0, 4);
  nsd_attr_view_init (&both.view, &test_context, NULL, message->data, (int)message->len);
  for (guint id = 0; id <= NSD_ATTR_MAX; id++)
    g_assert_true ((both.view.tb[id] != NULL) == (id == NSD_ATTR_MAX));
  for (gsize i = 0; i < G_N_ELEMENTS (both.behind); i++)
    g_assert_null (both.behind[i]);
  g_assert_null (nsd_attr_view_get (&both.view, NSD_ATTR_MAX + 1, 0));
  g_assert_null (nsd_attr_view_get (&both.view, G_MAXUINT, 0));
}

static void
add_table (const NsdAttrTable *table, const char *name)
{
  g_autofree char *path = g_strconcat ("/attr-robustness/", name, NULL);

  g_test_add_data_func (path, table, fuzz_table);
}

static void
add_kind (const NsdKind *kind)
{
  g_autofree char *name =
      g_strconcat (kind->role == NSD_KIND_PORT ? "port-of-" : "", kind->name, NULL);

  add_table (kind->table, name);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  guard_init ();
  rnd = g_rand_new_with_seed (1234567);
  add_table (&nsd_link_table, "link");
  for (const NsdKind *const *file = nsd_kinds; *file != NULL; file++)
    for (const NsdKind *kind = *file; kind->name != NULL; kind++)
      if (kind == *file || kind->table != kind[-1].table)
        add_kind (kind);
  add_table (&nsd_address_table, "address");
  add_table (&nsd_route_table, "route");
  add_table (&nsd_fdb_table, "fdb");
  add_table (&nsd_rule_table, "rule");
  add_table (&nsd_neighbour_table, "neighbour");
  g_test_add_func ("/attr-robustness/route-key", test_route_key);
  g_test_add_func ("/attr-robustness/cut", test_cut);
  g_test_add_func ("/attr-robustness/large-type", test_large_type);
  result = g_test_run ();
  g_rand_free (rnd);
  return result;
}
