/* dovetail.timers/1: calls at a later time. */
#ifndef DOVETAIL_TIMERS_H
#define DOVETAIL_TIMERS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_TIMERS_INTERFACE "dovetail.timers/1"

/* When to call. */
typedef struct dvt_timer_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str name;         /* unique in the plugin; empty = timer#ordinal */
  uint64_t delay_ms;    /* until the first call, 0…31,536,000,000 */
  uint64_t interval_ms; /* between calls, 1…31,536,000,000; 0 = once. Calls that were missed are not made up for */
} dvt_timer;

/* Runs when the time has come; never twice at once for one timer.
 * Returns: DVT_OK, or a code (with a message in `error`) that is counted; the timer goes on.
 * [handler] */
typedef int32_t (*dvt_timer_handler)(void *context, const dvt_error_sink *error);

typedef struct dvt_timers_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Starts a timer.
   * OWNERSHIP: `context` stays the plugin's until `cancel` or `cleanup` has returned, or the one call was made.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (name) or DVT_GONE.
   * [any-thread] */
  int32_t (*schedule)(const dvt_host *host, const dvt_timer *options, dvt_timer_handler handler, void *context,
                      dvt_handle *out, const dvt_error_sink *error);
  /* Ends a timer, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE (also when its one call was made).
   * [any-thread] */
  int32_t (*cancel)(const dvt_host *host, dvt_handle timer, dvt_completion done, void *context,
                    const dvt_error_sink *error);
} dvt_timers;

#ifdef __cplusplus
}
#endif
#endif
