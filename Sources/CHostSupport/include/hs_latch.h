#ifndef HS_LATCH_H
#define HS_LATCH_H

#include <stdint.h>

/* A number that threads wait to see changed. Touched only by these functions; any thread. */
typedef struct hs_latch {
  uint32_t value;
} hs_latch;

/* The number; what was written before it was set is seen. */
uint32_t hs_latch_value(const hs_latch *latch);

/* Sets the number and wakes all that wait, with one call of the system. */
void hs_latch_set(hs_latch *latch, uint32_t value);

/* Waits until the number is another one than `seen`, and returns it. */
uint32_t hs_latch_wait(hs_latch *latch, uint32_t seen);

#endif
