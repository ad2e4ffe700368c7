/* dovetail.requests/1: request and reply over topics, with any number of responders. */
#ifndef DOVETAIL_REQUESTS_H
#define DOVETAIL_REQUESTS_H

#include "base.h"
#include "services.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_REQUESTS_INTERFACE "dovetail.requests/1"

#define DVT_REPLIES_FIRST 0u    /* the first reply that is a success; without one, the failure of the first responder in order */
#define DVT_REPLIES_ALL 1u      /* every reply, success or failure, as it comes */
#define DVT_REPLIES_COMBINED 2u /* what the topic's combiner makes of all; without one, the success of the first in order */

/* Who answers, or combines. All zero but the header and `pattern` is a valid choice. */
typedef struct dvt_responder_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str pattern;  /* of topics: a topic, or segments with `*` (one segment) and a last `>` (one or more segments) */
  dvt_str name;     /* unique in the plugin; empty = pattern#ordinal. Plugin id and name outlive a reload */
  int32_t priority; /* higher first in order; ties by registration */
  uint32_t reserved;
} dvt_responder;

/* What one responder said. */
typedef struct dvt_reply_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str responder; /* id of the plugin; "dovetail" for an interceptor's answer and for the default combiner's failure */
  dvt_str name;      /* of its registration */
  int32_t code;      /* DVT_OK, or why it has no answer */
  uint32_t retryable;
  dvt_str message;   /* of a failure */
  dvt_bytes data;    /* 0…64 MiB */
} dvt_reply;

/* Receives a reply. OWNERSHIP: borrowed until it returns. Returns DVT_OK, or another code to ask for no more.
 * [handler] */
typedef int32_t (*dvt_reply_handler)(void *context, const dvt_reply *reply);

/* Makes one reply of all, in the order of their responders, by writing to `reply`. Responders that were not in time are missing.
 * OWNERSHIP: everything is borrowed until it returns.
 * Returns: DVT_OK, or a code (with a message in `error`) that becomes the result of the request.
 * [handler] */
typedef int32_t (*dvt_combiner)(void *context, const dvt_request *request, const dvt_reply *replies, uint64_t count,
                                const dvt_sink *reply, const dvt_error_sink *error);

typedef struct dvt_requests_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Answers requests to topics. Its calls run on threads of the host, possibly several at once; what it writes to `reply` after
   * nobody waits any more is answered with DVT_GONE. A plugin has at most 1,024 responders and combiners.
   * OWNERSHIP: the options are borrowed until the call returns; `context` stays the plugin's until `withdraw` or `cleanup` has
   * returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (name), DVT_FULL, DVT_DENIED (`permissions.subscribe`) or DVT_GONE.
   * [any-thread] */
  int32_t (*respond)(const dvt_host *host, const dvt_responder *options, dvt_service_handler handler, void *context,
                     dvt_handle *out, const dvt_error_sink *error);
  /* Combines the replies to requests to topics: of several combiners, the first in order does. As `respond`.
   * [any-thread] */
  int32_t (*combine)(const dvt_host *host, const dvt_responder *options, dvt_combiner combiner, void *context,
                     dvt_handle *out, const dvt_error_sink *error);
  /* Ends what `respond` or `combine` began, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE.
   * [any-thread] */
  int32_t (*withdraw)(const dvt_host *host, dvt_handle responder, dvt_completion done, void *context,
                      const dvt_error_sink *error);
  /* Makes a request of every responder at once and waits. `handler` runs on the calling thread: once for DVT_REPLIES_FIRST and
   * DVT_REPLIES_COMBINED, once a reply for DVT_REPLIES_ALL.
   * Preconditions: not between `quiesce` and `resume`.
   * OWNERSHIP: everything is the caller's.
   * Returns: DVT_OK; for DVT_REPLIES_FIRST and DVT_REPLIES_COMBINED also the code of a failure; DVT_TIMEOUT (some had not answered:
   * what came stands); DVT_NOT_FOUND (nobody answers); DVT_DENIED (`permissions.services`); DVT_INVALID; DVT_TOO_LARGE;
   * DVT_NOT_COMMITTED; DVT_GONE.
   * [any-thread] */
  int32_t (*request)(const dvt_host *host, dvt_str topic, const dvt_request *request, uint32_t replies,
                     dvt_reply_handler handler, void *context, const dvt_error_sink *error);
  /* The same without waiting: `handler` and then, once, `done` with the result run on threads of the host, one at a time.
   * OWNERSHIP: the request is borrowed until the call returns; `context` stays the plugin's until `done` has returned.
   * Returns: DVT_OK with `*out` set, DVT_FULL (65,536 jobs of the plugin wait), DVT_DENIED, DVT_INVALID, DVT_TOO_LARGE,
   * DVT_NOT_COMMITTED or DVT_GONE.
   * [any-thread] */
  int32_t (*begin)(const dvt_host *host, dvt_str topic, const dvt_request *request, uint32_t replies,
                   dvt_reply_handler handler, dvt_completion done, void *context, dvt_handle *out,
                   const dvt_error_sink *error);
  /* Asks for no more replies to a request that was begun; `done` follows with DVT_GONE.
   * Returns: DVT_OK, or DVT_GONE (it has ended).
   * [any-thread] */
  int32_t (*cancel)(const dvt_host *host, dvt_handle request, const dvt_error_sink *error);
} dvt_requests;

#ifdef __cplusplus
}
#endif
#endif
