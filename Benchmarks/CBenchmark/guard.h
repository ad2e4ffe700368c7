/* One publish and a loop of them, compiled twice: with the crash guard, and without its jump point and side. */
#include <hs_publish.h>
#include <time.h>

#include "CBenchmark.h"

static __attribute__((noinline)) int32_t publish(hs_topic *topic, void *event) {
  return hs_publish_here(hs_own_slot, topic, event);
}

static inline int64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t loop(hs_topic *topic, uint64_t rounds) {
  uint64_t event = 0;
  int64_t start = nanoseconds();
  for (uint64_t i = 0; i < rounds; i++)
    if (publish(topic, &event) != HS_OK) return -1;
  return nanoseconds() - start;
}
