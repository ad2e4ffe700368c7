/* dovetail.executor/1: jobs on threads of the host, counted as the plugin's: drain and unload wait for them. */
#ifndef DOVETAIL_EXECUTOR_H
#define DOVETAIL_EXECUTOR_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_EXECUTOR_INTERFACE "dovetail.executor/1"

/* One piece of work. [handler] */
typedef void (*dvt_job)(void *context);

typedef struct dvt_executor_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Runs a job soon on a thread of the host, possibly beside other jobs of the plugin.
   * OWNERSHIP: `context` stays the plugin's; on any code but DVT_OK the job never runs.
   * Returns: DVT_OK, DVT_FULL (65,536 jobs wait already) or DVT_GONE.
   * [any-thread] */
  int32_t (*submit)(const dvt_host *host, dvt_job job, void *context);
} dvt_executor;

#ifdef __cplusplus
}
#endif
#endif
