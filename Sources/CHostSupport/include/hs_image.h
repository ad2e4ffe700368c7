/* Mapped images: where they lie, and whose an address is, readable from a signal handler. */
#ifndef HS_IMAGE_H
#define HS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* A mapped range: first byte, and one past the last. */
typedef struct hs_range {
  uint64_t start, end;
} hs_range;

/* Enters a range into the process's table of images. `owner` is the caller's name for it, not 0.
 * Returns: its slot, or -1 when there is no memory for it. [any-thread] */
int32_t hs_image_add(hs_range range, uint64_t owner);
/* Takes a range out; a lookup that runs meanwhile finds either the old entry or none. [any-thread] */
void hs_image_remove(int32_t slot);
/* Whose range an address lies in, 0 for nobody's. Takes no lock and calls nothing: safe in a signal handler. [any-thread] */
uint64_t hs_image_owner(uint64_t address);

/* The mapping of the object that holds `address`. The C function is `_dl_find_object`; takes no lock.
 * Returns: 0, or -1 when no mapped object holds it. [any-thread] */
int32_t hs_image_containing(uint64_t address, hs_range *range);
/* An address inside the object behind a `dlopen` handle, 0 when it has none. The C function is `dlinfo`. [any-thread] */
uint64_t hs_image_address(void *handle);
/* The file of the object behind a `dlopen` handle, as the loader knows it; valid while it is mapped. [any-thread] */
const char *hs_image_path(void *handle);
/* The ranges of every mapped object whose path begins with `prefix`. The C function is `dl_iterate_phdr`.
 * Returns: how many there are; the first `capacity` of them are stored. [any-thread] */
size_t hs_image_under(const char *prefix, hs_range *ranges, size_t capacity);
/* Lets go of the memory of an object's pages that equal its file: what is never written. They are read anew when they are
 * touched. The C function is `madvise`. `start` is where the object's mapping begins. [any-thread] */
void hs_image_rest(uint64_t start);

#endif
