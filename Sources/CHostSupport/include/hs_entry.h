/* Making and changing owners, entries, topics and tables: control operations, none of them on a fast path. */
#ifndef HS_ENTRY_H
#define HS_ENTRY_H

#include "hs_dispatch.h"

/* All zero but what is given. NULL when there is no memory. Both are freed by epoch. */
hs_owner *hs_owner_create(uint32_t build, void *user);
void hs_owner_set_gate(hs_owner *owner, uint32_t closed, uint32_t group); /* wakes waiters when it opens */
/* What is contained when the owner's code crashes: 1 + HS_CONTAIN_…, or 0 for what holds for the host. */
void hs_owner_set_contain(hs_owner *owner, uint32_t contain);
void hs_owner_set_mode(hs_owner *owner, uint32_t mode);                   /* wakes waiters */
/* Waits until the owner's mode differs from `seen` or `nanoseconds` pass; returns the mode. */
uint32_t hs_owner_wait_mode(hs_owner *owner, uint32_t seen, uint64_t nanoseconds);
/* Number of the closing reload that the owner belongs to, 0 = its gate is open. */
static inline uint32_t hs_owner_group(const hs_owner *owner) {
  return atomic_load_explicit(&owner->group, memory_order_acquire);
}
static inline uint32_t hs_owner_mode(const hs_owner *owner) {
  return atomic_load_explicit(&owner->mode, memory_order_acquire);
}

hs_entry *hs_entry_create(hs_owner *owner, uint32_t side, uint32_t counter, hs_handler call, void *context);
void hs_entry_set_state(hs_entry *entry, uint32_t state);
uint32_t hs_entry_state(const hs_entry *entry);
void hs_entry_move(hs_entry *entry, hs_entry *successor); /* successor first, then HS_MOVED */

hs_table *hs_table_create(uint64_t count, uint32_t sequenced);
void hs_table_set(hs_table *table, uint64_t index, hs_entry *entry);
hs_topic *hs_topic_create(const char *name, const hs_hooks *hooks); /* with an empty table; copies the name */
void hs_topic_destroy(hs_topic *topic);                             /* frees what nobody reads any more, with its tables */
hs_table *hs_topic_swap(hs_topic *topic, hs_table *table);          /* returns the former one */
hs_table *hs_topic_swap_behind(hs_topic *topic, hs_table *table);   /* the same for the handlers behind; NULL at first */
int hs_topic_is_heard(hs_topic *topic);                             /* whether an event would reach an entry now */
int hs_topic_has_dead(hs_topic *topic);                             /* whether a table has a dead entry; while none is swapped */
uint64_t hs_topic_sequence(const hs_topic *topic);

/* The bus's: the topic that the record is of. Set it once, before the record is published to. */
void hs_topic_set_user(hs_topic *topic, void *user);
void *hs_topic_user(const hs_topic *topic);

/* Calls in progress of any entry of `owner`, of all threads but `except` (may be NULL). The caller keeps entries from being
 * freed meanwhile. Call hs_barrier first. */
uint32_t hs_owner_calls(const hs_owner *owner, const hs_slot *except);

/* What Swift, which has no view of atomics in structs, reads and writes of the records. */
void hs_entry_set_user(hs_entry *entry, void *user);
void *hs_entry_user(const hs_entry *entry);
/* Names an entry without a function of its own for crash reports; `label` lives as long as the entry. Before anybody calls it. */
void hs_entry_set_label(hs_entry *entry, const char *label);
/* The innermost publish on the calling thread: its topic, its event's counted copy, and what it returns. */
const hs_topic *hs_publish_topic(void);
void *hs_publish_shared(void);
void hs_publish_set_shared(void *shared);
/* Whether nobody comes after the handler that it calls now. */
int hs_publish_is_last(void);
void hs_publish_set_outcome(int32_t outcome);
/* Sets the side of the calling thread in its present call; returns the former one. */
static inline uint32_t hs_side_set(uint32_t side) {
  hs_slot *slot = hs_slot_self();
  if (!slot) return HS_SIDE_HOST;
  hs_frame *frame = hs_top(slot);
  uint32_t former = frame->side;
  frame->side = side;
  return former;
}
void hs_slot_set_error_sink(hs_slot *slot, void *sink);
void *hs_thread_error_sink(void);
/* The topic of the publish in frame `index` of the calling thread; "" for another kind of call, NULL past the last. */
const char *hs_chain_topic(uint32_t index);
/* hs_pin and hs_unpin of the calling thread's slot. */
void hs_pin_self(void);
void hs_unpin_self(void);
/* Calls of `owner` in progress on threads other than the calling one. */
uint32_t hs_owner_calls_elsewhere(const hs_owner *owner);

/* Marks that the calling thread waits for the end of `entry` (NULL: no longer). */
void hs_wait_mark(hs_entry *entry);

#endif
