/* dovetail.metadata/2: typed, versioned records that all plugins of a host share.
 * dovetail.metadata/1 is served too: its table ends after `unwatch`, and its watches are not told when they fell behind. */
#ifndef DOVETAIL_METADATA_H
#define DOVETAIL_METADATA_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_METADATA_INTERFACE "dovetail.metadata/2"
#define DVT_METADATA_INTERFACE_R1 "dovetail.metadata/1"

#define DVT_VALUE_NULL 0u
#define DVT_VALUE_BOOL 1u   /* `integer` is 0 or 1 */
#define DVT_VALUE_INT 2u    /* `integer` */
#define DVT_VALUE_DOUBLE 3u /* `number`, finite */
#define DVT_VALUE_STRING 4u /* `bytes` is UTF-8 */
#define DVT_VALUE_BYTES 5u  /* `bytes` */
#define DVT_VALUE_DATE 6u   /* `integer` is nanoseconds since 1970-01-01 UTC */
#define DVT_VALUE_LIST 7u   /* `fields` with empty names, in order */
#define DVT_VALUE_MAP 8u    /* `fields` with distinct names */

struct dvt_field_r1;

/* A value: `kind` says which of the other members counts. Nested at most 32 deep; 1 MiB in all. */
typedef struct dvt_value_r1 {
  uint32_t kind; /* DVT_VALUE_… */
  uint32_t reserved;
  int64_t integer;
  double number;
  dvt_bytes bytes;
  const struct dvt_field_r1 *fields;
  uint64_t field_count;
} dvt_value;

/* One member of a map, or (with an empty name) one element of a list. */
typedef struct dvt_field_r1 {
  dvt_str name;
  dvt_value value;
} dvt_field;

#define DVT_RECORD_EXPIRED 1u /* beside `deleted`: because its time was over */
#define DVT_RECORD_RESYNC 2u  /* no record: the watch fell behind; list anew, changes after `revision` follow */
#define DVT_RECORD_LEFT 4u    /* the record is there, but a watched query matches it no longer */

#define DVT_NEVER INT64_MAX /* as `expires` */

/* A record as the store holds it. */
typedef struct dvt_record_r2 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str collection; /* the topic grammar; a plugin's own collections begin with its id */
  dvt_str key;        /* 1…512 bytes of UTF-8 */
  dvt_value value;
  uint64_t version;  /* 1 when created, then one more each change */
  uint64_t created;  /* revision of the store that created it */
  uint64_t modified; /* revision of the store that changed it last */
  uint32_t deleted;  /* 1 in a watch's or history's report of a removal; then `value` is null */
  uint32_t flags;    /* DVT_RECORD_… */
  int64_t expires;   /* nanoseconds since 1970-01-01 UTC, or DVT_NEVER */
  uint64_t revision; /* of the change, in a watch's or history's report; else `modified` */
} dvt_record;

/* Receives a record. OWNERSHIP: borrowed until it returns. Returns DVT_OK to go on, anything else to stop. [handler] */
typedef int32_t (*dvt_record_receiver)(void *context, const dvt_record *record);

#define DVT_EXPECT_ANY 0u     /* write whatever is there */
#define DVT_EXPECT_ABSENT 1u  /* only when there is no such record */
#define DVT_EXPECT_VERSION 2u /* only when the record has version `expected_version` */

#define DVT_DURABILITY_MEMORY 0u /* applied and visible */
#define DVT_DURABILITY_OS 1u     /* handed to the operating system: survives the host's death */
#define DVT_DURABILITY_DISK 2u   /* on the disk: survives power loss */

#define DVT_EXPIRY_BY_COLLECTION 0u /* as its collection is defined: never, unless that has a `ttl` */
#define DVT_EXPIRY_NEVER 1u
#define DVT_EXPIRY_AT 2u    /* at `expires`, nanoseconds since 1970-01-01 UTC */
#define DVT_EXPIRY_AFTER 3u /* `expires` nanoseconds after the write */

#define DVT_WRITE_REMOVE 1u /* in a transaction: remove the record */

/* A change to one record. */
typedef struct dvt_write_r2 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str collection;
  dvt_str key;
  dvt_value value;           /* ignored by `remove` */
  uint64_t expected_version; /* for DVT_EXPECT_VERSION */
  uint32_t expect;           /* DVT_EXPECT_… */
  uint32_t durability;       /* DVT_DURABILITY_…: the least that is asked */
  uint32_t expiry;           /* DVT_EXPIRY_…: when the record is removed by itself */
  uint32_t flags;            /* DVT_WRITE_…: only in a transaction */
  int64_t expires;           /* for DVT_EXPIRY_AT and DVT_EXPIRY_AFTER */
} dvt_write;

/* What a write did. */
typedef struct dvt_written_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t version;    /* of the record now; 0 after a removal */
  uint64_t revision;   /* of the store now */
  uint32_t durability; /* DVT_DURABILITY_…: what was reached */
  uint32_t reserved;
} dvt_written;

#define DVT_IF_EXISTS 0u   /* whether there is such a record: `number` is 1 or 0 */
#define DVT_IF_VERSION 1u  /* its version against `number`; 0 when there is none */
#define DVT_IF_MODIFIED 2u /* the revision that changed it last against `number`; 0 when there is none */
#define DVT_IF_FIELD 3u    /* a field of its value against `value`; does not hold when there is none */

#define DVT_EQUAL 0u
#define DVT_UNEQUAL 1u
#define DVT_LESS 2u
#define DVT_AT_MOST 3u
#define DVT_GREATER 4u
#define DVT_AT_LEAST 5u

/* Something that must be true of one record. */
typedef struct dvt_condition_r1 {
  dvt_str collection;
  dvt_str key;
  uint32_t subject;  /* DVT_IF_… */
  uint32_t relation; /* DVT_EQUAL … DVT_AT_LEAST */
  uint64_t number;
  dvt_str field; /* for DVT_IF_FIELD: names of maps joined by dots; a dot or backslash in one has a backslash before it */
  dvt_value value;
} dvt_condition;

/* Writes that happen together or not at all: `writes` when every condition holds, else `otherwise`. */
typedef struct dvt_transaction_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const dvt_condition *conditions;
  uint64_t condition_count; /* at most 1,024; 0: always `writes` */
  const dvt_write *const *writes;
  uint64_t write_count; /* at most 65,536; each sees those before it */
  const dvt_write *const *otherwise;
  uint64_t otherwise_count; /* at most 65,536 */
} dvt_transaction;

/* What a transaction did. */
typedef struct dvt_transacted_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t revision;        /* of the store now */
  uint32_t conditions_held; /* 1: `writes` happened; 0: `otherwise` */
  uint32_t durability;      /* DVT_DURABILITY_…: what was reached */
} dvt_transacted;

/* Receives what one write of a transaction did; `index` is its place. OWNERSHIP: borrowed until it returns. [handler] */
typedef void (*dvt_written_receiver)(void *context, uint64_t index, const dvt_written *written);

/* Which records to show. */
typedef struct dvt_listing_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str collection;
  dvt_str prefix;      /* of keys; empty = all of the collection */
  dvt_str after;       /* begin behind this key: the last of the page before; empty = at the first */
  uint64_t limit;      /* the most to show; 0 = all */
  dvt_handle snapshot; /* all zero: the store as it is now */
} dvt_listing;

/* A question to one collection, in the language of METADATA.md. */
typedef struct dvt_query_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str text;         /* such as `from users where age >= :age order by city limit 50` */
  dvt_value parameters; /* a map for `:name`, a list for `?`, null for none */
  dvt_str cursor;       /* of the page before; empty = the first page */
  dvt_handle snapshot;  /* all zero: the store as it is now */
} dvt_query;

/* What the store holds and has done since the host opened it. */
typedef struct dvt_metadata_stats_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t records;
  uint64_t bytes;    /* of memory that the records take */
  uint64_t revision; /* of the last transaction */
  uint64_t reads;
  uint64_t writes;
  uint64_t conflicts;
  uint64_t unsaved;       /* transactions acknowledged as `memory` that are not saved yet */
  uint64_t watches;       /* of all plugins and clients */
  uint64_t snapshots;     /* that plugins hold open */
  uint64_t own_snapshots; /* of those, this plugin's */
} dvt_metadata_stats;

/* What to watch: a collection, the keys of a prefix in it, or one key; and of those the records that fulfil a condition. */
typedef struct dvt_watch_r2 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str name;           /* unique in the plugin; empty = collection/prefix#ordinal */
  dvt_str collection;
  dvt_str prefix;         /* of keys; empty = all of the collection */
  uint64_t from_revision; /* changes after this revision; 0 = from now on */
  dvt_str key;            /* watch this one; empty = `prefix` counts */
  dvt_str condition;      /* what follows `where` in a query; empty = all. A record that fulfils it no longer is shown once more, with
                             DVT_RECORD_LEFT or `deleted` */
  dvt_value parameters;   /* of the condition, as in `dvt_query` */
} dvt_watch;

typedef struct dvt_metadata_r2 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Reads one record into `receiver`, on this thread, before it returns.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_DENIED (`permissions.metadata`) or DVT_GONE.
   * [any-thread] */
  int32_t (*get)(const dvt_host *host, dvt_str collection, dvt_str key, dvt_record_receiver receiver, void *context,
                 const dvt_error_sink *error);
  /* Creates or changes one record.
   * OWNERSHIP: all is borrowed until the call returns. `out` may be NULL, or has its `struct_size` filled in.
   * Returns: DVT_OK; DVT_CONFLICT after showing the current record (if there is one) to `conflict`, which may be NULL;
   * DVT_INVALID; DVT_TOO_LARGE; DVT_DENIED; DVT_FAILED (storage; nothing changed); DVT_NOT_COMMITTED; DVT_GONE.
   * [any-thread] */
  int32_t (*put)(const dvt_host *host, const dvt_write *write, dvt_written *out, dvt_record_receiver conflict,
                 void *context, const dvt_error_sink *error);
  /* Removes one record. As `put`; DVT_NOT_FOUND when there was none.
   * [any-thread] */
  int32_t (*remove)(const dvt_host *host, const dvt_write *write, dvt_written *out, dvt_record_receiver conflict,
                    void *context, const dvt_error_sink *error);
  /* Shows the records of a collection whose keys begin with `prefix`, by key, from one consistent snapshot.
   * Returns: DVT_OK (also when there are none), what `receiver` returned to stop, DVT_DENIED or DVT_GONE.
   * [any-thread] */
  int32_t (*list)(const dvt_host *host, dvt_str collection, dvt_str prefix, dvt_record_receiver receiver, void *context,
                  const dvt_error_sink *error);
  /* Reports every later change to `receiver`, in order of revision, one call at a time, on threads of the host.
   * When the plugin is so slow that changes are no longer held, one record with DVT_RECORD_RESYNC stands for all that it missed.
   * OWNERSHIP: `context` stays the plugin's until `unwatch` or `cleanup` has returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (name), DVT_DENIED, DVT_GONE, or DVT_UNAVAILABLE when changes
   * after `from_revision` are no longer held: list anew and watch from that revision.
   * [any-thread] */
  int32_t (*watch)(const dvt_host *host, const dvt_watch *options, dvt_record_receiver receiver, void *context,
                   dvt_handle *out, const dvt_error_sink *error);
  /* Ends a watch, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE.
   * [any-thread] */
  int32_t (*unwatch)(const dvt_host *host, dvt_handle watch, dvt_completion done, void *context,
                     const dvt_error_sink *error);
  /* From here on: dovetail.metadata/2. */

  /* Does one list of writes or another, all or none of it, under one revision.
   * OWNERSHIP: all is borrowed until the call returns. `out` may be NULL, or has its `struct_size` filled in. `receipts` is shown
   * what each write did, in order; `conflict` the record that was not as a write expects it; each may be NULL.
   * Returns: DVT_OK, also when `otherwise` happened; DVT_CONFLICT, DVT_NOT_FOUND (a removal), DVT_INVALID, DVT_TOO_LARGE,
   * DVT_FULL (a quota), DVT_DENIED, DVT_FAILED (storage), DVT_NOT_COMMITTED or DVT_GONE; nothing changed.
   * [any-thread] */
  int32_t (*transact)(const dvt_host *host, const dvt_transaction *transaction, dvt_transacted *out,
                      dvt_written_receiver receipts, dvt_record_receiver conflict, void *context,
                      const dvt_error_sink *error);
  /* Reads one record as it was at a revision.
   * Returns: as `get`; DVT_UNAVAILABLE when what was there is no longer known; DVT_INVALID for a revision still to come.
   * [any-thread] */
  int32_t (*get_at)(const dvt_host *host, dvt_str collection, dvt_str key, uint64_t revision, dvt_record_receiver receiver,
                    void *context, const dvt_error_sink *error);
  /* Shows the last changes of one record that are held, newest first, at most `limit` (0 = all); a removal is `deleted`.
   * Returns: DVT_OK (also when there are none), what `receiver` returned to stop, DVT_DENIED or DVT_GONE.
   * [any-thread] */
  int32_t (*history)(const dvt_host *host, dvt_str collection, dvt_str key, uint64_t limit, dvt_record_receiver receiver,
                     void *context, const dvt_error_sink *error);
  /* Holds the store as it is now, so that several reads see one state. It keeps memory: close it soon. At most 64 for a plugin.
   * OWNERSHIP: the snapshot is closed with the plugin, if not before. `revision` may be NULL.
   * Returns: DVT_OK with `*out` set, DVT_FULL or DVT_GONE.
   * [any-thread] */
  int32_t (*snapshot_open)(const dvt_host *host, dvt_handle *out, uint64_t *revision, const dvt_error_sink *error);
  /* Lets a snapshot go. Returns: DVT_OK or DVT_GONE.
   * [any-thread] */
  int32_t (*snapshot_close)(const dvt_host *host, dvt_handle snapshot, const dvt_error_sink *error);
  /* Reads one record in a snapshot. Returns: as `get`; DVT_GONE also when the snapshot is closed.
   * [any-thread] */
  int32_t (*snapshot_get)(const dvt_host *host, dvt_handle snapshot, dvt_str collection, dvt_str key,
                          dvt_record_receiver receiver, void *context, const dvt_error_sink *error);
  /* Shows records by key, of a snapshot or of now, page by page. Returns: as `list`; DVT_GONE also when the snapshot is closed.
   * [any-thread] */
  int32_t (*list_page)(const dvt_host *host, const dvt_listing *listing, dvt_record_receiver receiver, void *context,
                       const dvt_error_sink *error);
  /* Waits until everything acknowledged so far is as safe as `durability`: DVT_DURABILITY_OS or DVT_DURABILITY_DISK.
   * Returns: DVT_OK, DVT_INVALID, DVT_FAILED (storage), DVT_NOT_COMMITTED or DVT_GONE.
   * [any-thread] */
  int32_t (*flush)(const dvt_host *host, uint32_t durability, const dvt_error_sink *error);
  /* Tells what the store holds. `out` has its `struct_size` filled in. Returns: DVT_OK, DVT_INVALID or DVT_GONE.
   * [any-thread] */
  int32_t (*stats)(const dvt_host *host, dvt_metadata_stats *out, const dvt_error_sink *error);
  /* Shows what a query finds, in order: records, or rows as records without a key whose value is a map of the query's columns.
   * OWNERSHIP: `cursor` is written what the next page needs, nothing after the last; `plan` how it was done, for people. Both may be
   * NULL. With `receiver` NULL nothing is run, and only the plan is told.
   * Returns: DVT_OK, what `receiver` returned to stop, DVT_INVALID (the message says what is wrong with the query, and where),
   * DVT_TOO_LARGE, DVT_DENIED or DVT_GONE (also when the snapshot is closed).
   * [any-thread] */
  int32_t (*query)(const dvt_host *host, const dvt_query *query, dvt_record_receiver receiver, void *context,
                   const dvt_sink *cursor, const dvt_sink *plan, const dvt_error_sink *error);
  /* Defines a collection: schema, defaults, unique fields, references, indexes, time to live, quotas, migrations.
   * `definition` is JSON as METADATA.md has it; empty = define nothing, only tell. `in_force` is written the definition that is in
   * force afterwards, `version` its version (0 when there is none); both may be NULL.
   * Returns: DVT_OK; DVT_INVALID when the definition or a record that is there does not allow it; DVT_NOT_FOUND (nothing was given,
   * and there is none); DVT_DENIED, DVT_FAILED (storage), DVT_NOT_COMMITTED or DVT_GONE.
   * [any-thread] */
  int32_t (*define)(const dvt_host *host, dvt_str collection, dvt_str definition, const dvt_sink *in_force,
                    uint64_t *version, const dvt_error_sink *error);
} dvt_metadata;

#ifdef __cplusplus
}
#endif
#endif
