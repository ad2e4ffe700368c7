/* dovetail.services/1: request and reply. */
#ifndef DOVETAIL_SERVICES_H
#define DOVETAIL_SERVICES_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_SERVICES_INTERFACE "dovetail.services/1"

/* One request to a service. */
typedef struct dvt_request_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str service;         /* host: the name that was called */
  dvt_str caller;          /* host: id of the plugin that calls */
  dvt_str datacontenttype; /* media type of `data` */
  dvt_bytes data;          /* 0…16 MiB */
  uint64_t deadline_ms;    /* from now, 1…600,000; 0 = 5,000. The provider is trusted to keep it: a C call cannot be cut;
                              a reply after it is DVT_TIMEOUT, told to within 10 ms where it is 1,000 or more */
} dvt_request;

/* Answers a request by writing to `reply` and returning DVT_OK.
 * OWNERSHIP: everything is borrowed until the handler returns.
 * Returns: DVT_OK, or a code (with a message in `error`) that becomes the result of `call`.
 * [handler] */
typedef int32_t (*dvt_service_handler)(void *context, const dvt_request *request, const dvt_sink *reply,
                                       const dvt_error_sink *error);

typedef struct dvt_services_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Offers a service under a name of the topic grammar. Its calls run on the callers' threads, at once.
   * OWNERSHIP: `context` stays the plugin's until `withdraw` or `cleanup` has returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (another plugin offers it), DVT_DENIED or DVT_GONE.
   * [any-thread] */
  int32_t (*provide)(const dvt_host *host, dvt_str name, dvt_service_handler handler, void *context, dvt_handle *out,
                     const dvt_error_sink *error);
  /* Ends an offer, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE.
   * [any-thread] */
  int32_t (*withdraw)(const dvt_host *host, dvt_handle service, dvt_completion done, void *context,
                      const dvt_error_sink *error);
  /* Calls a service and waits for its reply.
   * Preconditions: not between `quiesce` and `resume`.
   * OWNERSHIP: request, sinks and name are the caller's.
   * Returns: DVT_OK; the provider's own code; DVT_NOT_FOUND; DVT_DENIED (`permissions.services`); DVT_UNAVAILABLE (its
   * provider is reloading and the deadline passed, or failed); DVT_TIMEOUT (it answered too late: the reply is complete);
   * DVT_CRASHED; DVT_DEPTH; DVT_WOULD_DEADLOCK; DVT_NOT_COMMITTED; DVT_GONE.
   * [any-thread] */
  int32_t (*call)(const dvt_host *host, dvt_str name, const dvt_request *request, const dvt_sink *reply,
                  const dvt_error_sink *error);
} dvt_services;

#ifdef __cplusplus
}
#endif
#endif
