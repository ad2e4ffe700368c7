#define _GNU_SOURCE
#include "hs_sample.h"

#include <stddef.h>
#include <time.h>

/* The clock of another thread's processor time, as pthread_getcpuclockid makes it of a thread that still runs. */
static clockid_t clock_of(int32_t thread) { return (clockid_t)((~(uint32_t)thread << 3) | 6u); }

static const hs_owner *innermost(const hs_slot *slot) {
  for (uint32_t depth = hs_depth(slot); depth > 0 && depth <= HS_DEPTH_MAX; depth--) {
    const hs_entry *entry = atomic_load_explicit(&slot->frames[depth].entry, memory_order_acquire);
    if (entry && entry->side == HS_SIDE_PLUGIN) return entry->owner;
  }
  return NULL;
}

/* Enters the epoch that the thread is in, so that nothing it holds is freed meanwhile; it must still be in it afterwards. */
static const hs_owner *look(hs_slot *self, const hs_slot *slot) {
  uint64_t epoch = atomic_load_explicit(&slot->epoch, memory_order_acquire);
  if (epoch == 0) return NULL;
  atomic_store_explicit(&self->epoch, epoch, memory_order_seq_cst);
  atomic_thread_fence(memory_order_seq_cst);
  const hs_owner *owner = NULL;
  if (atomic_load_explicit(&slot->epoch, memory_order_acquire) == epoch) owner = innermost(slot);
  atomic_store_explicit(&self->epoch, 0, memory_order_release);
  return owner;
}

uint32_t hs_sample_threads(hs_sample *samples, uint32_t most) {
  hs_slot *self = hs_slot_self();
  uint32_t count = 0;
  if (!self || atomic_load_explicit(&self->epoch, memory_order_relaxed) != 0) return 0;
  for (hs_slot *slot = hs_slots_first(); slot && count < most; slot = atomic_load(&slot->next)) {
    if (slot == self || !atomic_load_explicit(&slot->used, memory_order_acquire)) continue;
    const hs_owner *owner = look(self, slot);
    struct timespec time;
    if (!owner || clock_gettime(clock_of(slot->thread), &time) != 0) continue;
    samples[count++] = (hs_sample){.owner = owner,
                                   .cpu = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec,
                                   .slot = slot->number,
                                   .thread = slot->thread,
                                   .ours = slot->ours};
  }
  return count;
}
