/* Types that every part of the ABI uses: text, bytes, sinks, errors, handles, buffers, the host. */
#ifndef DOVETAIL_BASE_H
#define DOVETAIL_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI that this header describes. A host refuses another major; minors only add at the end of structs. */
#define DVT_ABI_MAJOR 1
#define DVT_ABI_MINOR 0

/* Every function that can fail returns one of these. 0 is success, everything else is a failure but DVT_PENDING. */
#define DVT_OK 0              /* done */
#define DVT_FAILED 1          /* the callee failed for a reason of its own; the error sink has it */
#define DVT_INVALID 2         /* an argument is malformed: the caller's bug */
#define DVT_UNSUPPORTED 3     /* this host or this revision cannot do that */
#define DVT_NOT_FOUND 4       /* no such record, service, setting or subscription */
#define DVT_EXISTS 5          /* the name is taken */
#define DVT_GONE 6            /* your generation was retired, or the handle was revoked */
#define DVT_DENIED 7          /* the manifest does not permit it; the message has the line to add */
#define DVT_CONFLICT 8        /* compare-and-set met another version */
#define DVT_FULL 9            /* a bounded queue or table has no room */
#define DVT_TIMEOUT 10        /* the deadline passed */
#define DVT_WOULD_DEADLOCK 11 /* the wait could never end */
#define DVT_DEPTH 12          /* publishes or calls are nested too deep; the message has the chain of topics */
#define DVT_PENDING 13        /* accepted; a completion callback follows */
#define DVT_NOT_COMMITTED 14  /* not allowed before the reload that started you commits */
#define DVT_CRASHED 15        /* the callee crashed and was contained */
#define DVT_TOO_LARGE 16      /* over a documented size */
#define DVT_UNAVAILABLE 17    /* nobody can answer now: the provider is reloading, suspended or failed */

/* UTF-8 text, not NUL-terminated. `ptr` may be NULL when `len` is 0. Borrowed until the call returns. */
typedef struct dvt_str_r1 {
  const uint8_t *ptr;
  uint64_t len; /* bytes */
} dvt_str;

/* Bytes. `ptr` may be NULL when `len` is 0. Borrowed until the call returns. */
typedef struct dvt_bytes_r1 {
  const uint8_t *ptr;
  uint64_t len; /* bytes */
} dvt_bytes;

/* Names one registration of one generation of one plugin. Plain data: copy it freely. All zero names nothing.
 * Using it after the registration ended is safe and answers DVT_GONE. */
typedef struct dvt_handle_r1 {
  uint32_t plugin;     /* number of the plugin in this run of the host */
  uint32_t generation; /* 1 for the first build loaded in this run, then one more each reload */
  uint64_t token;      /* of the registration; never used twice in one run of the host */
} dvt_handle;

/* Receives output of a length that the caller cannot know. The one who passes a sink owns it.
 * `write` may be called any number of times before the call that received the sink returns, on that thread.
 * OWNERSHIP: `ptr` is borrowed until `write` returns. Returns DVT_OK, or DVT_TOO_LARGE when the receiver takes no more.
 * [any-thread] */
typedef struct dvt_sink_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context;
  int32_t (*write)(void *context, const uint8_t *ptr, uint64_t len);
} dvt_sink;

/* What went wrong, for a person. */
typedef struct dvt_error_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  int32_t code;       /* one of DVT_… */
  uint32_t retryable; /* 1 when the same call may succeed later, else 0 */
  dvt_str domain;     /* whose error: a plugin id, or "dovetail" */
  dvt_str message;    /* what happened, why, and the next step; one line */
} dvt_error;

/* Receives at most one error before the call that got the sink returns. The one who passes it owns it; NULL is allowed
 * wherever a sink is taken. OWNERSHIP: the error and its text are borrowed until `report` returns. [any-thread] */
typedef struct dvt_error_sink_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context;
  void (*report)(void *context, const dvt_error *error);
} dvt_error_sink;

/* A name and a value, both text: an event's extension attribute, a log field, a metric's label. */
typedef struct dvt_attribute_r1 {
  dvt_str name;
  dvt_str value;
} dvt_attribute;

/* Memory of the host's that is written once, then immutable, and counted: large payloads travel in it uncopied. */
typedef struct dvt_buffer_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint8_t *ptr; /* writable by its creator until it is first published, sent or returned; read-only ever after */
  uint64_t len; /* bytes */
} dvt_buffer;

/* What a generation of a plugin knows of its host: valid from the entry call until `cleanup` returns. Calls made later are
 * answered with DVT_GONE; the struct itself is never freed while the plugin's image is mapped. */
typedef struct dvt_host_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Finds a table of functions by name and revision, such as "dovetail.events/1".
   * Preconditions: `host` is the one the plugin was given.
   * OWNERSHIP: the table is the host's, immutable, and lives as long as `host`.
   * Returns: a pointer to the struct that the interface's header names, or NULL when this host has no such revision.
   * [any-thread] */
  const void *(*get_interface)(const struct dvt_host_r1 *host, dvt_str name);
  /* Makes a buffer of `len` bytes (1…1 GiB), zeroed, with one reference held by the caller.
   * OWNERSHIP: the caller gives its reference back with `buffer_release`.
   * Returns: DVT_OK, DVT_TOO_LARGE, DVT_FULL (no memory) or DVT_GONE.
   * [any-thread] */
  int32_t (*buffer_create)(const struct dvt_host_r1 *host, uint64_t len, const dvt_buffer **out);
  /* Takes one more reference to a buffer, so that it outlives the call that lent it.
   * Preconditions: the caller holds or borrows a reference now.
   * OWNERSHIP: the new reference is the caller's.
   * [any-thread] */
  void (*buffer_retain)(const dvt_buffer *buffer);
  /* Gives one reference back; the last frees the memory.
   * Preconditions: the reference is the caller's own.
   * OWNERSHIP: the buffer must not be touched afterwards.
   * [any-thread] */
  void (*buffer_release)(const dvt_buffer *buffer);
} dvt_host;

/* Called once when a DVT_PENDING operation has ended, on a thread of the host's, with the operation's final code.
 * [any-thread] */
typedef void (*dvt_completion)(void *context, int32_t code);

#ifdef __cplusplus
}
#endif
#endif
