/* Counted buffers of this process. Their bytes travel to the host when they are published, sent or returned. */
#include <stdlib.h>
#include <string.h>

#include "wk.h"

#define LARGEST (1ull << 30)

typedef struct counted {
  _Atomic int64_t count;
  _Alignas(16) dvt_buffer buffer;
  _Alignas(16) uint8_t bytes[];
} counted;

static counted *of(const dvt_buffer *buffer) { return (counted *)((char *)buffer - offsetof(counted, buffer)); }

const dvt_buffer *wk_buffer_make(uint64_t length, const uint8_t *data) {
  counted *made = calloc(1, sizeof *made + length);
  if (!made) return NULL;
  atomic_store(&made->count, 1);
  made->buffer = (dvt_buffer){sizeof(dvt_buffer), DVT_ABI_MAJOR, DVT_ABI_MINOR, made->bytes, length};
  if (data) memcpy(made->bytes, data, length);
  return &made->buffer;
}

int32_t wk_buffer_create(const dvt_host *host, uint64_t length, const dvt_buffer **out) {
  (void)host;
  if (length == 0 || !out) return DVT_INVALID;
  if (length > LARGEST) return DVT_TOO_LARGE;
  *out = wk_buffer_make(length, NULL);
  return *out ? DVT_OK : DVT_FULL;
}

void wk_buffer_retain(const dvt_buffer *buffer) {
  if (buffer) atomic_fetch_add(&of(buffer)->count, 1);
}

void wk_buffer_release(const dvt_buffer *buffer) {
  if (buffer && atomic_fetch_sub(&of(buffer)->count, 1) == 1) free(of(buffer));
}
