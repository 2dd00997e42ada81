/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-details.h"

#include <string.h>

/* What a dialogue or a rule sees of a text that a caller gave. */
#define MAX_DETAIL 64

static char *
make_printable (const char *text)
{
  g_autofree char *cut = g_utf8_strlen (text, -1) > MAX_DETAIL
                             ? g_utf8_substring (text, 0, MAX_DETAIL)
                             : g_strdup (text);
  GString *detail = g_string_new (NULL);

  for (const char *p = cut; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    g_string_append_unichar (detail, g_unichar_isprint (c) ? c : '?');
  }
  return g_string_free (detail, FALSE);
}

static void
add (GHashTable *details, const char *key, const char *text)
{
  g_hash_table_insert (details, (gpointer)key, make_printable (text != NULL ? text : ""));
}

/* One name for each line: the first alone depends on what others are called. */
static void
add_names (GHashTable *details, const char *const *names)
{
  GString *lines = g_string_new (NULL);

  for (const char *const *name = names; *name != NULL; name++) {
    g_autofree char *line = make_printable (*name);

    g_string_append_printf (lines, "%s%s", name == names ? "" : "\n", line);
  }
  add (details, "namespace", names[0]);
  g_hash_table_insert (details, (gpointer) "namespaces", g_string_free (lines, FALSE));
}

static void
add_number (GHashTable *details, const char *key, guint64 number)
{
  g_autofree char *text = number != 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT, number) : NULL;

  add (details, key, text);
}

static void
add_namespace (GHashTable *details, const NsdNamespace *namespace)
{
  g_auto (GStrv) names = nsd_namespace_names (namespace);

  if (namespace->host && names[0] == NULL)
    add_names (details, (const char *const[]){ "host", NULL });
  else
    add_names (details, (const char *const *)names);
}

/* A name that an argument gives is that of a namespace to be: one that is there has its own. */
static void
add_arguments (GHashTable *details, const NsdCall *call, const NsdNamespace *namespace)
{
  const NsdMethod *method = call->request.method;

  for (gsize i = 0; i < G_N_ELEMENTS (method->details) && method->details[i] != NULL; i++) {
    const char *text;

    g_variant_get_child (call->request.parameters, i, "&s", &text);
    if (strcmp (method->details[i], "namespace") != 0)
      add (details, method->details[i], text);
    else if (namespace == NULL)
      add_names (details, (const char *const[]){ text, NULL });
  }
}

GHashTable *
nsd_details_new (const NsdCall *call, const NsdNamespace *namespace)
{
  GHashTable *details = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autofree char *owner = g_strdup_printf ("%u", namespace != NULL ? namespace->owner : 0);

  add_names (details, (const char *const[]){ NULL });
  if (namespace != NULL)
    add_namespace (details, namespace);
  /* What is to get a name is said with the question about the name too. */
  add_number (details, "namespace-id",
              namespace != NULL ? nsd_netns_id (namespace->netns) : call->other);
  add (details, "host", namespace != NULL && namespace->host ? "true" : "false");
  add (details, "owner", owner);
  add (details, "link", call->link);
  add (details, "kind", call->kind);
  add_number (details, "pid", call->request.target_pid);
  add (details, "interface", call->request.interface);
  add (details, "member", g_dbus_message_get_member (call->message));
  add_arguments (details, call, namespace);
  return details;
}
