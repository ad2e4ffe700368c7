/* Memory that one thread takes and another gives back, again and again: copies of events. Each thread keeps a few blocks of its
 * own; what it has too many of, or none of, passes between threads by the dozen. */
#ifndef HS_BLOCK_H
#define HS_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#define HS_BLOCK_CLASSES 3u /* blocks of 256, 512 and 1,024 bytes; larger ones come from malloc */
#define HS_MAGAZINE 32u

/* The blocks of one size that a thread keeps. */
typedef struct hs_magazine {
  uint64_t count;
  void *blocks[HS_MAGAZINE];
} hs_magazine;

/* A block of at least `size` bytes, or NULL when there is no memory. [any-thread] */
void *hs_block_take(size_t size);

/* Gives a block back. `size` is what it was taken with. [any-thread] */
void hs_block_give(void *block, size_t size);

#endif
