#define _GNU_SOURCE
#include "hs_slot.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hs_thread.h"

#define ALTERNATE_STACK (64 * 1024)

_Thread_local hs_slot *hs_own_slot;
_Atomic uint64_t hs_epoch = 1;
int hs_fence_needed = 1;

static hs_slot *_Atomic first;
static _Atomic uint32_t slots;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void (*on_create)(hs_slot *);

static void clear(hs_frame *frame) {
  atomic_store_explicit(&frame->entry, NULL, memory_order_release);
  frame->side = HS_SIDE_HOST;
  frame->shared = NULL;
  frame->fault = frame->outcome = 0;
  frame->pins = frame->leaves = 0;
}

static void give_back(void *value) {
  hs_slot *slot = value;
  stack_t none = {.ss_flags = SS_DISABLE};
  if (slot->alternate) sigaltstack(&none, NULL);
  hs_own_slot = NULL;
  /* A thread that ended inside a call (pthread_exit) left these behind. */
  uint32_t depth = hs_depth(slot);
  atomic_store_explicit(&slot->waits_for, NULL, memory_order_relaxed);
  atomic_store_explicit(&slot->top, slot->frames, memory_order_release);
  for (uint32_t i = 0; i <= depth; i++) clear(&slot->frames[i]);
  atomic_store_explicit(&slot->epoch, 0, memory_order_release);
  atomic_store_explicit(&slot->used, 0, memory_order_release);
}

static void prepare(void) {
  pthread_key_create(&at_thread_end, give_back);
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return; /* it cannot see what a membarrier orders */
#endif
#endif
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) hs_fence_needed = 0;
}

/* Before the process has threads: registering later waits for every processor, which takes some 20 ms. */
__attribute__((constructor)) static void prepare_early(void) { pthread_once(&once, prepare); }

static hs_slot *reuse(void) {
  for (hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next)) {
    uint32_t unused = 0;
    if (atomic_compare_exchange_strong(&slot->used, &unused, 1)) return slot;
  }
  return NULL;
}

static hs_slot *create(void) {
  hs_slot *slot =
      mmap(NULL, sizeof *slot, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slot == MAP_FAILED) return NULL;
  atomic_store(&slot->top, slot->frames);
  void *stack = mmap(NULL, ALTERNATE_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  slot->alternate = stack == MAP_FAILED ? NULL : stack;
  slot->number = atomic_fetch_add(&slots, 1);
  atomic_store(&slot->used, 1);
  if (on_create) on_create(slot);
  hs_slot *head = atomic_load(&first);
  do atomic_store(&slot->next, head);
  while (!atomic_compare_exchange_weak(&first, &head, slot));
  return slot;
}

hs_slot *hs_slots_first(void) { return atomic_load_explicit(&first, memory_order_acquire); }

void hs_slots_on_create(void (*hook)(hs_slot *slot)) {
  on_create = hook;
  for (hs_slot *slot = hs_slots_first(); hook && slot; slot = atomic_load(&slot->next))
    if (!slot->error_sink) hook(slot);
}

hs_slot *hs_slot_claim(void) {
  if (hs_own_slot) return hs_own_slot;
  pthread_once(&once, prepare);
  hs_slot *slot = reuse();
  if (!slot && !(slot = create())) return NULL;
  slot->thread = (int32_t)syscall(SYS_gettid);
  slot->ours = (uint32_t)hs_thread_is_ours();
  stack_t present, own = {.ss_sp = slot->alternate, .ss_size = ALTERNATE_STACK};
  if (slot->alternate && sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) sigaltstack(&own, NULL);
  pthread_setspecific(at_thread_end, slot);
  return hs_own_slot = slot;
}

void hs_barrier(void) {
  pthread_once(&once, prepare);
  if (hs_fence_needed) atomic_thread_fence(memory_order_seq_cst);
  else syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

uint64_t hs_epoch_advance(void) {
  uint64_t ended = atomic_fetch_add(&hs_epoch, 1);
  hs_barrier();
  return ended;
}

uint64_t hs_oldest_epoch(void) {
  uint64_t oldest = UINT64_MAX;
  for (hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next)) {
    uint64_t epoch = atomic_load_explicit(&slot->epoch, memory_order_acquire);
    if (epoch != 0 && epoch < oldest) oldest = epoch;
  }
  return oldest;
}

int hs_slot_inside(const hs_slot *slot, const hs_entry *entry) {
  uint32_t depth = hs_depth(slot);
  for (uint32_t i = 1; i <= depth; i++)
    if (atomic_load_explicit(&slot->frames[i].entry, memory_order_acquire) == entry) return 1;
  return 0;
}

uint32_t hs_entry_calls(const hs_entry *entry, const hs_slot *except) {
  uint32_t calls = 0;
  for (hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next))
    if (slot != except && hs_slot_inside(slot, entry)) calls++;
  return calls;
}

/* Follows the chain of waits: who is inside `entry`, what does that thread wait for, … back to this thread? */
static int leads_to(const hs_entry *entry, const hs_slot *self, int hops) {
  if (hs_slot_inside(self, entry)) return 1;
  if (hops == 0) return 0;
  for (hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next)) {
    if (slot == self || !hs_slot_inside(slot, entry)) continue;
    const hs_entry *next = atomic_load(&slot->waits_for);
    if (next && next != entry && leads_to(next, self, hops - 1)) return 1;
  }
  return 0;
}

int hs_wait_would_deadlock(const hs_entry *entry) {
  const hs_slot *self = hs_own_slot;
  return self ? leads_to(entry, self, 16) : 0;
}

uint64_t hs_counter_sum(uint32_t counter) {
  uint64_t sum = 0;
  for (hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next))
    sum += __atomic_load_n(&slot->counters[counter % HS_COUNTERS], __ATOMIC_RELAXED);
  return sum;
}
