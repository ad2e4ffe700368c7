#include "hs_sha256.h"

#include <stdatomic.h>
#include <string.h>

#include "hs_sha256_rounds.h"

const uint32_t hs_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

const uint32_t hs_sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static _Atomic int32_t chosen = -1;

static int32_t has(int32_t way) {
  switch (way) {
    case HS_SHA256_PORTABLE: return 1;
#if defined(__x86_64__)
    case HS_SHA256_BMI2: return hs_sha256_has_bmi2();
    case HS_SHA256_SHANI: return hs_sha256_has_shani();
#endif
    default: return 0;
  }
}

int32_t hs_sha256_way(void) {
  int32_t way = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (way >= 0) return way;
  way = has(HS_SHA256_SHANI) ? HS_SHA256_SHANI : has(HS_SHA256_BMI2) ? HS_SHA256_BMI2 : HS_SHA256_PORTABLE;
  atomic_store_explicit(&chosen, way, memory_order_relaxed);
  return way;
}

int32_t hs_sha256_choose(int32_t way) {
  if (!has(way)) return -1;
  atomic_store_explicit(&chosen, way, memory_order_relaxed);
  return 0;
}

static void compress_portable(uint32_t state[8], const uint8_t *bytes, size_t blocks) { HS_SHA256_BLOCKS(state, bytes, blocks); }

static void compress(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  switch (hs_sha256_way()) {
#if defined(__x86_64__)
    case HS_SHA256_SHANI: hs_sha256_compress_shani(state, bytes, blocks); return;
    case HS_SHA256_BMI2: hs_sha256_compress_bmi2(state, bytes, blocks); return;
#endif
    default: compress_portable(state, bytes, blocks);
  }
}

void hs_sha256_begin(hs_sha256 *hash) {
  memcpy(hash->state, hs_sha256_start, sizeof hash->state);
  hash->length = 0;
}

void hs_sha256_add(hs_sha256 *hash, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  size_t held = hash->length & 63;
  hash->length += count;
  if (held + count < 64) {
    if (count) memcpy(hash->block + held, next, count);
    return;
  }
  if (held) {
    memcpy(hash->block + held, next, 64 - held);
    compress(hash->state, hash->block, 1);
    next += 64 - held;
    count -= 64 - held;
  }
  compress(hash->state, next, count >> 6);
  if (count & 63) memcpy(hash->block, next + (count & ~(size_t)63), count & 63);
}

void hs_sha256_end(hs_sha256 *hash, uint8_t digest[32]) {
  uint8_t tail[128];
  size_t held = hash->length & 63;
  memcpy(tail, hash->block, held);
  size_t blocks = hs_sha256_pad(tail, held, hash->length);
  compress(hash->state, tail, blocks);
  for (int i = 0; i < 8; i++) hs_sha256_store(digest + 4 * i, hash->state[i]);
}

void hs_sha256_of(const void *bytes, size_t count, uint8_t digest[32]) {
  hs_sha256 hash;
  hs_sha256_begin(&hash);
  hs_sha256_add(&hash, bytes, count);
  hs_sha256_end(&hash, digest);
}

void hs_sha256_of_many(const uint8_t *const *buffers, const size_t *counts, size_t lanes, uint8_t *digests) {
#if defined(__x86_64__)
  if (lanes > 2 && lanes <= HS_SHA256_LANES && hs_sha256_way() == HS_SHA256_BMI2 && hs_sha256_has_avx2()) {
    hs_sha256_lanes_avx2(buffers, counts, lanes, digests);
    return;
  }
#endif
  for (size_t i = 0; i < lanes; i++) hs_sha256_of(buffers[i], counts[i], digests + 32 * i);
}
