/* What the plugin registered. Tokens lead to places in chunks that are never moved or freed. */
#include <stdlib.h>

#include "wk.h"

#define CHUNK 256u
#define CHUNKS 512u

typedef struct place {
  wk_entry entry;
  uint64_t handle;
  uint32_t next; /* of the free ones, index + 1 */
  uint32_t used;
  uint32_t spent; /* it was called, before its handle was known */
} place;

static place *_Atomic chunks[CHUNKS];
static uint32_t made, first_free;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static place *at(uint64_t token) {
  if (token == 0 || token > (uint64_t)CHUNK * CHUNKS) return NULL;
  place *chunk = atomic_load_explicit(&chunks[(token - 1) / CHUNK], memory_order_acquire);
  return chunk ? &chunk[(token - 1) % CHUNK] : NULL;
}

static uint32_t make(void) {
  if (made == CHUNK * CHUNKS) return 0;
  if (made % CHUNK == 0) {
    place *chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk) return 0;
    atomic_store_explicit(&chunks[made / CHUNK], chunk, memory_order_release);
  }
  return ++made;
}

uint64_t wk_enter(wk_entry entry) {
  pthread_mutex_lock(&lock);
  uint32_t token = first_free;
  if (token) first_free = at(token)->next;
  else token = make();
  if (token) *at(token) = (place){.entry = entry, .used = 1};
  pthread_mutex_unlock(&lock);
  return token;
}

wk_entry wk_find(uint64_t token) {
  const place *place = at(token);
  return place && place->used ? place->entry : (wk_entry){0};
}

/* With the lock held. */
static void leave(uint64_t token) {
  place *place = at(token);
  if (!place || !place->used) return;
  place->used = 0;
  place->handle = 0;
  place->next = first_free;
  first_free = (uint32_t)token;
}

void wk_set_handle(uint64_t token, uint64_t handle) {
  pthread_mutex_lock(&lock);
  place *place = at(token);
  if (place && place->spent) leave(token);
  else if (place) place->handle = handle;
  pthread_mutex_unlock(&lock);
}

void wk_spend(uint64_t token) {
  pthread_mutex_lock(&lock);
  place *place = at(token);
  if (place && place->handle) leave(token);
  else if (place) place->spent = 1;
  pthread_mutex_unlock(&lock);
}

void wk_leave(uint64_t token) {
  pthread_mutex_lock(&lock);
  leave(token);
  pthread_mutex_unlock(&lock);
}

void wk_leave_handle(uint64_t handle) {
  uint64_t found = 0;
  pthread_mutex_lock(&lock);
  for (uint64_t token = 1; token <= made && !found; token++)
    if (at(token)->used && at(token)->handle == handle) found = token;
  pthread_mutex_unlock(&lock);
  if (found) wk_leave(found);
}
