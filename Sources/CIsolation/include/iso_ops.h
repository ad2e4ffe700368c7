/* What a host and its worker ask of each other, and what an answer looks like.
 *
 * A call is one iso_ask and, where the operation has one, one struct of the ABI. An answer is one iso_answer, the structs that
 * were shown (`items` of them), and one iso_texts. */
#ifndef ISO_OPS_H
#define ISO_OPS_H

#include "dovetail.h"
#include "iso_pack.h"

/* Operations; those of the worker are the functions of the ABI, by interface. */
typedef enum iso_op {
  ISO_LOG_WRITE = 1,
  ISO_CONFIG_JSON,
  ISO_CONFIG_STRING,
  ISO_CONFIG_INT,
  ISO_CONFIG_DOUBLE,
  ISO_CONFIG_BOOL,
  ISO_EVENTS_TOPIC,
  ISO_EVENTS_PUBLISH,
  ISO_EVENTS_PUBLISH_NAMED,
  ISO_EVENTS_SUBSCRIBE,
  ISO_EVENTS_UNSUBSCRIBE,
  ISO_SERVICES_PROVIDE,
  ISO_SERVICES_WITHDRAW,
  ISO_SERVICES_CALL,
  ISO_TIMERS_SCHEDULE,
  ISO_TIMERS_CANCEL,
  ISO_REQUESTS_RESPOND,
  ISO_REQUESTS_COMBINE,
  ISO_REQUESTS_WITHDRAW,
  ISO_REQUESTS_REQUEST,
  ISO_REQUESTS_BEGIN,
  ISO_REQUESTS_CANCEL,
  ISO_INTERCEPTORS_INTERCEPT,
  ISO_INTERCEPTORS_RELEASE,
  ISO_TYPES_DECLARE,
  ISO_TYPES_WITHDRAW,
  ISO_ROUTES_ADD,
  ISO_ROUTES_REMOVE,
  ISO_METADATA_GET,
  ISO_METADATA_PUT,
  ISO_METADATA_REMOVE,
  ISO_METADATA_LIST,
  ISO_METADATA_WATCH,
  ISO_METADATA_UNWATCH,
  ISO_METADATA_TRANSACT,
  ISO_METADATA_GET_AT,
  ISO_METADATA_HISTORY,
  ISO_METADATA_SNAPSHOT_OPEN,
  ISO_METADATA_SNAPSHOT_CLOSE,
  ISO_METADATA_SNAPSHOT_GET,
  ISO_METADATA_LIST_PAGE,
  ISO_METADATA_FLUSH,
  ISO_METADATA_STATS,
  ISO_METADATA_QUERY,
  ISO_METADATA_DEFINE,
  ISO_VALIDATORS_VALIDATE,
  ISO_VALIDATORS_RELEASE,
  ISO_RESILIENCE_EXECUTE,
  ISO_RESILIENCE_BREAKER,
  ISO_LAST_OF_WORKER = ISO_RESILIENCE_BREAKER,

  ISO_LOAD = 128, /* maps the image and asks its entry; `first` is the path, `second` the plugin's id */
  ISO_PRE_INIT,
  ISO_INIT,
  ISO_POST_INIT,
  ISO_QUIESCE,
  ISO_RESUME,
  ISO_SAVE_STATE,
  ISO_RESTORE_STATE,
  ISO_HEALTH,
  ISO_METRICS,
  ISO_PRE_CLEANUP,
  ISO_CLEANUP,
  ISO_HANDLE_EVENT,
  ISO_HANDLE_EVENTS, /* `number` events, one after another; `number` of the answer is how many were handled before the code */
  ISO_HANDLE_REQUEST,
  ISO_HANDLE_TIMER,
  ISO_HANDLE_COMPLETION, /* `number` is the code */
  ISO_HANDLE_RECORD,
  ISO_HANDLE_REPLY,
  ISO_HANDLE_COMBINE, /* the request, then `number` replies */
  ISO_HANDLE_EXCHANGE,
  ISO_HANDLE_REVIEW,
} iso_op;

/* Begins a call. What an operation does not need is zero. */
typedef struct iso_ask {
  uint64_t token;  /* of the worker's registration that is called, or made */
  uint64_t number; /* topic, level, revision, limit, count, or a choice */
  uint32_t flags;  /* ISO_HAS_… */
  uint32_t generation;
  dvt_handle handle;
  dvt_str first;
  dvt_str second;
  const dvt_attribute *fields;
  uint64_t field_count;
} iso_ask;

#define ISO_HAS_DONE 1u     /* a completion callback follows */
#define ISO_HAS_CONFLICT 2u /* the current record is wanted */
#define ISO_HAS_RECEIPTS 4u
#define ISO_HAS_RECEIVER 8u
#define ISO_FIRST_REVISION 16u /* of the interface: dovetail.metadata/1 */

/* Begins an answer. */
typedef struct iso_answer {
  int32_t code;
  uint32_t retryable;
  uint64_t items;
  int64_t number;
  double real;
  dvt_handle handle;
} iso_answer;

/* Ends an answer. */
typedef struct iso_texts {
  dvt_str domain;
  dvt_str message;
  dvt_bytes first;
  dvt_bytes second;
} iso_texts;

/* What one write of a transaction did. */
typedef struct iso_receipt {
  uint64_t index;
  dvt_written written;
} iso_receipt;

/* What a validator amended: the put at a place writes another value. */
typedef struct iso_amendment {
  uint64_t index;
  dvt_value value;
} iso_amendment;

/* A call with its options. */
typedef struct iso_execution {
  const dvt_execution *execution;
  const dvt_request *request;
} iso_execution;

/* Callbacks that a plugin has, as bits of ISO_LOAD's `number`. */
#define ISO_HAS_SAVE_STATE 1
#define ISO_HAS_RESTORE_STATE 2
#define ISO_HAS_HEALTH 4
#define ISO_HAS_METRICS 8
#define ISO_HAS_PRE_INIT 16

/* What an interceptor said, in `number` of its answer. */
#define ISO_SAID_NOTHING 0
#define ISO_AMENDED_EVENT 1 /* an item: the event */
#define ISO_AMENDED 2       /* `first` is the data, `second` its media type */
#define ISO_ANSWERED 3      /* `first` is the data */

extern const iso_type iso_type_ask;
extern const iso_type iso_type_answer;
extern const iso_type iso_type_texts;
extern const iso_type iso_type_receipt;
extern const iso_type iso_type_amendment;
extern const iso_type iso_type_transacted;
extern const iso_type iso_type_stats;
extern const iso_type iso_type_execution; /* and its request */
extern const iso_type iso_type_breaker;

/* The name of an operation, for people: "events.publish". */
const char *iso_op_name(uint32_t op);

#endif
