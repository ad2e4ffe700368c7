/* dovetail.persistence/1: keep the host's metadata records, as the provider that an operator chose. */
#ifndef DOVETAIL_PERSISTENCE_H
#define DOVETAIL_PERSISTENCE_H

#include "base.h"
#include "metadata.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_PERSISTENCE_INTERFACE "dovetail.persistence/1"

#define DVT_KEPT_REMOVED 1u /* in a batch: forget the record, which may be absent already; only its names count */
#define DVT_KEPT_EXPIRES 2u /* `expires` counts */

/* A record as it is kept. A provider need not understand it: it gives back what it was given.
 * `value` is JSON text without loss: what JSON cannot say is an object with one member, {"$bytes": base64}, {"$date": RFC 3339},
 * {"$double": text}, or {"$map": {…}} for a map of which a name begins with `$`. */
typedef struct dvt_kept_record_r1 {
  dvt_str collection; /* 1…255 bytes of A-Z a-z 0-9 _ - and dots */
  dvt_str key;        /* 1…512 bytes of UTF-8; two keys are the same when their bytes are */
  dvt_str value;      /* JSON in UTF-8, one line, 0…16 MiB */
  uint64_t version;   /* 1 when created, then one more each change */
  uint64_t created;   /* revision of the store that created it */
  uint64_t modified;  /* revision of the store that changed it last */
  int64_t expires;    /* nanoseconds since 1970-01-01 UTC, with DVT_KEPT_EXPIRES */
  uint32_t flags;     /* DVT_KEPT_… */
  uint32_t reserved;
} dvt_kept_record;

/* Receives a record. OWNERSHIP: borrowed until it returns. Returns DVT_OK to go on; the provider hands anything else on as its own
 * result, at once. [any-thread] */
typedef int32_t (*dvt_kept_receiver)(void *context, const dvt_kept_record *record);

/* The host's: where and how to open, and who takes what is found. OWNERSHIP: borrowed until `open` returns. */
typedef struct dvt_opening_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str directory; /* the provider's own folder in the host's state directory, mode 0700; it exists, on the disk too */
  dvt_str options;   /* `metadata.options` of the configuration: the JSON text of an object */
  void *context;
  dvt_kept_receiver record; /* shows each record that is kept, once, in any order */
  /* Says to the operator what was damaged, set aside, finished or swept: a sentence. */
  void (*note)(void *context, dvt_str sentence);
} dvt_opening;

/* What was found by opening; the host fills in the header, the provider the rest. */
typedef struct dvt_opened_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t revision;     /* at least that of every batch ever saved; 0 for a new store */
  uint64_t format;       /* of what was found; for DVT_UNSUPPORTED */
  uint64_t known_format; /* the newest that the provider knows; for DVT_UNSUPPORTED */
} dvt_opened;

/* What to save: all of it or nothing, also after a crash at any moment. OWNERSHIP: borrowed until `save` returns. */
typedef struct dvt_batch_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t revision;              /* not less than that of every batch before; a copy, or a large snapshot, comes in several of one */
  const dvt_kept_record *records; /* at most one change of a record */
  uint64_t count;                 /* 0…; many transactions that were committed together are one batch */
  uint32_t durability;            /* DVT_DURABILITY_OS or DVT_DURABILITY_DISK: what to reach before returning */
  uint32_t reserved;
} dvt_batch;

/* One figure at one moment. */
typedef struct dvt_sample_r1 {
  dvt_str name;    /* with its labels, as `dovetail metrics --prometheus` prints it */
  int64_t time_ns; /* nanoseconds since 1970-01-01 UTC */
  double value;
} dvt_sample;

/* Receives a key. OWNERSHIP: borrowed until it returns. Returns DVT_OK to go on. [any-thread] */
typedef int32_t (*dvt_key_receiver)(void *context, dvt_str key);
/* Receives a figure. OWNERSHIP: borrowed until it returns. Returns DVT_OK to go on. [any-thread] */
typedef int32_t (*dvt_sample_receiver)(void *context, const dvt_sample *sample);
/* Is told of progress, in units of the provider's own. [any-thread] */
typedef void (*dvt_progress)(void *context, uint64_t done, uint64_t total);

#define DVT_PROVIDER_PARALLEL 1u /* load, load_session, backup, search and metrics may run beside any other call but close */

/* A provider. The host makes one call at a time, on any thread, first `open` and last `close`, unless `flags` allow more.
 * A call may take as long as it needs, but writers wait for it; `open`, and any call while records are moved to or from it, must
 * show a record or return within `metadata.providerDeadline`, or the provider is called no more. A provider must not call the metadata store.
 * Any failure of `save` or `sync` is told to the writer; the batch may then still be there after a crash, but only whole.
 * OWNERSHIP: what a function is given is borrowed until it returns; `context` stays the plugin's until `cleanup` has returned.
 * Returns, for every function: DVT_OK, or a code with a message in `error` that says what, where and why. */
typedef struct dvt_provider_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str name;       /* what `metadata.provider` says: 1…64 of a-z 0-9 _ -; not "file" or "memory" */
  uint32_t strongest; /* DVT_DURABILITY_…: the most that `save` reaches; DVT_DURABILITY_OS at least */
  uint32_t flags;     /* DVT_PROVIDER_… */
  void *context;
  /* Opens what is there, or makes it, and shows every record. Two hosts must not have it open: the second is refused.
   * Returns also: DVT_UNAVAILABLE (another process has it open); DVT_UNSUPPORTED with both formats in `out`, after having
   * touched nothing (it was written by a newer version). What is damaged is set aside and noted, or fails the call.
   * [any-thread] */
  int32_t (*open)(void *context, const dvt_opening *opening, dvt_opened *out, const dvt_error_sink *error);
  /* Reads one record as it was saved last. Returns also: DVT_NOT_FOUND.
   * [any-thread] */
  int32_t (*load)(void *context, dvt_str collection, dvt_str key, dvt_kept_receiver receiver, void *receiver_context,
                  const dvt_error_sink *error);
  /* Shows every record as it was saved last, once each, in any order.
   * [any-thread] */
  int32_t (*for_each)(void *context, dvt_kept_receiver receiver, void *receiver_context, const dvt_error_sink *error);
  /* Saves a batch. `reached` is what is true on return, never more: DVT_DURABILITY_OS or DVT_DURABILITY_DISK.
   * [any-thread] */
  int32_t (*save)(void *context, const dvt_batch *batch, uint32_t *reached, const dvt_error_sink *error);
  /* Brings everything that was saved to the disk.
   * [any-thread] */
  int32_t (*sync)(void *context, const dvt_error_sink *error);
  /* Keeps a document that is no record (0…1 MiB) in place of the former one, on the disk. The name is 1…64 of a-z 0-9 _ -.
   * [any-thread] */
  int32_t (*save_session)(void *context, dvt_str name, dvt_bytes document, const dvt_error_sink *error);
  /* Writes what `save_session` kept to `out`. Returns also: DVT_NOT_FOUND.
   * [any-thread] */
  int32_t (*load_session)(void *context, dvt_str name, const dvt_sink *out, const dvt_error_sink *error);
  /* Writes what is held back and lets go of everything. Called once, before the plugin's `cleanup`, also when `open` succeeded
   * but nothing was saved; not when `open` failed.
   * [any-thread] */
  int32_t (*close)(void *context, const dvt_error_sink *error);
  /* May be NULL: copies what is kept, consistently, to a file or folder at `path` that must not exist yet.
   * Returns also: DVT_EXISTS.
   * [any-thread] */
  int32_t (*backup)(void *context, dvt_str path, dvt_progress progress, void *progress_context, const dvt_error_sink *error);
  /* May be NULL: shows the keys of the collection's records of which the text has every one of the words, best first.
   * [any-thread] */
  int32_t (*search)(void *context, dvt_str words, dvt_str collection, dvt_key_receiver receiver, void *receiver_context,
                    const dvt_error_sink *error);
  /* May be NULL, with `metrics`: keeps figures.
   * [any-thread] */
  int32_t (*save_metrics)(void *context, const dvt_sample *samples, uint64_t count, const dvt_error_sink *error);
  /* May be NULL, with `save_metrics`: shows figures of one name with from <= time < until, by time.
   * [any-thread] */
  int32_t (*metrics)(void *context, dvt_str name, int64_t from, int64_t until, dvt_sample_receiver receiver,
                     void *receiver_context, const dvt_error_sink *error);
} dvt_provider;

typedef struct dvt_persistence_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Offers a provider. The host opens it only when the configuration names it, after `pre_init` of all plugins and before the
   * first `init`; a plugin that carries the store is neither unloaded nor reloaded while the host runs.
   * Preconditions: in `pre_init`.
   * OWNERSHIP: the table is copied, its name too.
   * Returns: DVT_OK, DVT_INVALID, DVT_EXISTS (another plugin offers that name) or DVT_GONE.
   * [control] */
  int32_t (*provide)(const dvt_host *host, const dvt_provider *provider, const dvt_error_sink *error);
} dvt_persistence;

#ifdef __cplusplus
}
#endif
#endif
