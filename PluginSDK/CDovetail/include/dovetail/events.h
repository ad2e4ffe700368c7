/* dovetail.events/1: publish and subscribe. An event carries the attributes of CloudEvents 1.0 and bytes. */
#ifndef DOVETAIL_EVENTS_H
#define DOVETAIL_EVENTS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_EVENTS_INTERFACE "dovetail.events/1"

#define DVT_EVENT_REDELIVERED 1u /* may have been delivered to this subscription before */

/* One event. A publisher fills what it wants to say and leaves the rest zero; the host fills the attributes marked so. */
typedef struct dvt_event_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint64_t sequence;   /* host: per topic, from 1, without gaps, anew after it was forgotten; 0 where only synchronous handlers received the event */
  int64_t time_ns;     /* since 1970-01-01 UTC; 0 = not stamped (async deliveries are stamped when queued) */
  dvt_str id;          /* empty = source and sequence identify it */
  dvt_str source;      /* host: id of the plugin that published it */
  dvt_str type;        /* the topic: segments of [A-Za-z0-9_-] joined by dots, 1…255 bytes */
  dvt_str subject;     /* what it is about, free text */
  dvt_str datacontenttype; /* media type of `data`; empty = application/octet-stream */
  dvt_str dataschema;  /* URI of the schema of `data` */
  const dvt_attribute *extensions;
  uint64_t extension_count; /* 0…64 */
  dvt_bytes data;           /* 0…16 MiB; larger payloads go in `buffer` */
  const dvt_buffer *buffer; /* NULL, or the counted memory that `data` points into: retain it to keep `data` uncopied */
  uint32_t flags;           /* DVT_EVENT_… */
  uint32_t attempt;         /* host: 1 for the first delivery, then one more each retry */
} dvt_event;

/* A topic that was opened for publishing. Plain data, valid until the generation is retired. 0 is no topic. */
typedef uint64_t dvt_topic;

/* Receives an event.
 * Preconditions: called by at most `lanes` threads at once for an async subscription, which is one unless it asks for more;
 * by as many as publish for a sync one.
 * OWNERSHIP: the event is borrowed until the handler returns; `buffer` may be retained.
 * Returns: DVT_OK, or a code (with a message in `error`) that fails this delivery only.
 * [handler] */
typedef int32_t (*dvt_handler)(void *context, const dvt_event *event, const dvt_error_sink *error);

#define DVT_DELIVERY_SYNC 0u  /* on the publisher's thread, before `publish` returns */
#define DVT_DELIVERY_ASYNC 1u /* queued, served in order by threads of the host */

#define DVT_OVERFLOW_BLOCK 0u       /* the publisher waits up to `block_ms`, then this event is dropped for it */
#define DVT_OVERFLOW_DROP_OLDEST 1u /* the event at the head of the queue gives way */
#define DVT_OVERFLOW_DROP_NEWEST 2u /* the event being published is dropped for this subscription */
#define DVT_OVERFLOW_FAIL 3u        /* `publish` returns DVT_FULL; other subscriptions still get the event */
#define DVT_OVERFLOW_COALESCE 4u    /* the queued events of the same `key` give way at once, full or not; else the oldest. The new
                                     * event comes last, so that order is kept; one without a key replaces none */

#define DVT_PATTERN_GLOB 0u  /* a topic, or segments with `*` (one segment) and a last `>` (one or more segments) */
#define DVT_PATTERN_REGEX 1u /* POSIX extended regular expression, unanchored, without back-references */

/* What a condition does with its field. Ordering compares numbers where both sides are JSON numbers, else bytes. */
#define DVT_FILTER_EQUAL 0u
#define DVT_FILTER_NOT_EQUAL 1u
#define DVT_FILTER_PREFIX 2u
#define DVT_FILTER_SUFFIX 3u
#define DVT_FILTER_CONTAINS 4u
#define DVT_FILTER_EXISTS 5u /* `value` is ignored */
#define DVT_FILTER_LESS 6u
#define DVT_FILTER_GREATER 7u

/* One condition on an event, evaluated by the host before the handler is called.
 * An event without the field meets DVT_FILTER_NOT_EQUAL only. */
typedef struct dvt_filter_r1 {
  dvt_str field;  /* "source", "subject", "datacontenttype", "dataschema", "extension:NAME", or "data:/JSON/POINTER" */
  dvt_str value;  /* text; for `data:` also a JSON scalar: 3, true, null */
  uint32_t test;  /* DVT_FILTER_… */
  uint32_t reserved;
} dvt_filter;

/* Says whether a handler wants an event: 0 = no. Called after the conditions, where the handler would run and right before it,
 * with its context. A crash in it fails this delivery.
 * OWNERSHIP: the event is borrowed until the call returns.
 * [handler] */
typedef int32_t (*dvt_filter_callback)(void *context, const dvt_event *event);

#define DVT_SUBSCRIPTION_STRICT_ORDER 1u /* a failed event is retried in its place: later ones wait for it */

/* How to subscribe. All zero but the header and `pattern` is a valid choice. Revision 1 ended at `reserved`. */
typedef struct dvt_subscription_r2 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str pattern;   /* see `pattern_kind` */
  dvt_str name;      /* unique in the plugin; empty = pattern#ordinal. Plugin id and name outlive a reload */
  int32_t priority;  /* higher first; ties by order of registration */
  uint32_t delivery; /* DVT_DELIVERY_… */
  uint32_t overflow; /* DVT_OVERFLOW_…, async only */
  uint32_t capacity; /* events in the queue, 1…1,048,576, async only; 0 = 1,024 */
  uint32_t block_ms; /* for DVT_OVERFLOW_BLOCK, 1…600,000; 0 = 1,000 */
  uint32_t reserved;
  uint32_t pattern_kind;        /* DVT_PATTERN_… */
  uint32_t flags;               /* DVT_SUBSCRIPTION_… */
  const dvt_filter *filters;    /* all of them must hold */
  uint64_t filter_count;        /* 0…32 */
  dvt_filter_callback wants;    /* NULL = every event that meets `filters` */
  dvt_str key;                  /* a field, as in dvt_filter: for DVT_OVERFLOW_COALESCE and `lanes`; empty = extension:partitionkey */
  uint32_t lanes;               /* events of different keys handled at once, each key's in order, 1…64, async only; 0 = 1. Those
                                 * without the field are in order as if they had one key */
  uint32_t timeout_ms;          /* of one call of the handler, 1…600,000; 0 = none */
  uint32_t retry_attempts;      /* deliveries of one event in all, 1…100; 0 = 1: no retry */
  uint32_t retry_initial_ms;    /* before the second attempt, 1…3,600,000; 0 = 100 */
  uint32_t retry_cap_ms;        /* longest pause, 1…3,600,000; 0 = 30,000 */
  uint32_t retry_jitter_percent; /* of the pause, at random, 0…100 */
  double retry_multiplier;      /* of the pause after each attempt, 1…10; 0 = 2 */
} dvt_subscription;

typedef struct dvt_events_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Opens a topic for publishing, once, so that each publish is cheap.
   * Returns: DVT_OK with `*out` set, DVT_INVALID (not a topic), DVT_DENIED (`permissions.publish`) or DVT_GONE.
   * [any-thread] */
  int32_t (*topic)(const dvt_host *host, dvt_str name, dvt_topic *out, const dvt_error_sink *error);
  /* Publishes to an opened topic: every matching sync handler has run when it returns, every async queue holds the event.
   * Preconditions: `topic` was opened by this generation. `event->type` and `event->source` are ignored.
   * OWNERSHIP: the event is borrowed until the call returns.
   * Returns: DVT_OK (a handler's failure is not the publisher's), DVT_FULL, DVT_DEPTH, DVT_WOULD_DEADLOCK,
   * DVT_UNAVAILABLE (a reload held a handler's gate past its deadline), DVT_DENIED (an interceptor refused it), DVT_INVALID
   * (also: it does not fit what was declared of the topic, see event_types.h) or DVT_GONE.
   * [any-thread] */
  int32_t (*publish)(const dvt_host *host, dvt_topic topic, const dvt_event *event, const dvt_error_sink *error);
  /* Publishes to the topic that `event->type` names, with a look-up each time. There may be any number of them: topics that
   * nobody opened are forgotten when there are too many, and numbered from 1 again when they come back.
   * [any-thread] */
  int32_t (*publish_named)(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error);
  /* Subscribes a handler. In a handler: the current event is not seen by the new subscription.
   * OWNERSHIP: the options are borrowed until the call returns; `context` stays the plugin's until `unsubscribe` or
   * `cleanup` has returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID (pattern, capacity), DVT_EXISTS (name), DVT_UNSUPPORTED,
   * DVT_DENIED (`permissions.subscribe`) or DVT_GONE.
   * [any-thread] */
  int32_t (*subscribe)(const dvt_host *host, const dvt_subscription *options, dvt_handler handler, void *context,
                       dvt_handle *out, const dvt_error_sink *error);
  /* Ends a subscription. After DVT_OK no call of the handler happens or is happening. What its queue holds is dropped and
   * counted.
   * Preconditions: `done` may be NULL; then DVT_PENDING is not followed by a call.
   * Returns: DVT_OK; DVT_PENDING from inside this handler's own call, or while one of its calls waits for the caller: no
   * further call starts, and `done` runs when the last has returned; DVT_GONE.
   * [any-thread] */
  int32_t (*unsubscribe)(const dvt_host *host, dvt_handle subscription, dvt_completion done, void *context,
                         const dvt_error_sink *error);
} dvt_events;

#ifdef __cplusplus
}
#endif
#endif
