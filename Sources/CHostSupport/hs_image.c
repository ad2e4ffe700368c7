#define _GNU_SOURCE
#include "hs_image.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Entries live in chunks that are never moved or freed, so a signal handler may read them at any time.
 * Chunk n holds 64 << n entries; sixteen chunks are four million. */
#define CHUNKS 16
#define FIRST 64

typedef struct entry {
  _Atomic uint32_t version; /* odd while it is being changed */
  _Atomic uint64_t start, end, owner;
} entry;

static entry *_Atomic chunks[CHUNKS];
static _Atomic int32_t used; /* slots that were ever handed out */
static pthread_mutex_t writers = PTHREAD_MUTEX_INITIALIZER;
static int32_t *freed; /* slots to hand out again */
static size_t freed_count, freed_capacity;

static entry *at(int32_t slot) {
  uint32_t n = (uint32_t)slot / FIRST + 1;
  int chunk = 31 - __builtin_clz(n);
  entry *base = atomic_load_explicit(&chunks[chunk], memory_order_acquire);
  return base ? base + ((uint32_t)slot - FIRST * ((1u << chunk) - 1)) : NULL;
}

static void store(entry *slot, uint64_t start, uint64_t end, uint64_t owner) {
  uint32_t version = atomic_load_explicit(&slot->version, memory_order_relaxed);
  atomic_store_explicit(&slot->version, version + 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&slot->start, start, memory_order_relaxed);
  atomic_store_explicit(&slot->end, end, memory_order_relaxed);
  atomic_store_explicit(&slot->owner, owner, memory_order_relaxed);
  atomic_store_explicit(&slot->version, version + 2, memory_order_release);
}

/* Returns: a slot that nobody uses, or -1. Called with the writers' lock held. */
static int32_t take_slot(void) {
  if (freed_count) return freed[--freed_count];
  int32_t slot = atomic_load_explicit(&used, memory_order_relaxed);
  if (freed_capacity < (size_t)slot + 1) { /* room for every slot, so that removing never fails */
    size_t capacity = freed_capacity ? freed_capacity * 2 : FIRST;
    int32_t *larger = realloc(freed, capacity * sizeof *larger);
    if (!larger) return -1;
    freed = larger;
    freed_capacity = capacity;
  }
  int chunk = 31 - __builtin_clz((uint32_t)slot / FIRST + 1);
  if (chunk >= CHUNKS) return -1;
  if (!atomic_load_explicit(&chunks[chunk], memory_order_relaxed)) {
    entry *fresh = calloc((size_t)FIRST << chunk, sizeof *fresh);
    if (!fresh) return -1;
    atomic_store_explicit(&chunks[chunk], fresh, memory_order_release);
  }
  atomic_store_explicit(&used, slot + 1, memory_order_release);
  return slot;
}

int32_t hs_image_add(hs_range range, uint64_t owner) {
  pthread_mutex_lock(&writers);
  int32_t slot = take_slot();
  if (slot >= 0) store(at(slot), range.start, range.end, owner);
  pthread_mutex_unlock(&writers);
  return slot;
}

void hs_image_remove(int32_t slot) {
  pthread_mutex_lock(&writers);
  if (slot >= 0 && slot < atomic_load_explicit(&used, memory_order_relaxed)) {
    store(at(slot), 0, 0, 0);
    freed[freed_count++] = slot;
  }
  pthread_mutex_unlock(&writers);
}

uint64_t hs_image_owner(uint64_t address) {
  int32_t count = atomic_load_explicit(&used, memory_order_acquire);
  for (int32_t slot = 0; slot < count; slot++) {
    entry *found = at(slot);
    uint32_t before = atomic_load_explicit(&found->version, memory_order_acquire);
    uint64_t start = atomic_load_explicit(&found->start, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&found->end, memory_order_relaxed);
    uint64_t owner = atomic_load_explicit(&found->owner, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    uint32_t after = atomic_load_explicit(&found->version, memory_order_relaxed);
    /* An entry that is changing belongs to an image that is coming or going; it runs no code to attribute. */
    if (before == after && !(before & 1) && address >= start && address < end) return owner;
  }
  return 0;
}

int32_t hs_image_containing(uint64_t address, hs_range *range) {
  struct dl_find_object found;
  if (_dl_find_object((void *)(uintptr_t)address, &found) != 0) return -1;
  range->start = (uintptr_t)found.dlfo_map_start;
  range->end = (uintptr_t)found.dlfo_map_end;
  return 0;
}

static struct link_map *map_of(void *handle) {
  struct link_map *map = NULL;
  return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : NULL;
}

uint64_t hs_image_address(void *handle) {
  struct link_map *map = map_of(handle);
  return map ? (uintptr_t)map->l_ld : 0;
}

const char *hs_image_path(void *handle) {
  struct link_map *map = map_of(handle);
  return map ? map->l_name : NULL;
}

typedef struct search {
  const char *prefix;
  size_t length, count, capacity;
  hs_range *ranges;
} search;

static int visit(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  search *search = context;
  if (strncmp(info->dlpi_name, search->prefix, search->length) != 0) return 0;
  hs_range range = {UINT64_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD) continue;
    uint64_t start = (info->dlpi_addr + header->p_vaddr) & ~(uint64_t)4095;
    uint64_t end = (info->dlpi_addr + header->p_vaddr + header->p_memsz + 4095) & ~(uint64_t)4095;
    if (start < range.start) range.start = start;
    if (end > range.end) range.end = end;
  }
  if (search->count < search->capacity) search->ranges[search->count] = range;
  search->count++;
  return 0;
}

size_t hs_image_under(const char *prefix, hs_range *ranges, size_t capacity) {
  search search = {prefix, strlen(prefix), 0, capacity, ranges};
  dl_iterate_phdr(visit, &search);
  return search.count;
}

/* Text relocations would have written to segments that claim not to be writable. */
static int writes_text(const struct dl_phdr_info *info) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) return 1;
  }
  return 0;
}

static int rest(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  /* The headers lie in the first page of each object: those of others at rest must not be touched, and these first. */
  if (info->dlpi_addr != *(const uint64_t *)context) return 0;
  hs_range clean[8];
  int count = 0;
  for (int i = 0; i < info->dlpi_phnum && count < 8 && !writes_text(info); i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_W)) continue;
    clean[count++] = (hs_range){(info->dlpi_addr + header->p_vaddr) & ~(uint64_t)4095,
                                (info->dlpi_addr + header->p_vaddr + header->p_memsz + 4095) & ~(uint64_t)4095};
  }
  for (int i = 0; i < count; i++)
    madvise((void *)(uintptr_t)clean[i].start, clean[i].end - clean[i].start, MADV_DONTNEED);
  return 1;
}

void hs_image_rest(uint64_t start) { dl_iterate_phdr(rest, &start); }
