/* SHA-256 (FIPS 180-4), with the processor's SHA instructions where it has them. */
#ifndef HS_SHA256_H
#define HS_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* A hash in progress. Plain memory: copy it freely, drop it freely. */
typedef struct hs_sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far, 0…2^61-1 */
  uint8_t block[64];
} hs_sha256;

/* Ways to compute the same function; the tests run each one that the machine has. */
#define HS_SHA256_PORTABLE 0
#define HS_SHA256_BMI2 1
#define HS_SHA256_SHANI 2

/* The way that this process uses: the best that the processor has, or what hs_sha256_choose asked for. [any-thread] */
int32_t hs_sha256_way(void);
/* Changes the way for the whole process. Returns: 0, or -1 when the processor cannot. [any-thread] */
int32_t hs_sha256_choose(int32_t way);

/* Starts, continues and ends a hash. A given hash belongs to one thread at a time. [any-thread] */
void hs_sha256_begin(hs_sha256 *hash);
void hs_sha256_add(hs_sha256 *hash, const void *bytes, size_t count);
void hs_sha256_end(hs_sha256 *hash, uint8_t digest[32]);

/* The whole hash of `count` bytes. [any-thread] */
void hs_sha256_of(const void *bytes, size_t count, uint8_t digest[32]);

#define HS_SHA256_LANES 8

/* The hashes of up to 8 buffers at once, 32 bytes each, one after the other: on a processor with AVX2 and without SHA instructions, many small files
 * cost a fraction of hashing them one by one. `lanes` is 0…8. [any-thread] */
void hs_sha256_of_many(const uint8_t *const *buffers, const size_t *counts, size_t lanes, uint8_t *digests);

#endif
