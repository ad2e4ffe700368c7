#include "hs_times.h"

#include <stdlib.h>

hs_times *hs_times_create(void) { return calloc(1, sizeof(hs_times)); }
void hs_times_destroy(hs_times *times) { free(times); }

static void add(_Atomic uint64_t *to, uint64_t value) { atomic_fetch_add_explicit(to, value, memory_order_relaxed); }

static void note(hs_times *times, uint64_t nanoseconds) {
  uint32_t bits = nanoseconds ? 64 - (uint32_t)__builtin_clzll(nanoseconds) : 0;
  add(&times->count, 1);
  add(&times->sum, nanoseconds);
  add(&times->buckets[bits < HS_TIME_BUCKETS ? bits : HS_TIME_BUCKETS - 1], 1);
  uint64_t most = atomic_load_explicit(&times->most, memory_order_relaxed);
  while (nanoseconds > most &&
         !atomic_compare_exchange_weak_explicit(
             &times->most, &most, nanoseconds, memory_order_relaxed, memory_order_relaxed)) {}
}

/* Stands in for the handler for one call. Its entry is what the thread's present call runs. */
static int32_t call_timed(void *context, void *subject, const void *error_sink) {
  hs_entry *entry = hs_present_entry();
  atomic_store_explicit(&entry->call, entry->plain, memory_order_relaxed);
  uint64_t start = hs_now();
  int32_t code = entry->plain(context, subject, error_sink);
  note(entry->times, hs_now() - start);
  return code;
}

void hs_entry_set_times(hs_entry *entry, hs_times *times) { entry->times = times; }

void hs_entry_time_next(hs_entry *entry) {
  if (entry->times) atomic_store_explicit(&entry->call, call_timed, memory_order_relaxed);
}

int hs_entry_is_timed(const hs_entry *entry) { return hs_handler_of(entry) != entry->plain; }

void hs_times_read(const hs_times *times, uint64_t *count, uint64_t *sum, uint64_t *most, uint64_t *buckets) {
  *count = atomic_load_explicit(&times->count, memory_order_relaxed);
  *sum = atomic_load_explicit(&times->sum, memory_order_relaxed);
  *most = atomic_load_explicit(&times->most, memory_order_relaxed);
  for (uint32_t i = 0; i < HS_TIME_BUCKETS; i++) {
    buckets[i] = atomic_load_explicit(&times->buckets[i], memory_order_relaxed);
  }
}
