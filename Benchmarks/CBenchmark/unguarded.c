#define HS_UNGUARDED
#include "guard.h"

int64_t bench_unguarded(void *topic, uint64_t rounds) { return loop(topic, rounds); }
