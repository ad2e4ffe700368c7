/* Finds what was registered by its handle. Nothing is allocated, so nothing can fail; whoever has one locks it. */
#ifndef ISO_INDEX_H
#define ISO_INDEX_H

#include <stdint.h>

/* Registrations are 65,536 at most, so that a list has four on average. */
#define ISO_INDEX_LISTS 16384u

/* Within what is registered. */
typedef struct iso_node {
  uint64_t key; /* 0 while it is in no index */
  struct iso_node *next;
} iso_node;

/* Zeroed, it is empty. */
typedef struct iso_index {
  iso_node *lists[ISO_INDEX_LISTS];
} iso_index;

/* The list of a key. */
static inline iso_node **iso_index_list(iso_index *index, uint64_t key) {
  return &index->lists[(key * 0x9e3779b97f4a7c15u) >> 50];
}

/* The node that was entered with a key, or NULL. */
static inline iso_node *iso_index_find(iso_index *index, uint64_t key) {
  iso_node *node = *iso_index_list(index, key);
  while (node && node->key != key) node = node->next;
  return node;
}

/* Enters a node, which is in no index, with a key that is not 0. */
static inline void iso_index_enter(iso_index *index, iso_node *node, uint64_t key) {
  iso_node **list = iso_index_list(index, key);
  *node = (iso_node){key, *list};
  *list = node;
}

/* Takes a node out, if it is in. */
static inline void iso_index_remove(iso_index *index, iso_node *node) {
  if (node->key == 0) return;
  iso_node **place = iso_index_list(index, node->key);
  while (*place != node) place = &(*place)->next;
  *place = node->next;
  node->key = 0;
}

#endif
