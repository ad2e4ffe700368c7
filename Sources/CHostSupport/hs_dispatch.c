#define _GNU_SOURCE
#include "hs_dispatch.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hs_publish.h"

/* How long a gated entry of an owner whose gate is open is left alone: it is about to change. */
#define LOOK_AGAIN 200000ull

size_t hs_deepest = 32 * sizeof(hs_frame);
uint64_t hs_gate_patience = 5000000000ull;

void hs_set_limits(uint32_t depth, uint64_t patience) {
  hs_deepest = (depth < 1 ? 1 : depth > HS_DEPTH_MAX ? HS_DEPTH_MAX : depth) * sizeof(hs_frame);
  hs_gate_patience = patience;
}

uint64_t hs_patience(void) { return hs_gate_patience; }

void hs_futex_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t nanoseconds) {
  struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &time, NULL, 0);
}

void hs_futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0); }

uint64_t hs_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A thread that is inside the closing plugins already must be let through, or they could never drain. */
static int passes(const hs_slot *slot, const hs_frame *below, const hs_owner *closed) {
  uint32_t group = atomic_load(&closed->group);
  for (const hs_frame *frame = slot->frames + 1; frame < below; frame++) {
    hs_entry *entry = atomic_load(&frame->entry);
    if (entry && group != 0 && atomic_load(&entry->owner->group) == group) return 1;
  }
  return 0;
}

/* Sets the hazard, then looks whether the call may start. Returns the entry to call, or NULL with *why. Who has no patience
 * does not go on to a successor either: he may have to give it the event in another way. */
static hs_entry *admit(hs_slot *slot, hs_frame *frame, hs_entry *entry, uint64_t patience, int32_t *why) {
  uint64_t deadline = 0;
  for (;;) {
    atomic_store_explicit(&frame->entry, entry, memory_order_relaxed);
    hs_fence();
    uint32_t state = atomic_load_explicit(&entry->state, memory_order_acquire);
    if (__builtin_expect(state == HS_LIVE, 1)) return entry;
    if (state == HS_GATED && passes(slot, frame, entry->owner)) return entry;
    atomic_store_explicit(&frame->entry, NULL, memory_order_release);
    *why = HS_NOT_LIVE;
    if (state == HS_DEAD) return NULL;
    if (state == HS_MOVED) {
      entry = patience ? atomic_load(&entry->successor) : NULL;
      if (!entry) return NULL;
      continue;
    }
    if (deadline == 0) deadline = hs_now() + patience;
    uint64_t moment = hs_now();
    *why = HS_GATE_CLOSED;
    if (moment >= deadline) return NULL;
    uint64_t left = deadline - moment;
    if (atomic_load(&entry->owner->gate)) hs_futex_wait(&entry->owner->gate, 1, left);
    else hs_futex_wait(&entry->state, HS_GATED, left < LOOK_AGAIN ? left : LOOK_AGAIN);
  }
}

hs_entry *hs_admit(hs_slot *slot, hs_frame *frame, hs_entry *entry) {
  int32_t why = HS_OK;
  frame->side = HS_SIDE_HOST;
  entry = admit(slot, frame, entry, hs_gate_patience, &why);
  if (!entry && why == HS_GATE_CLOSED) {
    frame->outcome = why;
    frame->leaves = 1;
  }
  return entry;
}

/* The negative codes are the host's: a callee that returns one has failed for a reason of its own. */
static inline int32_t own_code(int32_t code) { return code < 0 && code >= HS_UNFIT ? 1 : code; }

static void report(hs_frame *frame, int32_t code) {
  hs_entry *entry = atomic_load(&frame->entry);
  const hs_topic *topic = frame->topic;
  frame->side = HS_SIDE_HOST;
  if (entry && topic->hooks->failed) topic->hooks->failed(entry, frame->event, code, frame->fault);
  frame->fault = 0;
}

void hs_failed(hs_frame *frame, int32_t code) { report(frame, own_code(code)); }

/* What the jumped-to call held in registers or on its stack is not relied on: all that is needed lies in the slot. */
static hs_frame *land(void) {
  hs_frame *frame = hs_top(hs_own_slot);
  frame->pins = 0;
  return frame;
}

void hs_publish_landed(void) {
  hs_frame *frame = land();
  report(frame, HS_CRASHED);
  hs_go_to(frame, frame->position + 1);
}

void hs_number(hs_topic *topic, hs_frame *frame) {
  frame->side = HS_SIDE_HOST;
  topic->hooks->stamp(frame->event, atomic_fetch_add_explicit(&topic->sequence, 1, memory_order_relaxed) + 1);
}

int32_t hs_settle(hs_frame *frame) {
  const hs_topic *topic = frame->topic;
  int32_t outcome = frame->outcome;
  frame->side = HS_SIDE_HOST;
  atomic_store_explicit(&frame->entry, NULL, memory_order_release);
  if (frame->shared) topic->hooks->release(frame->shared);
  frame->shared = NULL;
  frame->outcome = HS_OK;
  frame->leaves = 0;
  return outcome;
}

int32_t hs_publish(hs_topic *topic, void *event) {
  hs_slot *slot = hs_slot_self();
  return __builtin_expect(slot != NULL, 1) ? hs_publish_here(slot, topic, event) : HS_NO_MEMORY;
}

int32_t hs_publish_behind(hs_topic *topic, void *event) {
  hs_slot *slot = hs_slot_self();
  return slot ? hs_publish_to(slot, topic, &topic->behind, event) : HS_NO_MEMORY;
}

int32_t hs_publish_counted(hs_topic *topic, void *event, uint32_t counter) {
  hs_slot *slot = hs_slot_self();
  if (__builtin_expect(slot == NULL, 0)) return HS_NO_MEMORY;
  hs_count(slot, counter);
  return hs_publish_here(slot, topic, event);
}

int32_t hs_call(hs_entry *first, int32_t (*thunk)(void *argument), void *argument, uint64_t patience, int32_t *fault) {
  HS_BOUNDARY;
  hs_slot *slot = hs_slot_self();
  if (!slot) return HS_NO_MEMORY;
  hs_frame *frame = hs_next_frame(slot);
  if (!frame) return HS_TOO_DEEP;
  hs_enter_epoch(slot);
  frame->topic = NULL;
  frame->position = NULL;
  frame->reported = fault;
  frame->side = HS_SIDE_HOST;
  atomic_store_explicit(&frame->entry, NULL, memory_order_relaxed);
  atomic_store_explicit(&slot->top, frame, memory_order_release);
  int32_t result = HS_OK;
  hs_entry *entry = admit(slot, frame, first, patience, &result);
  if (entry) {
    if (__builtin_setjmp(frame->jump) == 0) {
      frame->side = entry->side;
      result = thunk(argument);
      hs_count(slot, entry->counter);
    } else {
      slot = hs_own_slot;
      frame = land();
      result = HS_CRASHED;
      if (frame->reported) *frame->reported = frame->fault;
      frame->fault = 0;
    }
  }
  if (__builtin_expect(frame->leaves != 0, 0)) hs_settle(frame);
  hs_pop(slot, frame);
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
  return own_code(hs_handler_of(entry)(entry->context, work->event, hs_own_slot->error_sink));
}

int32_t hs_deliver(hs_entry *entry, const hs_topic *topic, void *event, uint64_t patience, int32_t *fault) {
  delivery work = {topic, event};
  return hs_call(entry, deliver, &work, patience, fault);
}

typedef struct batch {
  hs_batch_handler handler;
  void *const *events;
  uint64_t count;
  uint64_t *handled;
} batch;

static int32_t deliver_batch(void *argument) {
  const batch *work = argument;
  hs_slot *slot = hs_own_slot;
  hs_entry *entry = atomic_load_explicit(&hs_top(slot)->entry, memory_order_relaxed);
  int32_t code = work->handler(entry->context, work->events, work->count, work->handled, slot->error_sink);
  /* The call itself counts one. */
  if (*work->handled > 1) hs_count_more(entry->counter, *work->handled - 1);
  return own_code(code);
}

int32_t hs_deliver_batch(
    hs_entry *entry, hs_batch_handler handler, void *const *events, uint64_t count, uint64_t *handled, int32_t *fault) {
  batch work = {handler, events, count, handled};
  *handled = 0;
  return hs_call(entry, deliver_batch, &work, 0, fault);
}

hs_frame *hs_present_frame(void) {
  hs_slot *slot = hs_own_slot;
  return slot && hs_top(slot) != slot->frames ? hs_top(slot) : NULL;
}

hs_entry *hs_present_entry(void) {
  hs_frame *frame = hs_present_frame();
  return frame ? atomic_load_explicit(&frame->entry, memory_order_relaxed) : NULL;
}
