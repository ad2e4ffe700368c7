/* dovetail.resilience/1: calls of services with a fallback, a time limit and a circuit breaker of the caller's choice. */
#ifndef DOVETAIL_RESILIENCE_H
#define DOVETAIL_RESILIENCE_H

#include "base.h"
#include "services.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_RESILIENCE_INTERFACE "dovetail.resilience/1"

#define DVT_BREAKER_CLOSED 0u    /* calls are made */
#define DVT_BREAKER_OPEN 1u      /* calls are rejected with DVT_UNAVAILABLE */
#define DVT_BREAKER_HALF_OPEN 2u /* a few calls are made, to see how they go */

#define DVT_EXECUTION_NO_FALLBACK 1u /* no other service answers, also when the operator named one */

/* What the caller wants of one call. All zero but the header and `service` is a valid choice, and as `call` of dovetail.services/1. */
typedef struct dvt_execution_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str service;        /* the name to call */
  dvt_str fallback;       /* a service that answers when this one cannot, with the same request; empty = the operator's, or none */
  dvt_str breaker;        /* a name of 1…64 letters, digits, `.`, `-` or `_` for a circuit breaker of the caller's own, which only calls
                             with this name pass; empty = the service's, where the operator gave it one */
  uint32_t time_limit_ms; /* the service itself may take so long, 1…600,000; 0 = what the operator says */
  uint32_t flags;         /* DVT_EXECUTION_… */
} dvt_execution;

/* Who answered. */
typedef struct dvt_executed_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  int32_t cause; /* DVT_OK: the service itself; else why its fallback did */
  uint32_t reserved;
} dvt_executed;

/* How a circuit breaker is. */
typedef struct dvt_breaker_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint32_t state; /* DVT_BREAKER_… */
  uint32_t reserved;
  uint64_t calls;        /* in its sliding window */
  uint64_t failed;       /* of those */
  uint64_t slow;         /* of those */
  uint64_t rejected;     /* since the host started, or an operator reset it */
  uint64_t probes_in_ms; /* open: until it is half-open; UINT64_MAX when an operator opened it. Else 0 */
} dvt_breaker;

typedef struct dvt_resilience_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Calls a service and waits for its reply, as `call` of dovetail.services/1, past what the operator and the caller ask for, in this
   * order: rate limit, bulkhead, circuit breaker, time limit. What is rejected there, or fails with a code that counts as a failure, or
   * is offered by nobody, the fallback answers; a fallback has none of its own.
   * Preconditions: not between `quiesce` and `resume`. `request->deadline_ms` bounds the whole, with the fallback.
   * OWNERSHIP: everything is the caller's. `out` may be NULL; else its header must be set.
   * Returns: as `call`, and: DVT_UNAVAILABLE (the breaker is open; retryable), DVT_FULL (rate limit or bulkhead, retryable; or 64 breakers
   * that the plugin named for this service), DVT_TIMEOUT (the time limit). When the fallback fails too, the code is the service's, and the
   * message has both.
   * [any-thread] */
  int32_t (*execute)(const dvt_host *host, const dvt_execution *execution, const dvt_request *request, const dvt_sink *reply,
                     dvt_executed *out, const dvt_error_sink *error);
  /* Tells how the breaker is that a call by this plugin would pass.
   * Preconditions: `out`'s header is set.
   * OWNERSHIP: the texts are borrowed until the call returns; `name` as in `dvt_execution`.
   * Returns: DVT_OK with `*out` filled, DVT_NOT_FOUND (nobody offers the service, or it has no such breaker), DVT_DENIED
   * (`permissions.services`), DVT_INVALID or DVT_GONE.
   * [any-thread] */
  int32_t (*breaker)(const dvt_host *host, dvt_str service, dvt_str name, dvt_breaker *out, const dvt_error_sink *error);
} dvt_resilience;

#ifdef __cplusplus
}
#endif
#endif
