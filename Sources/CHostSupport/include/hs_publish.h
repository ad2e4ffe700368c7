/* The dispatch loop, to be compiled into the functions that publish. Those are for C to write: a function that is jumped back
 * into must not become part of one of Swift's. */
#ifndef HS_PUBLISH_H
#define HS_PUBLISH_H

#include <stddef.h>

#include "hs_boundary.h"
#include "hs_dispatch.h"

#pragma GCC visibility push(hidden)
extern size_t hs_deepest; /* of a frame that may be used, in bytes from the first */
extern uint64_t hs_gate_patience;

/* What is beside the ordinary course. */
void hs_number(hs_topic *topic, hs_frame *frame);                    /* gives the event its number */
hs_entry *hs_admit(hs_slot *slot, hs_frame *frame, hs_entry *entry); /* whom to call when `entry` is not live, or NULL */
void hs_failed(hs_frame *frame, int32_t code);                       /* reports a handler that returned `code` */
void hs_publish_landed(void);                                        /* reports one that crashed, and goes past it */
int32_t hs_settle(hs_frame *frame);                                  /* does away with what `leaves` says; returns the outcome */
#pragma GCC visibility pop

/* The frame for one more call, or NULL when the thread is too deep. */
static inline hs_frame *hs_next_frame(hs_slot *slot) {
  hs_frame *present = hs_top(slot);
  if (__builtin_expect((size_t)((char *)present - (char *)slot->frames) >= hs_deepest, 0)) return NULL;
  return present + 1;
}

static inline void hs_pop(hs_slot *slot, hs_frame *frame) {
  atomic_store_explicit(&slot->top, frame - 1, memory_order_release);
  hs_leave_epoch(slot, frame - 1);
}

/* Sets the hazard to the next handler. Who sees that may free what the one before it used: that was before. */
static inline void hs_go_to(hs_frame *frame, hs_entry *const *position) {
  frame->position = position;
  atomic_store_explicit(&frame->entry, *position, memory_order_release);
}

/* With HS_UNGUARDED, which a benchmark defines, without what the crash guard takes. */
#ifdef HS_UNGUARDED
#define HS_GUARDED(statements)
#else
#define HS_GUARDED(statements) statements
#endif

/* Delivers an event to every live entry of one of the topic's tables, in order. One jump point serves all handlers of a publish.
 * Past it everything comes from the slot: nothing in registers or on the stack survives a jump. */
static inline __attribute__((always_inline)) int32_t hs_publish_to(
    hs_slot *slot, hs_topic *topic, hs_table *_Atomic *handlers, void *event) {
  HS_BOUNDARY;
  hs_frame *frame = hs_next_frame(slot);
  if (__builtin_expect(frame == NULL, 0)) return HS_TOO_DEEP;
  hs_enter_epoch(slot);
  const hs_table *table = atomic_load_explicit(handlers, memory_order_acquire);
  frame->topic = topic;
  frame->event = event;
  hs_go_to(frame, table->entries); /* before the frame is seen: what its last call left there may be gone */
  atomic_store_explicit(&slot->top, frame, memory_order_release);
  if (__builtin_expect(table->sequenced != 0, 0)) hs_number(topic, frame);
  HS_GUARDED(if (__builtin_expect(__builtin_setjmp(frame->jump), 0)) hs_publish_landed(); slot = hs_own_slot;
             frame = hs_top(slot);)
  hs_entry *const *position = frame->position;
  for (hs_entry *entry = *position; entry;) {
    hs_fence();
    if (__builtin_expect(atomic_load_explicit(&entry->state, memory_order_acquire) == HS_LIVE, 1) ||
        (entry = hs_admit(slot, frame, entry)) != NULL) {
      HS_GUARDED(frame->side = entry->side;)
      int32_t code = hs_handler_of(entry)(entry->context, frame->event, slot->error_sink);
      hs_count(slot, entry->counter);
      if (__builtin_expect(code != 0, 0)) hs_failed(frame, code);
    }
    entry = *++position;
    if (entry) hs_go_to(frame, position);
  }
  int32_t outcome = HS_OK;
  if (__builtin_expect(frame->leaves != 0, 0)) outcome = hs_settle(frame);
  hs_pop(slot, frame);
  return outcome;
}

/* The same for the table that every publish begins with. */
static inline __attribute__((always_inline)) int32_t hs_publish_here(hs_slot *slot, hs_topic *topic, void *event) {
  return hs_publish_to(slot, topic, &topic->table, event);
}

#endif
