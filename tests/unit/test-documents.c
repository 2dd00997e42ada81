/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows and what is written for people and for polkit say the same. */
#include <gio/gio.h>
#include <string.h>

#include "error.h"
#include "interfaces.h"
#include "names.h"

static char *
read_file (const char *first, const char *second)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, first, second, NULL);
  g_autoptr (GError) error = NULL;
  char *content = NULL;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  return content;
}

/* ---- the policy ---- */

typedef struct {
  GHashTable *actions; /* id -> number of <allow_*> */
  GString *defaults;   /* what they say */
  const char *id;
  gboolean in_default;
} Policy;

static void
on_start (GMarkupParseContext *context, const char *element, const char **names,
          const char **values, gpointer data, GError **error)
{
  Policy *policy = data;

  policy->in_default = g_str_has_prefix (element, "allow_");
  if (strcmp (element, "action") == 0) {
    g_assert_cmpstr (names[0], ==, "id");
    g_assert_false (g_hash_table_contains (policy->actions, values[0]));
    g_hash_table_insert (policy->actions, g_strdup (values[0]), GUINT_TO_POINTER (0));
  }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer data,
         GError **error)
{
  Policy *policy = data;

  if (!policy->in_default)
    return;
  g_string_append_len (policy->defaults, text, (gssize)length);
  g_string_append_c (policy->defaults, '\n');
  policy->in_default = FALSE;
}

static void
policy_clear (Policy *policy)
{
  g_hash_table_unref (policy->actions);
  g_string_free (policy->defaults, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Policy, policy_clear)

static void
policy_read (Policy *policy)
{
  static const GMarkupParser parser = { .start_element = on_start, .text = on_text };
  g_autofree char *content = read_file ("data", "org.netnsd1.policy.in");
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) error = NULL;

  *policy = (Policy){ g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                      g_string_new (NULL) };
  context = g_markup_parse_context_new (&parser, G_MARKUP_DEFAULT_FLAGS, policy, NULL);
  g_markup_parse_context_parse (context, content, -1, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, NULL));
  g_assert_cmpuint (g_hash_table_size (policy->actions), >, 0);
}

/* The actions of all rows, of methods and of properties. */
static GHashTable *
actions_of_rows (void)
{
  GHashTable *actions = g_hash_table_new (g_str_hash, g_str_equal);

  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    for (gsize n = 0; n < (*i)->n_methods; n++)
      g_hash_table_add (actions, (gpointer)(*i)->methods[n].action);
    if ((*i)->set != NULL)
      g_hash_table_add (actions, (gpointer)(*i)->set->action);
  }
  g_hash_table_remove (actions, NSD_READ);
  return actions;
}

static void
test_actions (void)
{
  g_autoptr (GHashTable) used = actions_of_rows ();
  g_auto (Policy) policy;
  GHashTableIter iter;
  gpointer action;

  policy_read (&policy);
  g_hash_table_iter_init (&iter, used);
  while (g_hash_table_iter_next (&iter, &action, NULL))
    if (!g_hash_table_contains (policy.actions, action))
      g_test_fail_printf ("%s is not in the policy", (const char *)action);
  g_hash_table_iter_init (&iter, policy.actions);
  while (g_hash_table_iter_next (&iter, &action, NULL))
    if (!g_hash_table_contains (used, action))
      g_test_fail_printf ("no row has the action %s", (const char *)action);
}

/* polkit keeps a yes for the action, whatever the details were; and nothing is allowed unasked. */
static void
test_defaults (void)
{
  g_auto (Policy) policy;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  policy_read (&policy);
  g_assert_null (strstr (policy.defaults->str, "_keep"));
  lines = g_strsplit (policy.defaults->str, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    if (**line == '\0')
      continue;
    g_assert_true (strcmp (*line, "auth_admin") == 0 || strcmp (*line, "no") == 0);
    n++;
  }
  g_assert_cmpuint (n, ==, 3 * g_hash_table_size (policy.actions));
}

/* ---- the XML ---- */

/* Every introspection file in one. */
static char *
read_introspection (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "introspection", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GString *all = g_string_new (NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    if (g_str_has_suffix (name, ".xml")) {
      g_autofree char *content = read_file ("introspection", name);

      g_string_append (all, content);
    }
  }
  return g_string_free (all, FALSE);
}

/* The short name after the word «Errors», or the full name: «Kernel: IFLA_MTU» is no error. */
static gboolean
is_documented (const char *text, const char *name)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *pattern =
      g_strdup_printf ("%s\\b|Errors?:((?!-->).)*?\\b%s\\b(?!:)", name, dot + 1);

  return g_regex_match_simple (pattern, text, G_REGEX_DOTALL, 0);
}

static void
test_errors (void)
{
  g_autofree char *xml = read_introspection ();
  g_autofree char *manual = read_file ("data", "netnsd.8.in");
  g_autofree char *text = g_strconcat (xml, manual, NULL);

  for (guint code = 0; code < NSD_N_ERRORS; code++)
    if (!is_documented (text, nsd_error_name (code)))
      g_test_fail_printf ("%s is documented nowhere", nsd_error_name (code));
}

/* Each member has a comment of its own in the file of its interface. */
static void
check_comment (const char *text, const char *interface, const char *member)
{
  g_autofree char *pattern = g_strdup_printf ("<!--\\s+%s:\\s", member);

  if (!g_regex_match_simple (pattern, text, 0, 0))
    g_test_fail_printf ("%s.%s has no comment", interface, member);
}

static void
test_comments (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    const GDBusInterfaceInfo *info = (*i)->info;
    g_autofree char *name = g_strconcat (info->name, ".xml", NULL);
    g_autofree char *text = read_file ("introspection", name);

    for (GDBusMethodInfo **m = info->methods; m != NULL && *m != NULL; m++)
      check_comment (text, info->name, (*m)->name);
    for (GDBusSignalInfo **s = info->signals; s != NULL && *s != NULL; s++)
      check_comment (text, info->name, (*s)->name);
    for (GDBusPropertyInfo **p = info->properties; p != NULL && *p != NULL; p++)
      check_comment (text, info->name, (*p)->name);
  }
}

/* A method that polkit guards says so, and by which action. */
static void
test_actions_are_documented (void)
{
  for (const NsdInterface *const *i = nsd_interfaces_all (); *i != NULL; i++) {
    for (gsize n = 0; n < (*i)->n_methods; n++) {
      const NsdMethod *row = &(*i)->methods[n];
      g_autofree char *name = g_strconcat ((*i)->info->name, ".xml", NULL);
      g_autofree char *text = read_file ("introspection", name);
      g_autofree char *pattern =
          g_strdup_printf ("<!--\\s+%s:\\s((?!-->).)*Action:\\s+%s\\b", row->member, row->action);
      gboolean said = g_regex_match_simple (pattern, text, G_REGEX_DOTALL, 0);

      if (strcmp (row->action, NSD_READ) != 0 && !said)
        g_test_fail_printf ("%s.%s does not name its action %s", (*i)->info->name, row->member,
                            row->action);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  nsd_interfaces_init ();
  g_test_add_func ("/documents/actions", test_actions);
  g_test_add_func ("/documents/defaults", test_defaults);
  g_test_add_func ("/documents/errors", test_errors);
  g_test_add_func ("/documents/comments", test_comments);
  g_test_add_func ("/documents/actions-are-documented", test_actions_are_documented);
  return g_test_run ();
}
