#include "hs_entry.h"

#include <stdlib.h>
#include <string.h>

hs_owner *hs_owner_create(uint32_t build, void *user) {
  hs_owner *owner = calloc(1, sizeof *owner);
  if (!owner) return NULL;
  owner->build = build;
  owner->user = user;
  return owner;
}

void hs_owner_set_gate(hs_owner *owner, uint32_t closed, uint32_t group) {
  atomic_store(&owner->group, group);
  atomic_store(&owner->gate, closed);
  if (!closed) hs_futex_wake(&owner->gate);
}

void hs_owner_set_mode(hs_owner *owner, uint32_t mode) {
  atomic_store(&owner->mode, mode);
  hs_futex_wake(&owner->mode);
}

void hs_owner_set_contain(hs_owner *owner, uint32_t contain) { atomic_store(&owner->contain, contain); }

uint32_t hs_owner_wait_mode(hs_owner *owner, uint32_t seen, uint64_t nanoseconds) {
  if (atomic_load(&owner->mode) == seen) hs_futex_wait(&owner->mode, seen, nanoseconds);
  return atomic_load(&owner->mode);
}

hs_entry *hs_entry_create(hs_owner *owner, uint32_t side, uint32_t counter, hs_handler call, void *context) {
  hs_entry *entry = calloc(1, sizeof *entry);
  if (!entry) return NULL;
  entry->owner = owner;
  entry->side = side;
  entry->counter = counter;
  atomic_store(&entry->call, call);
  entry->plain = call;
  entry->context = context;
  return entry;
}

void hs_entry_set_state(hs_entry *entry, uint32_t state) { atomic_store(&entry->state, state); }

uint32_t hs_entry_state(const hs_entry *entry) { return atomic_load(&entry->state); }

void hs_entry_move(hs_entry *entry, hs_entry *successor) {
  atomic_store(&entry->successor, successor);
  atomic_store(&entry->state, HS_MOVED);
}

hs_table *hs_table_create(uint64_t count, uint32_t sequenced) {
  hs_table *table = calloc(1, sizeof *table + (count + 1) * sizeof(hs_entry *));
  if (!table) return NULL;
  table->sequenced = sequenced;
  return table;
}

void hs_table_set(hs_table *table, uint64_t index, hs_entry *entry) { table->entries[index] = entry; }

hs_topic *hs_topic_create(const char *name, const hs_hooks *hooks) {
  hs_topic *topic = calloc(1, sizeof *topic);
  hs_table *table = hs_table_create(0, 0);
  char *copy = strdup(name);
  if (!topic || !table || !copy) {
    free(topic);
    free(table);
    free(copy);
    return NULL;
  }
  topic->name = copy;
  topic->hooks = hooks;
  atomic_store(&topic->table, table);
  return topic;
}

void hs_topic_destroy(hs_topic *topic) {
  free(atomic_load(&topic->table));
  free(atomic_load(&topic->behind));
  free((char *)topic->name);
  free(topic);
}

static int has_dead(const hs_table *table) {
  for (hs_entry *const *position = table ? table->entries : NULL; position && *position; position++)
    if (hs_entry_state(*position) == HS_DEAD) return 1;
  return 0;
}

int hs_topic_has_dead(hs_topic *topic) { return has_dead(atomic_load(&topic->table)) || has_dead(atomic_load(&topic->behind)); }

hs_table *hs_topic_swap(hs_topic *topic, hs_table *table) { return atomic_exchange(&topic->table, table); }

void hs_topic_set_user(hs_topic *topic, void *user) { topic->user = user; }
void *hs_topic_user(const hs_topic *topic) { return topic->user; }
hs_table *hs_topic_swap_behind(hs_topic *topic, hs_table *table) { return atomic_exchange(&topic->behind, table); }

uint64_t hs_topic_sequence(const hs_topic *topic) { return atomic_load(&topic->sequence); }

uint32_t hs_owner_calls(const hs_owner *owner, const hs_slot *except) {
  uint32_t calls = 0;
  for (const hs_slot *slot = hs_slots_first(); slot; slot = atomic_load(&slot->next)) {
    if (slot == except) continue;
    uint32_t depth = hs_depth(slot);
    for (uint32_t i = 1; i <= depth; i++) {
      const hs_entry *entry = atomic_load(&slot->frames[i].entry);
      if (entry && entry->owner == owner) calls++;
    }
  }
  return calls;
}

void hs_wait_mark(hs_entry *entry) {
  hs_slot *slot = hs_slot_self();
  if (slot) atomic_store(&slot->waits_for, entry);
}

void hs_entry_set_user(hs_entry *entry, void *user) { entry->user = user; }
void *hs_entry_user(const hs_entry *entry) { return entry->user; }
void hs_entry_set_label(hs_entry *entry, const char *label) { entry->label = label; }

const hs_topic *hs_publish_topic(void) {
  hs_frame *frame = hs_present_frame();
  return frame ? frame->topic : NULL;
}

void *hs_publish_shared(void) {
  hs_frame *frame = hs_present_frame();
  return frame ? frame->shared : NULL;
}

void hs_publish_set_shared(void *shared) {
  hs_frame *frame = hs_present_frame();
  if (!frame) return;
  frame->shared = shared;
  frame->leaves = 1;
}

int hs_publish_is_last(void) {
  hs_frame *frame = hs_present_frame();
  if (!frame) return 0;
  if (!frame->position) return 1; /* a delivery to one entry */
  return *frame->position == atomic_load_explicit(&frame->entry, memory_order_relaxed) && !frame->position[1];
}

void hs_publish_set_outcome(int32_t outcome) {
  hs_frame *frame = hs_present_frame();
  if (!frame) return;
  frame->outcome = outcome;
  frame->leaves = 1;
}

int hs_topic_is_heard(hs_topic *topic) {
  hs_slot *slot = hs_slot_self();
  if (!slot) return 1;
  hs_pin(slot);
  int heard = atomic_load(&topic->table)->entries[0] != NULL;
  hs_unpin(slot);
  return heard;
}

void hs_pin_self(void) {
  hs_slot *slot = hs_slot_self();
  if (slot) hs_pin(slot);
}

void hs_unpin_self(void) {
  hs_slot *slot = hs_slot_self();
  if (slot) hs_unpin(slot);
}

uint32_t hs_owner_calls_elsewhere(const hs_owner *owner) { return hs_owner_calls(owner, hs_own_slot); }

void hs_slot_set_error_sink(hs_slot *slot, void *sink) { slot->error_sink = sink; }

void *hs_thread_error_sink(void) {
  hs_slot *slot = hs_slot_self();
  return slot ? slot->error_sink : NULL;
}

const char *hs_chain_topic(uint32_t index) {
  const hs_slot *slot = hs_own_slot;
  if (!slot || index >= hs_depth(slot)) return NULL;
  const hs_topic *topic = slot->frames[index + 1].topic;
  return topic ? topic->name : "";
}
