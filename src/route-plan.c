/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route-plan.h"

#include <string.h>
#include <sys/socket.h>

#include "route-compare.h"
#include "route-delete.h"
#include "route-match.h"
#include "route-stream.h"

/* So many of those that are kept have a name in an error. */
#define MOST_NAMES 5

/* A list of the kernel's. */
typedef struct {
  NsdRoutePlace place; /* the key */
  gboolean doubtful;   /* the kernel is to be asked */
  GPtrArray *wanted;   /* const struct nlmsghdr, not ours */
  GPtrArray *found;    /* struct nlmsghdr, in the order of the kernel; NULL: none */
} Group;

struct _NsdRoutePlan {
  const NsdAttrContext *context;
  GHashTable *by_place; /* Group */
  GPtrArray *groups;    /* Group, as they were wanted */
  gboolean failed;      /* the kernel did not say */
  GPtrArray *unseen;    /* const struct nlmsghdr: see may_be_hidden() */
  GPtrArray *kept;      /* const struct nlmsghdr */
};

static guint
hash_place (gconstpointer key)
{
  const guint32 *words = key;
  guint32 hash = 0;

  G_STATIC_ASSERT (sizeof (NsdRoutePlace) == 11 * sizeof (guint32));
  for (gsize i = 0; i < sizeof (NsdRoutePlace) / sizeof *words; i++)
    hash = (hash ^ words[i]) * 0x9e3779b1u, hash ^= hash >> 15;
  return hash;
}

static gboolean
equal_places (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (NsdRoutePlace)) == 0;
}

static void
free_group (gpointer data)
{
  Group *group = data;

  g_ptr_array_unref (group->wanted);
  g_clear_pointer (&group->found, g_ptr_array_unref);
  g_free (group);
}

NsdRoutePlan *
nsd_route_plan_new (const NsdAttrContext *context)
{
  NsdRoutePlan *self = g_new0 (NsdRoutePlan, 1);

  self->context = context;
  self->by_place = g_hash_table_new (hash_place, equal_places);
  self->groups = g_ptr_array_new_with_free_func (free_group);
  self->unseen = g_ptr_array_new ();
  self->kept = g_ptr_array_new ();
  return self;
}

void
nsd_route_plan_free (NsdRoutePlan *self)
{
  g_hash_table_unref (self->by_place);
  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->unseen);
  g_ptr_array_unref (self->kept);
  g_free (self);
}

void
nsd_route_plan_add (NsdRoutePlan *self, const struct nlmsghdr *nlh, gboolean alone)
{
  NsdRoutePlace place;
  Group *group;

  if (!nsd_route_place_init (&place, nlh))
    return;
  group = g_hash_table_lookup (self->by_place, &place);
  if (group == NULL) {
    group = g_new0 (Group, 1);
    group->place = place;
    group->wanted = g_ptr_array_new ();
    g_hash_table_insert (self->by_place, &group->place, group);
    g_ptr_array_add (self->groups, group);
  }
  group->doubtful |= !alone;
  g_ptr_array_add (group->wanted, (gpointer)nlh);
}

/* ---- what there is ---- */

void
nsd_route_plan_see (NsdRoutePlan *self, const struct nlmsghdr *nlh)
{
  NsdRoutePlace place;
  Group *group =
      nsd_route_place_init (&place, nlh) ? g_hash_table_lookup (self->by_place, &place) : NULL;

  if (group == NULL || !group->doubtful)
    return;
  if (group->found == NULL)
    group->found = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (group->found, g_memdup2 (nlh, nlh->nlmsg_len));
}

static gboolean
restart (gpointer data, GError **error)
{
  NsdRoutePlan *self = data;

  for (guint i = 0; i < self->groups->len; i++)
    g_clear_pointer (&((Group *)self->groups->pdata[i])->found, g_ptr_array_unref);
  return TRUE;
}

static gboolean
on_route (const struct nlmsghdr *nlh, gpointer data, GError **error)
{
  nsd_route_plan_see (data, nlh);
  return TRUE;
}

/* The family and the table of all that is doubtful, for the kernel to list no more than these. */
static GVariant *
make_match (const NsdRoutePlan *self)
{
  guint32 family = 0, table = 0;
  gboolean one_family = TRUE, one_table = TRUE;
  GVariantDict dict;

  for (guint i = 0; i < self->groups->len; i++) {
    const Group *group = self->groups->pdata[i];

    if (!group->doubtful)
      continue;
    one_family &= family == 0 || family == group->place.family;
    one_table &= table == 0 || table == group->place.table;
    family = group->place.family;
    table = group->place.table;
  }
  if (family == 0)
    return NULL;
  g_variant_dict_init (&dict, NULL);
  if (one_family)
    g_variant_dict_insert (&dict, "Family", "s", family == AF_INET ? "inet" : "inet6");
  if (one_table)
    g_variant_dict_insert (&dict, "Table", "u", table);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

gboolean
nsd_route_plan_look (NsdRoutePlan *self, NsdNlSocket *socket, GError **error)
{
  const NsdRouteDump dump = { restart, on_route, self };
  g_autoptr (GVariant) dict = make_match (self);
  g_auto (NsdRouteMatch) match = { 0 };

  if (dict == NULL)
    return TRUE;
  self->failed = !nsd_route_match_init (&match, self->context, dict, error) ||
                 !nsd_route_match_dump (&match, self->context, socket, &dump, error);
  return !self->failed;
}

/* ---- what the kernel would do ---- */

/* A route of the kernel's, or a next hop of one. */
typedef struct {
  NsdRouteWay way;
  gpointer owner; /* the wanted message that it is for, or NULL */
  gboolean gone;
} Place;

typedef struct {
  GArray *ways;   /* Place, in the order of the kernel */
  GArray *wanted; /* NsdRouteWay, of the message that is looked for */
} Work;

static void
clear_work (Work *work)
{
  g_array_unref (work->ways);
  g_array_unref (work->wanted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, clear_work)

static Place *
nth (const Work *work, guint index)
{
  return &g_array_index (work->ways, Place, index);
}

static void
init_work (Work *work, const Group *group)
{
  work->ways = g_array_new (FALSE, FALSE, sizeof (Place));
  work->wanted = g_array_new (FALSE, FALSE, sizeof (NsdRouteWay));
  for (guint i = 0; group->found != NULL && i < group->found->len; i++) {
    g_array_set_size (work->wanted, 0);
    nsd_route_append_ways (work->wanted, group->found->pdata[i]);
    for (guint j = 0; j < work->wanted->len; j++) {
      const Place place = { g_array_index (work->wanted, NsdRouteWay, j), NULL, FALSE };

      g_array_append_val (work->ways, place);
    }
  }
}

/* Marks what the message @nlh is about; FALSE, and nothing is marked, if it is not all there.  What
 * was added last is the last in the kernel's list. */
static gboolean
claim (Work *work, const struct nlmsghdr *nlh)
{
  guint claimed = 0;

  g_array_set_size (work->wanted, 0);
  nsd_route_append_ways (work->wanted, nlh);
  for (guint i = 0; i < work->wanted->len; i++) {
    const NsdRouteWay *wanted = &g_array_index (work->wanted, NsdRouteWay, i);
    guint n = work->ways->len;

    while (n > 0 && (nth (work, n - 1)->owner != NULL ||
                     !nsd_route_way_is (&nth (work, n - 1)->way, wanted)))
      n--;
    if (n == 0)
      break;
    nth (work, n - 1)->owner = (gpointer)nlh;
    claimed++;
  }
  if (claimed == work->wanted->len)
    return TRUE;
  for (guint i = 0; claimed > 0 && i < work->ways->len; i++)
    if (nth (work, i)->owner == nlh)
      nth (work, i)->owner = NULL;
  return FALSE;
}

/* Which of those that are left the kernel would take for @meant, or NULL. */
static Place *
hit (const Work *work, const NsdRouteWay *meant)
{
  for (guint i = 0; i < work->ways->len; i++)
    if (!nth (work, i)->gone && nsd_route_way_fits (&nth (work, i)->way, meant))
      return nth (work, i);
  return NULL;
}

/* Whether something is there that could be what @nlh made, which was not recognised. */
static gboolean
is_like_one (Work *work, const struct nlmsghdr *nlh)
{
  g_array_set_size (work->wanted, 0);
  nsd_route_append_ways (work->wanted, nlh);
  for (guint i = 0; i < work->wanted->len; i++)
    if (hit (work, &g_array_index (work->wanted, NsdRouteWay, i)) != NULL)
      return TRUE;
  return FALSE;
}

/* Lists of IPv6 routes go on behind the last of the next hops that are shown as one route, and
 * leave out what is between them (fib6_dump_node() in net/ipv6/ip6_fib.c).  Of that only a route
 * with a next hop object could be hit in place of one that is shown, and nothing tells of it. */
static gboolean
may_be_hidden (const Work *work)
{
  for (guint i = 0; i < work->ways->len; i++)
    if (nth (work, i)->way.rtm->rtm_family == AF_INET6 && nth (work, i)->way.multipath != NULL)
      return TRUE;
  return FALSE;
}

/* Lets all that @nlh is about go, from place @first on; FALSE, and all of it is there, if something
 * else would. */
static gboolean
take (Work *work, guint first, gconstpointer nlh, GArray *ways)
{
  g_array_set_size (ways, 0);
  for (guint i = first; i < work->ways->len; i++) {
    Place *place = nth (work, i);

    if (place->owner != nlh)
      continue;
    if (hit (work, &place->way) != place) {
      for (guint j = first; j < i; j++)
        nth (work, j)->gone &= nth (work, j)->owner != nlh;
      return FALSE;
    }
    place->gone = TRUE;
    g_array_append_val (ways, place->way);
  }
  return TRUE;
}

/* ---- the requests ---- */

static void
add_request (NsdRoutePlan *self, NsdNlBatch *requests, const struct nlmsghdr *nlh,
             const GArray *ways)
{
  g_auto (NsdAttrBuilder) builder = { 0 };

  if (ways != NULL ? nsd_route_build_delete_ways (self->context, ways, &builder, NULL)
                   : nsd_route_build_delete (self->context, nlh, &builder, NULL))
    nsd_nl_batch_add (requests, nlmsg_hdr (builder.msg));
  else
    g_ptr_array_add (self->kept, (gpointer)nlh);
}

/* In the order of the kernel: what comes first cannot be hit in place of what comes later, once it
 * has gone. */
static void
make_of_group (NsdRoutePlan *self, const Group *group, NsdNlBatch *requests)
{
  g_autoptr (GArray) ways = g_array_new (FALSE, FALSE, sizeof (NsdRouteWay));
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) unknown = g_ptr_array_new ();
  g_auto (Work) work;

  init_work (&work, group);
  for (guint i = 0; i < group->wanted->len; i++)
    if (!claim (&work, group->wanted->pdata[i]))
      g_ptr_array_add (unknown, group->wanted->pdata[i]);
  for (guint i = 0; i < work.ways->len; i++) {
    gpointer owner = nth (&work, i)->owner;

    if (owner == NULL || !g_hash_table_add (done, owner))
      continue;
    if (take (&work, i, owner, ways))
      add_request (self, requests, owner, ways);
    else
      g_ptr_array_add (self->kept, owner);
  }
  for (guint i = 0; i < unknown->len; i++)
    if (is_like_one (&work, unknown->pdata[i]))
      g_ptr_array_add (self->kept, unknown->pdata[i]);
    else if (may_be_hidden (&work))
      g_ptr_array_add (self->unseen, unknown->pdata[i]);
}

void
nsd_route_plan_make (NsdRoutePlan *self, NsdNlBatch *requests)
{
  for (guint i = 0; i < self->groups->len; i++) {
    const Group *group = self->groups->pdata[i];

    if (group->doubtful && !self->failed) {
      make_of_group (self, group, requests);
      continue;
    }
    for (guint j = group->wanted->len; j > 0; j--) {
      if (group->doubtful)
        g_ptr_array_add (self->kept, group->wanted->pdata[j - 1]);
      else
        add_request (self, requests, group->wanted->pdata[j - 1], NULL);
    }
  }
}

gboolean
nsd_route_plan_again (NsdRoutePlan *self, gboolean progress)
{
  g_autoptr (GPtrArray) unseen = g_steal_pointer (&self->unseen);

  self->unseen = g_ptr_array_new ();
  if (!progress) {
    g_ptr_array_extend (self->kept, unseen, NULL, NULL);
    return FALSE;
  }
  g_hash_table_remove_all (self->by_place);
  g_ptr_array_set_size (self->groups, 0);
  for (guint i = 0; i < unseen->len; i++)
    nsd_route_plan_add (self, unseen->pdata[i], FALSE);
  return unseen->len > 0;
}

gboolean
nsd_route_plan_is_plain (NsdRoutePlan *self)
{
  const Group *group = self->groups->pdata[0];
  g_auto (Work) work;

  init_work (&work, group);
  if (!claim (&work, group->wanted->pdata[0]))
    return FALSE;
  for (guint i = 0; i < work.ways->len; i++)
    for (guint j = 0; nth (&work, i)->owner != NULL && j < work.ways->len; j++)
      if (i != j && nsd_route_way_fits (&nth (&work, j)->way, &nth (&work, i)->way))
        return FALSE;
  return TRUE;
}

/* ---- what is kept ---- */

guint
nsd_route_plan_count_kept (const NsdRoutePlan *self)
{
  return self->kept->len;
}

char *
nsd_route_plan_name_kept (const NsdRoutePlan *self)
{
  guint count = MIN (self->kept->len, MOST_NAMES);
  GString *text;

  if (count == 0)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < count; i++) {
    g_autofree char *destination = nsd_route_stream_destination (self->kept->pdata[i]);

    g_string_append_printf (text, "%s%s",
                            i == 0                     ? ""
                            : i + 1 == self->kept->len ? " and "
                                                       : ", ",
                            destination);
  }
  if (self->kept->len > count)
    g_string_append_printf (text, " and %u more", self->kept->len - count);
  return g_string_free (text, FALSE);
}
