/* The ways of SHA-256 that need more than a plain x86-64 processor. */
#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "hs_sha256.h"
#include "hs_sha256_rounds.h"

int32_t hs_sha256_has_bmi2(void) { return __builtin_cpu_supports("bmi2") != 0; }

int32_t hs_sha256_has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }

int32_t hs_sha256_has_shani(void) {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* The same C: with BMI2 the compiler has rotations that keep their source (rorx). */
__attribute__((target("bmi2"))) void hs_sha256_compress_bmi2(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  HS_SHA256_BLOCKS(state, bytes, blocks);
}

/* Four rounds with the schedule words m, and the two steps of the schedule that run beside them. */
#define HS_FOUR(i, m)                                                                             \
  do {                                                                                            \
    __m128i kw = _mm_add_epi32(m, _mm_loadu_si128((const __m128i *)(hs_sha256_k + 4 * (i))));     \
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, kw);                                                 \
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(kw, 0x0e));                        \
  } while (0)

#define HS_SCHEDULE(m0, m1, m2, m3) \
  m0 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(m0, m1), _mm_alignr_epi8(m3, m2, 4)), m3)

__attribute__((target("sha,sse4.1,ssse3"))) void hs_sha256_compress_shani(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(low, high, 8);
  __m128i cdgh = _mm_blend_epi16(high, low, 0xf0);
  for (; blocks; blocks--, bytes += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    const __m128i *block = (const __m128i *)bytes;
    __m128i m0 = _mm_shuffle_epi8(_mm_loadu_si128(block), swap);
    __m128i m1 = _mm_shuffle_epi8(_mm_loadu_si128(block + 1), swap);
    __m128i m2 = _mm_shuffle_epi8(_mm_loadu_si128(block + 2), swap);
    __m128i m3 = _mm_shuffle_epi8(_mm_loadu_si128(block + 3), swap);
    for (int i = 0; i < 16; i += 4) {
      HS_FOUR(i, m0);
      HS_FOUR(i + 1, m1);
      HS_FOUR(i + 2, m2);
      HS_FOUR(i + 3, m3);
      if (i == 12) break;
      HS_SCHEDULE(m0, m1, m2, m3);
      HS_SCHEDULE(m1, m2, m3, m0);
      HS_SCHEDULE(m2, m3, m0, m1);
      HS_SCHEDULE(m3, m0, m1, m2);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  low = _mm_shuffle_epi32(abef, 0x1b);
  high = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

typedef uint32_t lanes __attribute__((vector_size(32)));

/* One block of each of eight messages, a lane each. */
__attribute__((target("avx2"))) static void compress_lanes(lanes state[8], const uint8_t *const blocks[8]) {
  lanes w[16];
  for (int t = 0; t < 16; t++)
    for (int lane = 0; lane < 8; lane++) w[t][lane] = hs_sha256_load(blocks[lane] + 4 * t);
  lanes a = state[0], b = state[1], c = state[2], d = state[3];
  lanes e = state[4], f = state[5], g = state[6], h = state[7];
  HS_SIXTY_FOUR();
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* Where the blocks of one message come from: its own bytes first, then the padded tail. */
typedef struct lane_source {
  const uint8_t *bytes;
  size_t whole, all; /* blocks in `bytes`, and with the tail */
  uint8_t tail[128];
} lane_source;

static void prepare(lane_source *source, const uint8_t *bytes, size_t count) {
  source->bytes = bytes;
  source->whole = count >> 6;
  if (count & 63) memcpy(source->tail, bytes + (count & ~(size_t)63), count & 63);
  source->all = source->whole + hs_sha256_pad(source->tail, count & 63, count);
}

__attribute__((target("avx2"))) void hs_sha256_lanes_avx2(const uint8_t *const *buffers, const size_t *counts, size_t count,
                                                          uint8_t *digests) {
  static const uint8_t nothing[64];
  lane_source sources[HS_SHA256_LANES];
  lanes state[8];
  size_t most = 0;
  for (size_t lane = 0; lane < count; lane++) {
    prepare(&sources[lane], buffers[lane], counts[lane]);
    if (sources[lane].all > most) most = sources[lane].all;
  }
  for (int i = 0; i < 8; i++) state[i] = (lanes){0} + hs_sha256_start[i];
  for (size_t block = 0; block < most; block++) {
    const uint8_t *blocks[8];
    for (size_t lane = 0; lane < 8; lane++) {
      if (lane >= count || block >= sources[lane].all) blocks[lane] = nothing;
      else if (block < sources[lane].whole) blocks[lane] = sources[lane].bytes + 64 * block;
      else blocks[lane] = sources[lane].tail + 64 * (block - sources[lane].whole);
    }
    compress_lanes(state, blocks);
    for (size_t lane = 0; lane < count; lane++)
      if (block + 1 == sources[lane].all)
        for (int i = 0; i < 8; i++) hs_sha256_store(digests + 32 * lane + 4 * i, state[i][lane]);
  }
}

#else
typedef int hs_sha256_x86_is_empty;
#endif
