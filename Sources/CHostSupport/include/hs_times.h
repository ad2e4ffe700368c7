/* How long handlers take, from samples: one call of an entry is timed when it was asked for, and no other pays anything. */
#ifndef HS_TIMES_H
#define HS_TIMES_H

#include "hs_entry.h"

#define HS_TIME_BUCKETS 40u

/* Calls by their time: bucket i counts those below 2^i ns that are in no lower one, the last also all above. */
typedef struct hs_times {
  _Atomic uint64_t count;
  _Atomic uint64_t sum;  /* ns */
  _Atomic uint64_t most; /* ns */
  _Atomic uint64_t buckets[HS_TIME_BUCKETS];
} hs_times;

/* All zero; NULL when there is no memory. */
hs_times *hs_times_create(void);
void hs_times_destroy(hs_times *times);
/* Copies the figures, HS_TIME_BUCKETS of them. Those of a call that is just ending may be there in part. */
void hs_times_read(const hs_times *times, uint64_t *count, uint64_t *sum, uint64_t *most, uint64_t *buckets);

/* Notes timed calls of an entry in `times`, which lives as long as the entry. Before anybody calls it. */
void hs_entry_set_times(hs_entry *entry, hs_times *times);
/* Times the entry's next call, and those that begin at the same moment on other threads. */
void hs_entry_time_next(hs_entry *entry);
/* Whether the next call is to be timed. */
int hs_entry_is_timed(const hs_entry *entry);

#endif
