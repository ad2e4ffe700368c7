#include "guard.h"

#include <hs_entry.h>

static volatile uint64_t heard;

static __attribute__((noinline)) int32_t handler(void *context, void *event, const void *error) {
  (void)context, (void)event, (void)error;
  heard = heard + 1;
  return 0;
}

static void failed(hs_entry *entry, void *event, int32_t code, int32_t fault) {
  (void)entry, (void)event, (void)code, (void)fault;
}
static const hs_hooks hooks = {.failed = failed};

void *bench_guard_topic(void) {
  hs_owner *owner = hs_owner_create(0, NULL);
  hs_entry *entry = owner ? hs_entry_create(owner, HS_SIDE_PLUGIN, HS_COUNTERS - 1, handler, NULL) : NULL;
  hs_table *table = entry ? hs_table_create(1, 0) : NULL;
  hs_topic *topic = table ? hs_topic_create("bench.guard", &hooks) : NULL;
  if (!topic || !hs_slot_self()) return NULL;
  hs_table_set(table, 0, entry);
  hs_topic_swap(topic, table);
  return topic;
}

int64_t bench_guarded(void *topic, uint64_t rounds) { return loop(topic, rounds); }

int64_t bench_direct(uint64_t rounds) {
  hs_handler volatile call = handler;
  int64_t start = nanoseconds();
  for (uint64_t i = 0; i < rounds; i++) call(NULL, NULL, NULL);
  return nanoseconds() - start;
}
