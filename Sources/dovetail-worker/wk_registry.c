/* What the plugin registered. Tokens lead to places in chunks that are never moved or freed. */
#include <stdlib.h>

#include "iso_index.h"
#include "wk.h"

#define CHUNK 256u
#define CHUNKS 512u

typedef struct place {
  iso_node node;  /* its key is the host's handle, once that is known */
  wk_entry entry;
  uint32_t token;
  uint32_t next;  /* of the free ones: its token */
  uint32_t used;
  uint32_t spent; /* it was called, before its handle was known */
} place;

static place *_Atomic chunks[CHUNKS];
static iso_index handles;
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
  if (token) *at(token) = (place){.entry = entry, .token = token, .used = 1};
  pthread_mutex_unlock(&lock);
  return token;
}

wk_entry wk_find(uint64_t token) {
  const place *place = at(token);
  return place && place->used ? place->entry : (wk_entry){0};
}

/* With the lock held. */
static void leave(place *place) {
  if (!place || !place->used) return;
  place->used = 0;
  iso_index_remove(&handles, &place->node);
  place->next = first_free;
  first_free = place->token;
}

void wk_set_handle(uint64_t token, uint64_t handle) {
  pthread_mutex_lock(&lock);
  place *place = at(token);
  if (place && place->spent) leave(place);
  else if (place && place->used) iso_index_enter(&handles, &place->node, handle);
  pthread_mutex_unlock(&lock);
}

void wk_spend(uint64_t token) {
  pthread_mutex_lock(&lock);
  place *place = at(token);
  if (place && place->node.key) leave(place);
  else if (place) place->spent = 1;
  pthread_mutex_unlock(&lock);
}

void wk_leave(uint64_t token) {
  pthread_mutex_lock(&lock);
  leave(at(token));
  pthread_mutex_unlock(&lock);
}

void wk_leave_handle(uint64_t handle) {
  pthread_mutex_lock(&lock);
  iso_node *node = iso_index_find(&handles, handle);
  if (node) leave((place *)((char *)node - offsetof(place, node)));
  pthread_mutex_unlock(&lock);
}
