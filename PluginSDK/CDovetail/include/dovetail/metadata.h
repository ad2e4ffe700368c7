/* dovetail.metadata/1: typed, versioned records that all plugins of a host share. */
#ifndef DOVETAIL_METADATA_H
#define DOVETAIL_METADATA_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_METADATA_INTERFACE "dovetail.metadata/1"

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

/* A record as the store holds it. */
typedef struct dvt_record_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str collection; /* the topic grammar; a plugin's own collections begin with its id */
  dvt_str key;        /* 1…512 bytes of UTF-8 */
  dvt_value value;
  uint64_t version;  /* 1 when created, then one more each change */
  uint64_t created;  /* revision of the store that created it */
  uint64_t modified; /* revision of the store that changed it last */
  uint32_t deleted;  /* 1 in a watch's report of a removal; then `value` is null */
  uint32_t reserved;
} dvt_record;

/* Receives a record. OWNERSHIP: borrowed until it returns. Returns DVT_OK to go on, anything else to stop. [handler] */
typedef int32_t (*dvt_record_receiver)(void *context, const dvt_record *record);

#define DVT_EXPECT_ANY 0u     /* write whatever is there */
#define DVT_EXPECT_ABSENT 1u  /* only when there is no such record */
#define DVT_EXPECT_VERSION 2u /* only when the record has version `expected_version` */

#define DVT_DURABILITY_MEMORY 0u /* applied and visible */
#define DVT_DURABILITY_OS 1u     /* handed to the operating system: survives the host's death */
#define DVT_DURABILITY_DISK 2u   /* on the disk: survives power loss */

/* A change to one record. */
typedef struct dvt_write_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str collection;
  dvt_str key;
  dvt_value value;           /* ignored by `remove` */
  uint64_t expected_version; /* for DVT_EXPECT_VERSION */
  uint32_t expect;           /* DVT_EXPECT_… */
  uint32_t durability;       /* DVT_DURABILITY_…: the least that is asked */
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

/* What to watch. */
typedef struct dvt_watch_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str name;           /* unique in the plugin; empty = collection/prefix#ordinal */
  dvt_str collection;
  dvt_str prefix;         /* of keys; empty = all of the collection */
  uint64_t from_revision; /* changes after this revision; 0 = from now on */
} dvt_watch;

typedef struct dvt_metadata_r1 {
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
} dvt_metadata;

#ifdef __cplusplus
}
#endif
#endif
