#define _GNU_SOURCE
#include "hs_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int ends_with(const char *name, size_t length, const char *suffix, size_t suffix_length) {
  return length > suffix_length && memcmp(name + length - suffix_length, suffix, suffix_length) == 0;
}

static int is_wanted(const char *name, size_t length) {
  return name[0] != '.' &&
         (ends_with(name, length, ".so", 3) || ends_with(name, length, ".plugin.json", 12));
}

static int64_t nanoseconds(struct timespec time) {
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void read_status(int folder, const char *name, hs_dir_entry *entry) {
  struct stat status;
  if (fstatat(folder, name, &status, 0) != 0) {
    entry->error = errno;
    return;
  }
  entry->mode = status.st_mode;
  entry->identity = (hs_file_identity){status.st_dev, status.st_ino, (uint64_t)status.st_size,
                                       nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

/* Makes room for one more of `size` bytes each; the capacity doubles. */
static int grow(void **array, size_t used, size_t wanted, size_t *capacity, size_t size) {
  if (used + wanted <= *capacity) return 1;
  size_t larger = *capacity ? *capacity * 2 : 4096;
  while (larger < used + wanted) larger *= 2;
  void *moved = realloc(*array, larger * size);
  if (!moved) return 0;
  *array = moved;
  *capacity = larger;
  return 1;
}

/* Eight bytes of a name as a number that orders as they do, and whose name it is. */
typedef struct sort_key {
  uint64_t key;
  const hs_dir_entry *entry;
} sort_key;

static int compare(const void *left, const void *right, void *names) {
  const sort_key *a = left, *b = right;
  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  return strcmp((const char *)names + a->entry->name_offset,
                (const char *)names + b->entry->name_offset);
}

/* How many bytes all names have in common at their start. */
static size_t common_prefix(const hs_dir_listing *listing) {
  const char *first = listing->names + listing->entries[0].name_offset;
  size_t common = listing->entries[0].name_length;
  for (size_t i = 1; i < listing->count && common > 0; i++) {
    const char *name = listing->names + listing->entries[i].name_offset;
    size_t same = 0;
    while (same < common && name[same] == first[same]) same++;
    common = same;
  }
  return common;
}

static uint64_t key_of(const char *name) {
  uint64_t key = 0;
  int ended = 0;
  for (int i = 0; i < 8; i++) {
    uint8_t byte = ended ? 0 : (uint8_t)name[i];
    if (byte == 0) ended = 1;
    key = key << 8 | byte;
  }
  return key;
}

/* Sorts by the bytes of the names. Names in one folder mostly begin alike, so what follows is compared first. */
static int32_t sort_entries(hs_dir_listing *listing) {
  if (listing->count < 2) return 0;
  sort_key *keys = malloc(listing->count * sizeof *keys);
  hs_dir_entry *sorted = malloc(listing->count * sizeof *sorted);
  if (!keys || !sorted) {
    free(keys);
    free(sorted);
    return ENOMEM;
  }
  size_t prefix = common_prefix(listing);
  for (size_t i = 0; i < listing->count; i++) {
    const hs_dir_entry *entry = &listing->entries[i];
    keys[i] = (sort_key){key_of(listing->names + entry->name_offset + prefix), entry};
  }
  qsort_r(keys, listing->count, sizeof *keys, compare, listing->names);
  for (size_t i = 0; i < listing->count; i++) sorted[i] = *keys[i].entry;
  free(keys);
  free(listing->entries);
  listing->entries = sorted;
  return 0;
}

static int32_t read_all(DIR *folder, hs_dir_listing *out) {
  size_t entry_room = 0, name_room = 0;
  for (;;) {
    errno = 0;
    struct dirent *found = readdir(folder);
    if (!found) return errno;
    size_t length = strlen(found->d_name);
    if (!is_wanted(found->d_name, length)) continue;
    if (!grow((void **)&out->entries, out->count, 1, &entry_room, sizeof(hs_dir_entry)) ||
        !grow((void **)&out->names, out->names_size, length + 1, &name_room, 1))
      return ENOMEM;
    if (out->names_size + length >= UINT32_MAX) return EOVERFLOW;
    hs_dir_entry *entry = &out->entries[out->count++];
    memset(entry, 0, sizeof *entry);
    entry->name_offset = (uint32_t)out->names_size;
    entry->name_length = (uint32_t)length;
    memcpy(out->names + out->names_size, found->d_name, length + 1);
    out->names_size += length + 1;
    read_status(dirfd(folder), found->d_name, entry);
  }
}

int32_t hs_dir_list(const char *path, hs_dir_listing *out) {
  memset(out, 0, sizeof *out);
  int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  DIR *folder = fdopendir(descriptor);
  if (!folder) {
    int32_t error = errno;
    close(descriptor);
    return error;
  }
  int32_t error = read_all(folder, out);
  closedir(folder);
  return error == 0 ? sort_entries(out) : error;
}

void hs_dir_free(hs_dir_listing *listing) {
  free(listing->entries);
  free(listing->names);
  memset(listing, 0, sizeof *listing);
}

static uint32_t crc_by_table(const uint8_t *bytes, size_t size) {
  uint32_t table[256];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0);
    table[i] = value;
  }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_by_cpu(const uint8_t *bytes, size_t size) {
  uint64_t crc = ~0u;
  for (; size >= 8; size -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  uint32_t rest = (uint32_t)crc;
  for (; size > 0; size--, bytes++) rest = __builtin_ia32_crc32qi(rest, *bytes);
  return ~rest;
}

uint32_t hs_crc32c(const uint8_t *bytes, size_t size) {
  return __builtin_cpu_supports("sse4.2") ? crc_by_cpu(bytes, size) : crc_by_table(bytes, size);
}
#else
uint32_t hs_crc32c(const uint8_t *bytes, size_t size) { return crc_by_table(bytes, size); }
#endif

static int lies_within(uint32_t offset, uint32_t length, size_t size) {
  return offset <= size && length <= size - offset;
}

static hs_registry_record record_at(const uint8_t *image, uint32_t number) {
  hs_registry_record record;
  memcpy(&record, image + sizeof(hs_registry_header) + (size_t)number * sizeof record, sizeof record);
  return record;
}

int32_t hs_registry_check(const uint8_t *image, size_t size) {
  hs_registry_header header;
  if (size < sizeof header) return 0;
  memcpy(&header, image, sizeof header);
  if (memcmp(header.magic, "DVTREG\0", 8) != 0 || header.version != HS_REGISTRY_VERSION) return 0;
  if (header.size != size) return 0;
  if (header.count > (size - sizeof header) / sizeof(hs_registry_record)) return 0;
  if (hs_crc32c(image + sizeof header, size - sizeof header) != header.crc) return 0;
  for (uint32_t i = 0; i < header.count; i++) {
    hs_registry_record record = record_at(image, i);
    if (!lies_within(record.name_offset, record.name_length, size) ||
        !lies_within(record.facts_offset, record.facts_length, size) ||
        !lies_within(record.manifest_offset, record.manifest_length, size) ||
        !lies_within(record.hash_offset, record.hash_length, size))
      return 0;
  }
  return 1;
}

static int compare_names(const char *left, size_t left_length, const char *right, size_t right_length) {
  size_t shorter = left_length < right_length ? left_length : right_length;
  int order = memcmp(left, right, shorter);
  if (order != 0 || left_length == right_length) return order;
  return left_length < right_length ? -1 : 1;
}

static int same_identity(const hs_file_identity *left, const hs_file_identity *right) {
  return left->device == right->device && left->inode == right->inode && left->size == right->size &&
         left->modified == right->modified && left->changed == right->changed;
}

/* The identity of `NAME.plugin.json` beside `NAME.so`; zero when there is none. */
static hs_file_identity sidecar_of(const hs_dir_listing *listing, const hs_dir_entry *image) {
  static const char suffix[] = ".plugin.json";
  const char *stem = listing->names + image->name_offset;
  size_t stem_length = image->name_length - 3;
  size_t low = 0, high = listing->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const hs_dir_entry *entry = &listing->entries[middle];
    const char *name = listing->names + entry->name_offset;
    int order = strncmp(name, stem, stem_length);
    if (order == 0) order = strcmp(name + stem_length, suffix);
    if (order == 0) return entry->identity;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return (hs_file_identity){0, 0, 0, 0, 0};
}

static int matches(const hs_dir_listing *listing, const hs_dir_entry *entry,
                   const hs_registry_record *record) {
  static const hs_file_identity none = {0, 0, 0, 0, 0};
  if (entry->error != 0 || !S_ISREG(entry->mode)) return 0;
  if (!same_identity(&entry->identity, &record->identity)) return 0;
  if (same_identity(&record->sidecar, &none)) return 1;
  hs_file_identity sidecar = sidecar_of(listing, entry);
  return same_identity(&sidecar, &record->sidecar);
}

void hs_registry_match(const hs_dir_listing *listing, const uint8_t *image, int32_t *found) {
  hs_registry_header header;
  memcpy(&header, image, sizeof header);
  uint32_t next = 0;
  for (size_t i = 0; i < listing->count; i++) {
    const hs_dir_entry *entry = &listing->entries[i];
    found[i] = -1;
    while (next < header.count) {
      hs_registry_record record = record_at(image, next);
      int order = compare_names((const char *)image + record.name_offset, record.name_length,
                                listing->names + entry->name_offset, entry->name_length);
      if (order > 0) break;
      if (order == 0 && matches(listing, entry, &record)) found[i] = (int32_t)next;
      next++;
      if (order == 0) break;
    }
  }
}
