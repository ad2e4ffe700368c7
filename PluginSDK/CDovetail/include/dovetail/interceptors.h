/* dovetail.interceptors/1: stand around topics and services, to see, amend, answer or refuse what passes. */
#ifndef DOVETAIL_INTERCEPTORS_H
#define DOVETAIL_INTERCEPTORS_H

#include "base.h"
#include "events.h"
#include "services.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_INTERCEPTORS_INTERFACE "dovetail.interceptors/1"

#define DVT_STAGE_EVENT 1u   /* an event was published; no handler has it yet */
#define DVT_STAGE_REQUEST 2u /* a request was made; no provider has it yet */
#define DVT_STAGE_REPLY 4u   /* the reply, or the failure, on its way back to the caller */

#define DVT_INTERCEPTION_REQUIRED 1u /* where it crashes or is not there in time, refuse; without: go on without it */

/* How to intercept. All zero but the header, `pattern` and `stages` is a valid choice. */
typedef struct dvt_interception_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str pattern;  /* of topics and services: a name, or segments with `*` (one segment) and a last `>` (one or more) */
  dvt_str name;     /* unique in the plugin; empty = pattern#ordinal. Plugin id and name outlive a reload */
  int32_t priority; /* higher first, for events and requests; replies come back the other way. Ties by registration */
  uint32_t stages;  /* DVT_STAGE_…, at least one */
  uint32_t flags;   /* DVT_INTERCEPTION_… */
  uint32_t reserved;
} dvt_interception;

/* What passes, as the interceptors before have left it. */
typedef struct dvt_exchange_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint32_t stage;           /* one of DVT_STAGE_… */
  int32_t code;             /* DVT_STAGE_REPLY: DVT_OK, or why the request failed */
  dvt_str name;             /* the topic or the service */
  dvt_str caller;           /* id of the plugin that published or called */
  const dvt_event *event;   /* DVT_STAGE_EVENT, else NULL */
  dvt_str datacontenttype;  /* of `data`; empty for a reply */
  dvt_bytes data;           /* of the event, the request or the reply */
} dvt_exchange;

/* The host's; an interceptor speaks through it, while it runs and on its thread. What it says last counts.
 * OWNERSHIP: everything is borrowed until the function returns. [handler] */
typedef struct dvt_verdict_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context;
  /* DVT_STAGE_EVENT: lets another event go on. Its `type`, `source`, `sequence`, `attempt` and `flags` stay what they were.
   * Returns: DVT_OK, DVT_INVALID (another stage, or malformed), DVT_TOO_LARGE or DVT_FULL (no memory). */
  int32_t (*amend_event)(void *context, const dvt_event *event);
  /* DVT_STAGE_REQUEST, DVT_STAGE_REPLY: lets other data go on. A reply that is amended is a success.
   * Returns: DVT_OK, DVT_INVALID (another stage) or DVT_TOO_LARGE (16 MiB for a request, 64 MiB for a reply). */
  int32_t (*amend)(void *context, dvt_str datacontenttype, dvt_bytes data);
  /* Ends it here, with success. DVT_STAGE_EVENT: nobody else receives the event; `data` is not looked at.
   * DVT_STAGE_REQUEST: the provider is not called, `data` is the reply. DVT_STAGE_REPLY: the same as `amend`.
   * Returns: DVT_OK or DVT_TOO_LARGE (64 MiB). */
  int32_t (*answer)(void *context, dvt_bytes data);
} dvt_verdict;

/* Judges what passes. It may publish and call; what it publishes is intercepted too.
 * OWNERSHIP: everything is borrowed until it returns.
 * Returns: DVT_OK lets pass what the verdict says, or what came where it says nothing. Any other code refuses, with a message
 * in `error`: the publisher gets DVT_DENIED and the message, the caller that code and the message.
 * [handler] */
typedef int32_t (*dvt_interceptor)(void *context, const dvt_exchange *exchange, const dvt_verdict *verdict,
                                   const dvt_error_sink *error);

typedef struct dvt_interceptors_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Puts an interceptor around topics and services. A plugin has at most 64.
   * OWNERSHIP: the options are borrowed until the call returns; `context` stays the plugin's until `release` or `cleanup` has
   * returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (name), DVT_FULL, DVT_DENIED (`permissions.intercept`) or DVT_GONE.
   * [any-thread] */
  int32_t (*intercept)(const dvt_host *host, const dvt_interception *options, dvt_interceptor interceptor, void *context,
                       dvt_handle *out, const dvt_error_sink *error);
  /* Takes it away, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE.
   * [any-thread] */
  int32_t (*release)(const dvt_host *host, dvt_handle interceptor, dvt_completion done, void *context,
                     const dvt_error_sink *error);
} dvt_interceptors;

#ifdef __cplusplus
}
#endif
#endif
