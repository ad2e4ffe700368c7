/* Reference counts in memory that plugins hold pointers into. */
#ifndef HS_REFERENCE_H
#define HS_REFERENCE_H

#include <stdint.h>

static inline void hs_reference_take(int64_t *count) { __atomic_fetch_add(count, 1, __ATOMIC_RELAXED); }

/* Returns 1 when that was the last reference. */
static inline int hs_reference_drop(int64_t *count) {
  /* Nobody takes one of what only the caller holds. */
  return __atomic_load_n(count, __ATOMIC_ACQUIRE) == 1 || __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == 0;
}

#endif
