/* Who uses the processor: a look at what threads do, without their help. */
#ifndef HS_SAMPLE_H
#define HS_SAMPLE_H

#include <stdint.h>

#include "hs_slot.h"

/* A thread that is inside a call into a plugin. */
typedef struct hs_sample {
  const hs_owner *owner; /* whose call it is; to be compared only: it may be gone */
  uint64_t cpu;          /* nanoseconds of processor time that the thread has used since it began */
  uint32_t slot;         /* number of the thread's slot */
  int32_t thread;        /* kernel's id */
  uint32_t ours;         /* 1 when the host made the thread */
  uint32_t reserved;
} hs_sample;

/* Looks at every thread. Costs those that it looks at nothing.
 * Returns how many samples it wrote, at most `most`. [any-thread], outside of calls into plugins */
uint32_t hs_sample_threads(hs_sample *samples, uint32_t most);

#endif
