/* Listing a plugin folder, and meeting it with the registry cache, without an object for each file. */
#ifndef HS_DIR_H
#define HS_DIR_H

#include <stddef.h>
#include <stdint.h>

/* What the system says of a file: the same values mean the same content. Times are nanoseconds since 1970. */
typedef struct hs_file_identity {
  uint64_t device, inode, size;
  int64_t modified, changed;
} hs_file_identity;

/* One file of a folder. */
typedef struct hs_dir_entry {
  hs_file_identity identity; /* behind symbolic links; zero when `error` is not 0 */
  uint32_t name_offset;      /* of the name within `names`; zero-terminated */
  uint32_t name_length;      /* bytes */
  uint32_t mode;             /* as `stat` gives it */
  int32_t error;             /* errno of `fstatat`, or 0 */
} hs_dir_entry;

/* The files of a folder, sorted by the bytes of their names. */
typedef struct hs_dir_listing {
  hs_dir_entry *entries;
  size_t count;
  char *names;
  size_t names_size;
} hs_dir_listing;

/* Lists the files of a folder whose names end in `.so` or `.plugin.json` and do not begin with a dot.
 * OWNERSHIP: the caller frees the listing with `hs_dir_free`, whatever is returned.
 * Returns: 0, or an errno. [any-thread] */
int32_t hs_dir_list(const char *path, hs_dir_listing *out);

/* Frees a listing. [any-thread] */
void hs_dir_free(hs_dir_listing *listing);

/* One record of the registry cache as it is in the file. Offsets are from the start of the file. */
typedef struct hs_registry_record {
  hs_file_identity identity;
  hs_file_identity sidecar; /* all zero when the manifest is embedded */
  uint32_t name_offset, name_length;
  uint32_t facts_offset, facts_length;
  uint32_t manifest_offset, manifest_length;
  uint32_t hash_offset, hash_length; /* 0 or 32 bytes */
} hs_registry_record;

/* The first bytes of the registry cache; records follow, sorted by name, then the bytes that they point to. */
typedef struct hs_registry_header {
  uint8_t magic[8];  /* "DVTREG" and zeros */
  uint32_t version;  /* HS_REGISTRY_VERSION */
  uint32_t crc;      /* CRC-32C of all that follows the header */
  uint32_t count;    /* records */
  uint32_t size;     /* bytes of the whole file */
} hs_registry_header;

#define HS_REGISTRY_VERSION 1u

/* Whether bytes are a whole, undamaged registry cache whose every offset lies within it. [any-thread] */
int32_t hs_registry_check(const uint8_t *image, size_t size);

/* Finds for each entry of a listing the record with its name, identity and sidecar: its number, or -1.
 * Preconditions: `hs_registry_check` said yes; `found` has room for `listing->count` numbers. [any-thread] */
void hs_registry_match(const hs_dir_listing *listing, const uint8_t *image, int32_t *found);

/* CRC-32C (Castagnoli) of bytes. [any-thread] */
uint32_t hs_crc32c(const uint8_t *bytes, size_t size);

#endif
