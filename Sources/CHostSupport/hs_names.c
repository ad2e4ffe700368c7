#include "hs_names.h"

#include <stdlib.h>

hs_names *hs_names_create(void) { return calloc(1, sizeof(hs_names)); }

static hs_name_slot *slots_of(hs_names *names) {
  hs_name_slot *slots = atomic_load(&names->slots);
  if (slots) return slots;
  hs_name_slot *fresh = calloc(HS_NAMES_SLOTS, sizeof *fresh);
  if (!fresh) return NULL;
  if (atomic_compare_exchange_strong(&names->slots, &slots, fresh)) return fresh;
  free(fresh);
  return slots;
}

void hs_names_add(hs_names *names, const uint8_t *name, uint64_t length, const void *value) {
  if (!name || length == 0 || length > HS_NAMES_LONGEST) return;
  hs_name_slot *slots = slots_of(names);
  if (!slots) return;
  hs_name_slot *slot = &slots[hs_names_slot(name, length)];
  /* The first name keeps its slot: none could be freed, so names that took turns would pile up. */
  if (atomic_load(slot)) return;
  hs_named *named = malloc(sizeof *named);
  if (!named) return;
  *named = (hs_named){name, length, value};
  hs_named *expected = NULL;
  if (!atomic_compare_exchange_strong(slot, &expected, named)) free(named);
}

void hs_names_destroy(hs_names *names) {
  hs_name_slot *slots = atomic_load(&names->slots);
  for (uint32_t i = 0; slots && i < HS_NAMES_SLOTS; i++) free(atomic_load(&slots[i]));
  free(slots);
  free(names);
}
