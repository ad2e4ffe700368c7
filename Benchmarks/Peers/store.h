/* What the peers of the metadata store's figures export. Records are the same everywhere: key "obj/%08d", a number `n`, a group
 * `g` of 1,000, a text of 150 bytes, five tags. All times are in nanoseconds, -1 when something failed. */
#ifndef STORE_PEER_H
#define STORE_PEER_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STORE_EXPORT __attribute__((visibility("default")))
#define STORE_GROUPS 1000
#define STORE_TEXT 150

static inline int64_t store_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The next of a sequence that is the same on every side. */
static inline uint32_t store_random(uint64_t *state, uint32_t bound) {
  *state = *state * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)((*state >> 33) % bound);
}

static inline void store_key(char key[16], uint32_t number) {
  memcpy(key, "obj/", 4);
  for (int i = 11; i >= 4; i--, number /= 10) key[i] = (char)('0' + number % 10);
  key[12] = 0;
}

/* Where a record stands when all are ordered by `n`: neither the order of keys nor a random one. */
static inline int64_t store_number(uint32_t number) { return (int64_t)((uint64_t)number * 7919 % 1000003); }

static inline void store_text(char text[STORE_TEXT], uint32_t number) {
  uint64_t state = number * 2654435761u + 99;
  for (int i = 0; i < STORE_TEXT; i++) {
    state = state * 6364136223846793005ull + 1;
    text[i] = "abcdefghijklmnopqrstuvwxyz0123456789_-"[(state >> 40) % 38];
  }
}

#ifdef __cplusplus
}
#endif
#endif
