#include "check.h"

#define REGISTRATIONS 65536u

static iso_index found;
static iso_node nodes[REGISTRATIONS];

/* Those of a list, of the index's longest. */
static size_t longest(void) {
  size_t most = 0;
  for (size_t i = 0; i < ISO_INDEX_LISTS; i++) {
    size_t length = 0;
    for (const iso_node *node = found.lists[i]; node; node = node->next) length++;
    if (length > most) most = length;
  }
  return most;
}

/* Handles are numbers in a row, of which any may have ended. As many as there can be are looked up in a few steps each. */
void check_index(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  uint64_t next = 1;
  for (size_t i = 0; i < REGISTRATIONS; i++) iso_index_enter(&found, &nodes[i], next++);
  for (uint64_t round = 0; round < rounds; round++) {
    CHECK(longest() <= 32, "%zu of %u are in one list", longest(), REGISTRATIONS);
    for (size_t i = 0; i < REGISTRATIONS; i++) {
      iso_node *node = &nodes[dice_below(&dice, REGISTRATIONS)];
      uint64_t key = node->key;
      CHECK(iso_index_find(&found, key) == node, "%llu leads elsewhere", (unsigned long long)key);
      iso_index_remove(&found, node);
      iso_index_remove(&found, node);
      CHECK(!iso_index_find(&found, key), "%llu is still there", (unsigned long long)key);
      iso_index_enter(&found, node, next++);
    }
  }
  for (size_t i = 0; i < REGISTRATIONS; i++) iso_index_remove(&found, &nodes[i]);
  CHECK(longest() == 0, "something is left");
}
