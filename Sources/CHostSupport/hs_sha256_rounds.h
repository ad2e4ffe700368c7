/* What the ways of SHA-256 share. Not part of the module. */
#ifndef HS_SHA256_ROUNDS_H
#define HS_SHA256_ROUNDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern const uint32_t hs_sha256_k[64];
extern const uint32_t hs_sha256_start[8];

int32_t hs_sha256_has_bmi2(void);
int32_t hs_sha256_has_shani(void);
int32_t hs_sha256_has_avx2(void);
void hs_sha256_compress_bmi2(uint32_t state[8], const uint8_t *bytes, size_t blocks);
void hs_sha256_compress_shani(uint32_t state[8], const uint8_t *bytes, size_t blocks);
void hs_sha256_lanes_avx2(const uint8_t *const *buffers, const size_t *counts, size_t lanes, uint8_t *digests);

static inline uint32_t hs_sha256_load(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  word = __builtin_bswap32(word);
#endif
  return word;
}

static inline void hs_sha256_store(uint8_t *bytes, uint32_t word) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  word = __builtin_bswap32(word);
#endif
  memcpy(bytes, &word, 4);
}

/* Appends the 1 bit, zeros and the length to `held` bytes (0…63) in a buffer of 128. Returns: blocks, 1 or 2. */
static inline size_t hs_sha256_pad(uint8_t tail[128], size_t held, uint64_t length) {
  size_t blocks = held < 56 ? 1 : 2;
  memset(tail + held, 0, blocks * 64 - held);
  tail[held] = 0x80;
  hs_sha256_store(tail + blocks * 64 - 8, (uint32_t)(length >> 29));
  hs_sha256_store(tail + blocks * 64 - 4, (uint32_t)(length << 3));
  return blocks;
}

/* The functions of FIPS 180-4, 4.1.2; they work on a word and on a vector of words alike. */
#define HS_ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define HS_BIG0(x) (HS_ROTATE(x, 2) ^ HS_ROTATE(x, 13) ^ HS_ROTATE(x, 22))
#define HS_BIG1(x) (HS_ROTATE(x, 6) ^ HS_ROTATE(x, 11) ^ HS_ROTATE(x, 25))
#define HS_SMALL0(x) (HS_ROTATE(x, 7) ^ HS_ROTATE(x, 18) ^ ((x) >> 3))
#define HS_SMALL1(x) (HS_ROTATE(x, 17) ^ HS_ROTATE(x, 19) ^ ((x) >> 10))

/* One round; the caller rotates the names instead of the values. */
#define HS_ROUND(a, b, c, d, e, f, g, h, kw)                  \
  do {                                                        \
    h += HS_BIG1(e) + ((g) ^ ((e) & ((f) ^ (g)))) + (kw);     \
    d += h;                                                   \
    h += HS_BIG0(a) + (((a) & (b)) | ((c) & ((a) | (b))));    \
  } while (0)

#define HS_EIGHT(i, next)                                     \
  do {                                                        \
    HS_ROUND(a, b, c, d, e, f, g, h, next(i));                \
    HS_ROUND(h, a, b, c, d, e, f, g, next((i) + 1));          \
    HS_ROUND(g, h, a, b, c, d, e, f, next((i) + 2));          \
    HS_ROUND(f, g, h, a, b, c, d, e, next((i) + 3));          \
    HS_ROUND(e, f, g, h, a, b, c, d, next((i) + 4));          \
    HS_ROUND(d, e, f, g, h, a, b, c, next((i) + 5));          \
    HS_ROUND(c, d, e, f, g, h, a, b, next((i) + 6));          \
    HS_ROUND(b, c, d, e, f, g, h, a, next((i) + 7));          \
  } while (0)

/* The message schedule in a ring of sixteen words. */
#define HS_FIRST(i) (hs_sha256_k[i] + w[(i) & 15])
#define HS_NEXT(i)                                                                                                  \
  (hs_sha256_k[i] + (w[(i) & 15] += HS_SMALL1(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + HS_SMALL0(w[((i) + 1) & 15])))

#define HS_SIXTY_FOUR()                                       \
  do {                                                        \
    HS_EIGHT(0, HS_FIRST);                                    \
    HS_EIGHT(8, HS_FIRST);                                    \
    HS_EIGHT(16, HS_NEXT);                                    \
    HS_EIGHT(24, HS_NEXT);                                    \
    HS_EIGHT(32, HS_NEXT);                                    \
    HS_EIGHT(40, HS_NEXT);                                    \
    HS_EIGHT(48, HS_NEXT);                                    \
    HS_EIGHT(56, HS_NEXT);                                    \
  } while (0)

#define HS_SHA256_BLOCKS(state, bytes, blocks)                                                              \
  do {                                                                                                      \
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];                                        \
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];                                        \
    for (; blocks; blocks--, bytes += 64) {                                                                 \
      uint32_t w[16];                                                                                       \
      for (int t = 0; t < 16; t++) w[t] = hs_sha256_load(bytes + 4 * t);                                    \
      HS_SIXTY_FOUR();                                                                                      \
      state[0] = a += state[0], state[1] = b += state[1], state[2] = c += state[2], state[3] = d += state[3]; \
      state[4] = e += state[4], state[5] = f += state[5], state[6] = g += state[6], state[7] = h += state[7]; \
    }                                                                                                       \
  } while (0)

#endif
