/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

static gboolean
is_escape (const char *p)
{
  return p[0] == '\\' && p[1] == 'x' && g_ascii_isxdigit (p[2]) && g_ascii_isxdigit (p[3]);
}

char *
nsd_text_from_bytes (const char *bytes, gsize length)
{
  g_autofree char *copy = g_strndup (bytes, length);
  GString *text = g_string_sized_new (strlen (copy));
  const char *p = copy;

  while (*p != '\0') {
    const char *end;

    g_utf8_validate (p, -1, &end);
    for (; p < end; p++) {
      if (is_escape (p))
        g_string_append (text, "\\x5c");
      else
        g_string_append_c (text, *p);
    }
    if (*p != '\0')
      g_string_append_printf (text, "\\x%02x", (guint8)*p++);
  }
  return g_string_free (text, FALSE);
}

char *
nsd_text_to_bytes (const char *text)
{
  GString *bytes = g_string_sized_new (strlen (text));

  for (const char *p = text; *p != '\0'; p++) {
    int byte;

    if (!is_escape (p)) {
      g_string_append_c (bytes, *p);
      continue;
    }
    byte = g_ascii_xdigit_value (p[2]) << 4 | g_ascii_xdigit_value (p[3]);
    if (byte == 0) {
      g_string_free (bytes, TRUE);
      return NULL;
    }
    g_string_append_c (bytes, (char)byte);
    p += 3;
  }
  return g_string_free (bytes, FALSE);
}

/* Whether @name begins with @word, and where it goes on then. */
static const char *
without_word (const char *name, const char *word)
{
  gsize length = strlen (word);

  return g_ascii_strncasecmp (name, word, length) == 0 ? name + length : NULL;
}

gboolean
nsd_text_mentions (const char *text, const char *name)
{
  g_auto (GStrv) words = g_strsplit_set (text, " .,:;\"'()", -1);

  for (char **first = words; *first != NULL; first++) {
    const char *rest = name;

    if (**first == '\0')
      continue;
    for (char **word = first; *word != NULL && rest != NULL && *rest != '\0'; word++)
      rest = without_word (rest, *word);
    if (rest != NULL && *rest == '\0')
      return TRUE;
  }
  return FALSE;
}

/* Whether a character of UTF-8 can begin at @p. */
static gboolean
is_boundary (const char *p)
{
  return ((guint8)*p & 0xc0) != 0x80;
}

char *
nsd_text_shorten (const char *text, gsize most)
{
  gsize length = strlen (text);
  const char *head_end = text + most / 2, *tail = text + length - most / 2;

  if (length <= most)
    return g_strdup (text);
  while (head_end > text && !is_boundary (head_end))
    head_end--;
  while (!is_boundary (tail))
    tail++;
  return g_strdup_printf ("%.*s … %s", (int)(head_end - text), text, tail);
}
