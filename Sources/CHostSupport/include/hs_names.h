/* What a plugin publishes to by name, found again without a lock: a cache in front of a table that has one. */
#ifndef HS_NAMES_H
#define HS_NAMES_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define HS_NAMES_SLOTS 256u
#define HS_NAMES_LONGEST 255u

/* One name. Never freed or changed. */
typedef struct hs_named {
  const uint8_t *name;
  uint64_t length;
  const void *value;
} hs_named;

typedef hs_named *_Atomic hs_name_slot;

/* A name has one slot; the first of those that share it keeps it, the others are looked up in the table. */
typedef struct hs_names {
  hs_name_slot *_Atomic slots; /* NULL until the first name */
} hs_names;

/* An empty cache, or NULL when there is no memory. Never freed: a late publish may look into it. */
hs_names *hs_names_create(void);
/* Frees a table that nobody reads any more. */
void hs_names_destroy(hs_names *names);

/* Remembers a name, which must never be freed. Without memory nothing is remembered. */
void hs_names_add(hs_names *names, const uint8_t *name, uint64_t length, const void *value);

static inline uint32_t hs_names_slot(const uint8_t *name, uint64_t length) {
  uint64_t hash = length;
  while (length >= 8) {
    uint64_t word;
    memcpy(&word, name, 8);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
    name += 8;
    length -= 8;
  }
  uint64_t rest = 0;
  for (uint64_t i = 0; i < length; i++) rest = rest << 8 | name[i];
  return (uint32_t)(((hash ^ rest) * 0x9E3779B97F4A7C15ull) >> 56) % HS_NAMES_SLOTS;
}

/* The value of a name, or NULL when it is not remembered. */
static inline const void *hs_names_find(const hs_names *names, const uint8_t *name, uint64_t length) {
  hs_name_slot *slots = atomic_load_explicit(&names->slots, memory_order_acquire);
  if (!slots || !name || length == 0 || length > HS_NAMES_LONGEST) return NULL;
  const hs_named *found = atomic_load_explicit(&slots[hs_names_slot(name, length)], memory_order_acquire);
  if (!found || found->length != length || memcmp(found->name, name, length) != 0) return NULL;
  return found->value;
}

#endif
