#include "hs_block.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hs_slot.h"

#define LEAST 256u
#define STORE 2048u /* blocks of one size that no thread keeps; more are freed */
#define HALF (HS_MAGAZINE / 2)

/* What no thread keeps, newest last. */
typedef struct store {
  _Alignas(64) pthread_mutex_t lock;
  uint64_t count;
  void *blocks[STORE];
} store;

static store stores[HS_BLOCK_CLASSES] = {
    {.lock = PTHREAD_MUTEX_INITIALIZER}, {.lock = PTHREAD_MUTEX_INITIALIZER}, {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* The class of a size, HS_BLOCK_CLASSES for a larger one. */
static unsigned class_of(size_t size) {
  unsigned class = 0;
  while (class < HS_BLOCK_CLASSES && size > (size_t)LEAST << class) class++;
  return class;
}

static void fill(hs_magazine *magazine, unsigned class) {
  store *store = &stores[class];
  pthread_mutex_lock(&store->lock);
  uint64_t count = store->count < HALF ? store->count : HALF;
  store->count -= count;
  memcpy(magazine->blocks, &store->blocks[store->count], count * sizeof(void *));
  pthread_mutex_unlock(&store->lock);
  magazine->count = count;
}

static void empty(hs_magazine *magazine, unsigned class) {
  store *store = &stores[class];
  pthread_mutex_lock(&store->lock);
  uint64_t room = STORE - store->count, count = room < HALF ? room : HALF;
  memcpy(&store->blocks[store->count], magazine->blocks, count * sizeof(void *));
  store->count += count;
  pthread_mutex_unlock(&store->lock);
  for (uint64_t i = count; i < HALF; i++) free(magazine->blocks[i]);
  magazine->count -= HALF;
  memmove(magazine->blocks, &magazine->blocks[HALF], magazine->count * sizeof(void *));
}

static void *make(size_t size) {
  void *block;
  return posix_memalign(&block, 64, size) == 0 ? block : NULL;
}

/* Fetches a block that another thread had, while the caller still works on the one before. */
static void expect_writing(const char *block, size_t size) {
  for (size_t i = 0; i < size; i += 64) __builtin_prefetch(block + i, 1);
}

void *hs_block_take(size_t size) {
  unsigned class = class_of(size);
  hs_slot *slot = class < HS_BLOCK_CLASSES ? hs_slot_self() : NULL;
  if (!slot) return make(size < LEAST ? LEAST : size);
  hs_magazine *magazine = &slot->magazines[class];
  if (magazine->count == 0) fill(magazine, class);
  if (magazine->count == 0) return make((size_t)LEAST << class);
  void *block = magazine->blocks[--magazine->count];
  if (magazine->count > 0) expect_writing(magazine->blocks[magazine->count - 1], size);
  return block;
}

void hs_block_give(void *block, size_t size) {
  unsigned class = class_of(size);
  hs_slot *slot = class < HS_BLOCK_CLASSES ? hs_slot_self() : NULL;
  if (!slot) {
    free(block);
    return;
  }
  hs_magazine *magazine = &slot->magazines[class];
  if (magazine->count == HS_MAGAZINE) empty(magazine, class);
  magazine->blocks[magazine->count++] = block;
}
