/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel attributes as data.
 *
 * A row (NsdAttr) ties a netlink attribute to a D-Bus property by a codec (NsdAttrType); a table
 * (NsdAttrTable) holds the rows of one D-Bus interface.  Everything else is generic and written
 * once, here: reading a message into a dictionary of properties, checking an a{sv} argument, and
 * writing it into a message while remembering which bytes came from which property, so that the
 * kernel's extended acknowledgement can be told in the caller's words.
 *
 * Pure data and functions: neither a bus nor a kernel, any thread. */
#pragma once

#include <gio/gio.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

typedef enum {
  NSD_ATTR_READ = 1 << 0,     /* a property */
  NSD_ATTR_CREATE = 1 << 1,   /* accepted on creation */
  NSD_ATTR_CHANGE = 1 << 2,   /* accepted by Set, and a writable property */
  NSD_ATTR_LATE = 1 << 3,     /* accepted on creation, but set by a second message */
  NSD_ATTR_OPTIONAL = 1 << 4, /* no property where the kernel does not report the attribute */
} NsdAttrFlags;

typedef struct _NsdAttr NsdAttr;
typedef struct _NsdAttrBuilder NsdAttrBuilder;

/* Turns what only the state of the namespace knows into object paths. */
typedef struct {
  guint64 netns; /* the namespace of the message */
  /* The path of link @ifindex in the namespace that has the id @nsid here (RTM_GETNSID), or in this
   * one if @nsid is negative; "/" where it is not on the bus.  Returns new memory. */
  char *(*link_path) (gpointer data, int nsid, int ifindex);
  gpointer data;
} NsdAttrContext;

/* The largest attribute type that a view keeps; the kernel's tables end far below. */
#define NSD_ATTR_MAX 127

/* One level of attributes of a received message. */
typedef struct _NsdAttrView NsdAttrView;
struct _NsdAttrView {
  const NsdAttrContext *context;
  const NsdAttrView *parent; /* the level that this one is nested in, or NULL */
  gconstpointer header;      /* struct ifinfomsg, ifaddrmsg or rtmsg of the message */
  guint elapsed;             /* seconds since the message was received */
  const struct nlattr *tb[NSD_ATTR_MAX + 1];
};

/* A codec.  `get` returns a floating value of type `signature`, the type's word for «none» (0, "",
 * "/", …) where the attribute is absent or too short; NULL says that there is no such property.
 * `put` writes @value, whose type has been checked, and fails before it has written anything; NULL
 * where the attribute cannot be written, or where the handler of the call takes the value itself.
 */
typedef struct {
  const char *signature;
  GVariant *(*get) (const NsdAttrView *view, const NsdAttr *attr);
  gboolean (*put) (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value, GError **error);
  /* `get` looks at nothing but the attribute of the row: where that is absent, every dictionary has
   * the same entry. */
  gboolean plain;
} NsdAttrType;

/* A row. */
struct _NsdAttr {
  guint16 id;              /* netlink attribute type; 0 where the codec knows better */
  const char *name;        /* of the D-Bus property */
  const NsdAttrType *type; /* codec */
  NsdAttrFlags flags;
  gconstpointer data; /* NsdWord[] of enumerations */
  guint32 arg;        /* a mask, a bit, or the largest value (0: what the type holds) */
};

/* The word of ip(8) for a value; arrays end in a NULL word. */
typedef struct {
  guint32 value;
  const char *word;
} NsdWord;

/* What the dictionaries of a table share for one row, made when it is first wanted: most of what a
 * dictionary costs is the allocation of its parts, and other threads free them.  Any thread. */
typedef struct {
  GVariant *name; /* the key */
  GVariant *none; /* the entry of a message without the attribute, if the codec is plain */
} NsdAttrShared;

/* The rows of one D-Bus interface. */
typedef struct {
  const GDBusInterfaceInfo *info;
  const NsdAttr *rows;
  gsize n_rows;
  NsdAttrShared *shared; /* one for each row, zero in the beginning; may be NULL */
} NsdAttrTable;

const NsdAttr *nsd_attr_table_find (const NsdAttrTable *table, const char *name);

/* ---- reading ---- */

/* Fills @view from the attributes in the @length bytes at @data. */
void nsd_attr_view_init (NsdAttrView *view, const NsdAttrContext *context, gconstpointer header,
                         gconstpointer data, int length);
/* The same for a whole message, whose family header has @header_size bytes. */
void nsd_attr_view_init_message (NsdAttrView *view, const NsdAttrContext *context,
                                 const struct nlmsghdr *nlh, gsize header_size);
/* The same for the attributes nested in @nest, which may be NULL: then the view is empty. */
void nsd_attr_view_init_nested (NsdAttrView *view, const NsdAttrView *parent,
                                const struct nlattr *nest);
/* Attribute @id if it has at least @length bytes of payload, else NULL. */
const struct nlattr *nsd_attr_view_get (const NsdAttrView *view, guint id, int length);
guint32 nsd_attr_view_get_u32 (const NsdAttrView *view, guint id, guint32 fallback);
/* Every readable property of @table, as a floating a{sv} in the order of the rows. */
GVariant *nsd_attr_table_read (const NsdAttrTable *table, const NsdAttrView *view);

/* The same without what the message has not got. */
GVariant *nsd_attr_table_read_present (const NsdAttrTable *table, const NsdAttrView *view);

/* ---- writing ---- */

struct _NsdAttrBuilder {
  const NsdAttrContext *context;
  struct nl_msg *msg;    /* owned; does not grow by itself: pointers into it are stable */
  gpointer header;       /* within msg */
  int family;            /* AF_UNSPEC until an address says which (addresses and routes) */
  guint64 lower_netns;   /* where the lower device of the link is; 0: in the same namespace */
  gboolean lower_hidden; /* it would be in one that is not on the bus: nothing can be named there */
  int lower_ifindex;     /* its index there, 0 if there is none */
  GVariant *current;     /* a{sv}, borrowed: the properties of the table now; NULL on creation */
  GArray *spans;         /* which bytes came from which property */
  GPtrArray *held;       /* what must live until the message is sent: see nsd_attr_builder_hold() */
};

/* A message of @type and @flags whose family header has @header_size bytes, all zero. */
void nsd_attr_builder_init (NsdAttrBuilder *builder, const NsdAttrContext *context, int type,
                            int flags, gsize header_size);
/* Makes the message one of up to @length bytes, if it is not; before anything is added or kept that
 * points into it. */
void nsd_attr_builder_make_room (NsdAttrBuilder *builder, gsize length);
void nsd_attr_builder_clear (NsdAttrBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NsdAttrBuilder, nsd_attr_builder_clear)

/* Appends one attribute; fails with InvalidArgs if the message is full. */
gboolean nsd_attr_builder_add (NsdAttrBuilder *builder, int id, gconstpointer data, gsize length,
                               GError **error);
gboolean nsd_attr_builder_add_u32 (NsdAttrBuilder *builder, int id, guint32 value, GError **error);
/* Opens a nest; NULL and InvalidArgs if the message is full. */
struct nlattr *nsd_attr_builder_open (NsdAttrBuilder *builder, int id, GError **error);
void nsd_attr_builder_close (NsdAttrBuilder *builder, struct nlattr *nest);
/* Keeps @data until the builder is cleared, and frees it then: a descriptor in an attribute is
 * looked up in the table of the sender while the message is handled. */
void nsd_attr_builder_hold (NsdAttrBuilder *builder, gpointer data, GDestroyNotify free_func);
/* The name of the property whose bytes include the @offset-th of the message, or NULL. */
const char *nsd_attr_builder_property_at (const NsdAttrBuilder *builder, guint32 offset);

/* The name of the property whose name is a word of @text («Nexthop has invalid gateway»), if there
 * is just one in the message, or NULL. */
const char *nsd_attr_builder_property_in_text (const NsdAttrBuilder *builder, const char *text);
/* Whether the message carries values of a caller at all. */
gboolean nsd_attr_builder_has_properties (const NsdAttrBuilder *builder);
/* The name of the property if the message carries just one, or NULL. */
const char *nsd_attr_builder_only_property (const NsdAttrBuilder *builder);

/* ---- an a{sv} argument, checked ---- */

typedef struct {
  const NsdAttrTable *table;
  const NsdAttr *attr;
  GVariant *value; /* owned by the settings */
} NsdSetting;

typedef struct _NsdSettings NsdSettings;

/* Checks each entry of @dict against the rows of @tables (NULL-terminated; of those
 * that have the name the first wins that takes it, and in that type, and "Kind.Name" names the
 * table): known, given once, of the right type, and allowed for
 * @use (NSD_ATTR_CREATE, with or without LATE, or NSD_ATTR_CHANGE).  Fails with InvalidArgs, or
 * PropertyReadOnly on change, that names the key. */
NsdSettings *nsd_settings_new (GVariant *dict, const NsdAttrTable *const *tables, NsdAttrFlags use,
                               GError **error);
/* What undoes @settings: of those whose value in @after is not that in @before (both a{sa{sv}}, by
 * interface) and can have been set by them, the one in @before; and the same for the other rows of
 * their tables, but for those of the table @common. */
NsdSettings *nsd_settings_new_reverse (const NsdSettings *settings, const NsdAttrTable *common,
                                       GVariant *before, GVariant *after);
void nsd_settings_free (NsdSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NsdSettings, nsd_settings_free)

/* The value of setting @name, borrowed; NULL if it was not given. */
GVariant *nsd_settings_get (const NsdSettings *settings, const char *name);
/* String and boolean settings, with what holds if they were not given. */
const char *nsd_settings_get_string (const NsdSettings *settings, const char *name,
                                     const char *fallback);
gboolean nsd_settings_get_boolean (const NsdSettings *settings, const char *name,
                                   gboolean fallback);
gsize nsd_settings_count (const NsdSettings *settings);
const NsdSetting *nsd_settings_nth (const NsdSettings *settings, gsize n);
gboolean nsd_settings_touch (const NsdSettings *settings, const NsdAttrTable *table);
/* Writes one value, with the name of the property in front of any error. */
gboolean nsd_attr_put (NsdAttrBuilder *builder, const NsdAttr *attr, GVariant *value,
                       GError **error);
/* The settings of @table whose codecs write nothing were written from offset @start on. */
void nsd_settings_note (const NsdSettings *settings, const NsdAttrTable *table, guint32 start,
                        NsdAttrBuilder *builder);
/* Writes every setting that belongs to @table and whose row has a flag of @use. */
gboolean nsd_settings_put (const NsdSettings *settings, const NsdAttrTable *table, NsdAttrFlags use,
                           NsdAttrBuilder *builder, GError **error);
/* Writes every row of @table that could be set and is not in @settings with its current value. */
gboolean nsd_settings_put_unchanged (const NsdSettings *settings, const NsdAttrTable *table,
                                     NsdAttrBuilder *builder, GError **error);
/* Whether some setting's row has a flag of @use. */
gboolean nsd_settings_have (const NsdSettings *settings, NsdAttrFlags use);
