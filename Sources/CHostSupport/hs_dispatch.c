#define _GNU_SOURCE
#include "hs_dispatch.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long a gated entry of an owner whose gate is open is left alone: it is about to change. */
#define LOOK_AGAIN 200000ull

uint32_t hs_depth_limit = 32;
uint64_t hs_gate_patience = 5000000000ull;

void hs_futex_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t nanoseconds) {
  struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &time, NULL, 0);
}

void hs_futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0); }

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A thread that is inside the closing plugins already must be let through, or they could never drain. */
static int passes(const hs_slot *slot, const hs_frame *below, const hs_owner *closed) {
  uint32_t group = atomic_load(&closed->group);
  for (const hs_frame *frame = slot->frames; frame < below; frame++) {
    hs_entry *entry = atomic_load(&frame->entry);
    if (entry && group != 0 && atomic_load(&entry->owner->group) == group) return 1;
  }
  return 0;
}

/* Sets the hazard, then looks whether the call may start. Returns the entry to call, or NULL with *why. */
static hs_entry *admit(hs_slot *slot, hs_frame *frame, hs_entry *entry, uint64_t patience, int32_t *why) {
  uint64_t deadline = 0;
  for (;;) {
    atomic_store_explicit(&frame->entry, entry, memory_order_relaxed);
    if (__builtin_expect(hs_fence_needed, 0)) atomic_thread_fence(memory_order_seq_cst);
    else atomic_signal_fence(memory_order_seq_cst);
    uint32_t state = atomic_load_explicit(&entry->state, memory_order_acquire);
    if (__builtin_expect(state == HS_LIVE, 1)) return entry;
    if (state == HS_GATED && passes(slot, frame, entry->owner)) return entry;
    atomic_store_explicit(&frame->entry, NULL, memory_order_release);
    *why = HS_NOT_LIVE;
    if (state == HS_DEAD) return NULL;
    if (state == HS_MOVED) {
      entry = atomic_load(&entry->successor);
      if (!entry) return NULL;
      continue;
    }
    if (deadline == 0) deadline = now() + patience;
    uint64_t moment = now();
    *why = HS_GATE_CLOSED;
    if (moment >= deadline) return NULL;
    uint64_t left = deadline - moment;
    if (atomic_load(&entry->owner->gate)) hs_futex_wait(&entry->owner->gate, 1, left);
    else hs_futex_wait(&entry->state, HS_GATED, left < LOOK_AGAIN ? left : LOOK_AGAIN);
  }
}

static inline hs_frame *push(hs_slot *slot, const hs_topic *topic) {
  uint32_t depth = atomic_load_explicit(&slot->depth, memory_order_relaxed);
  if (__builtin_expect(depth >= hs_depth_limit, 0)) return NULL;
  hs_frame *frame = &slot->frames[depth];
  frame->topic = topic;
  frame->shared = NULL;
  frame->fault = 0;
  frame->outcome = HS_OK;
  frame->side = slot->side;
  atomic_store_explicit(&frame->entry, NULL, memory_order_relaxed);
  atomic_store_explicit(&slot->depth, depth + 1, memory_order_release);
  hs_pin(slot);
  frame->pins = slot->pins;
  slot->side = HS_SIDE_HOST;
  return frame;
}

static inline void pop(hs_slot *slot, const hs_frame *frame) {
  slot->side = frame->side;
  atomic_store_explicit(&slot->depth, atomic_load_explicit(&slot->depth, memory_order_relaxed) - 1, memory_order_release);
  hs_unpin(slot);
}

static inline hs_frame *top(hs_slot *slot) {
  return &slot->frames[atomic_load_explicit(&slot->depth, memory_order_relaxed) - 1];
}

/* After a jump nothing that the jumped-to function held in registers or spilled is relied on: the compiler may have reused
 * the space. All that is needed lies in the slot. Not inlined, so that the slot's address is found anew. */
static __attribute__((noinline)) hs_slot *landed(void) {
  hs_slot *slot = hs_own_slot;
  slot->pins = top(slot)->pins;
  slot->side = HS_SIDE_HOST;
  return slot;
}

/* The negative codes are the host's: a callee that returns one has failed for a reason of its own. */
static inline int32_t own_code(int32_t code) { return code < 0 && code >= HS_QUEUE_FULL ? 1 : code; }

static __attribute__((noinline)) void report(hs_topic *topic, hs_frame *frame, void *event, int32_t code) {
  hs_entry *entry = atomic_load(&frame->entry);
  if (entry && topic->hooks->failed) topic->hooks->failed(entry, event, code, frame->fault);
  frame->fault = 0;
}

/* One jump point serves all handlers of a publish: what must survive a jump lives in the frame, and delivery goes on with
 * the next index. */
static inline __attribute__((always_inline)) int32_t publish(hs_slot *slot, hs_topic *topic, void *event) {
  hs_frame *frame = push(slot, topic);
  if (__builtin_expect(frame == NULL, 0)) return HS_TOO_DEEP;
  const hs_table *table = atomic_load_explicit(&topic->table, memory_order_acquire);
  if (table->sequenced) topic->hooks->stamp(event, atomic_fetch_add_explicit(&topic->sequence, 1, memory_order_relaxed) + 1);
  frame->event = event;
  frame->table = table;
  frame->index = 0;
  frame->stack = (uintptr_t)__builtin_frame_address(0);
  if (__builtin_expect(__builtin_setjmp(frame->jump), 0)) {
    slot = landed();
    frame = top(slot);
    topic = (hs_topic *)frame->topic;
    event = frame->event;
    table = frame->table;
    report(topic, frame, event, HS_CRASHED);
    frame->index++;
  }
  for (uint64_t i = frame->index; i < table->count; i++) {
    hs_entry *entry = table->entries[i];
    frame->index = (uint32_t)i;
    atomic_store_explicit(&frame->entry, entry, memory_order_relaxed);
    if (__builtin_expect(hs_fence_needed, 0)) atomic_thread_fence(memory_order_seq_cst);
    else atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&entry->state, memory_order_acquire) != HS_LIVE, 0)) {
      int32_t why = HS_OK;
      entry = admit(slot, frame, entry, hs_gate_patience, &why);
      if (!entry) {
        if (why == HS_GATE_CLOSED) frame->outcome = why;
        continue;
      }
    }
    slot->side = entry->side;
    int32_t code = entry->call(entry->context, event, slot->error_sink);
    slot->side = HS_SIDE_HOST;
    hs_count(slot, entry->counter);
    if (__builtin_expect(code != 0, 0)) report(topic, frame, event, own_code(code));
  }
  atomic_store_explicit(&frame->entry, NULL, memory_order_release);
  if (__builtin_expect(frame->shared != NULL, 0)) topic->hooks->release(frame->shared);
  int32_t outcome = frame->outcome;
  pop(slot, frame);
  return outcome;
}

int32_t hs_publish(hs_topic *topic, void *event) {
  hs_slot *slot = hs_slot_self();
  return __builtin_expect(slot != NULL, 1) ? publish(slot, topic, event) : HS_NO_MEMORY;
}

int32_t hs_publish_counted(hs_topic *topic, void *event, uint32_t counter) {
  hs_slot *slot = hs_slot_self();
  if (__builtin_expect(slot == NULL, 0)) return HS_NO_MEMORY;
  hs_count(slot, counter);
  return publish(slot, topic, event);
}

int32_t hs_call(hs_entry *first, int32_t (*thunk)(void *argument), void *argument, uint64_t patience, int32_t *fault) {
  hs_slot *slot = hs_slot_self();
  if (!slot) return HS_NO_MEMORY;
  hs_frame *frame = push(slot, NULL);
  if (!frame) return HS_TOO_DEEP;
  frame->reported = fault;
  int32_t result = HS_OK;
  hs_entry *entry = admit(slot, frame, first, patience, &result);
  if (entry) {
    frame->stack = (uintptr_t)__builtin_frame_address(0);
    if (__builtin_setjmp(frame->jump) == 0) {
      slot->side = entry->side;
      result = thunk(argument);
      hs_count(slot, entry->counter);
    } else {
      slot = landed();
      frame = top(slot);
      result = HS_CRASHED;
      if (frame->reported) *frame->reported = frame->fault;
    }
  }
  slot->side = HS_SIDE_HOST;
  atomic_store_explicit(&frame->entry, NULL, memory_order_release);
  pop(slot, frame);
  return result;
}

typedef struct delivery {
  const hs_topic *topic;
  void *event;
} delivery;

static int32_t deliver(void *argument) {
  const delivery *work = argument;
  hs_frame *frame = hs_present_frame();
  hs_entry *entry = atomic_load_explicit(&frame->entry, memory_order_relaxed);
  frame->topic = work->topic;
  return own_code(entry->call(entry->context, work->event, hs_own_slot->error_sink));
}

int32_t hs_deliver(hs_entry *entry, const hs_topic *topic, void *event, int32_t *fault) {
  delivery work = {topic, event};
  return hs_call(entry, deliver, &work, 0, fault);
}

hs_frame *hs_present_frame(void) {
  hs_slot *slot = hs_own_slot;
  uint32_t depth = slot ? atomic_load_explicit(&slot->depth, memory_order_relaxed) : 0;
  return depth ? &slot->frames[depth - 1] : NULL;
}

hs_entry *hs_present_entry(void) {
  hs_frame *frame = hs_present_frame();
  return frame ? atomic_load_explicit(&frame->entry, memory_order_relaxed) : NULL;
}
