/* Structs of the ABI as bytes: what a message between a host and a worker carries.
 *
 * A struct is copied as it is; what its pointers lead to follows, depth first, in the order of its type's fields. The reader
 * walks the same way: a pointer in a message says no more than whether there is something, and where it lies follows from the
 * lengths before it. So no message can lead outside itself, into itself, or twice to one place. */
#ifndef ISO_PACK_H
#define ISO_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Deepest nesting of structs in one another. */
#define ISO_DEEPEST 40u
/* Largest struct that has a `struct_size`, in bytes. */
#define ISO_LARGEST_SIZED 512u

typedef enum iso_field_kind {
  ISO_TEXT,     /* dvt_str or dvt_bytes */
  ISO_ONE,      /* a pointer to a struct, or NULL */
  ISO_MANY,     /* a pointer to structs, and their count elsewhere in the struct */
  ISO_POINTERS, /* a pointer to pointers to structs, and their count */
  ISO_INSIDE,   /* a struct within the struct */
  ISO_VALUE,    /* a dvt_value within the struct: its kind says which of its members count */
  ISO_PRESENCE, /* a pointer of which only travels whether it is NULL: 1 or NULL */
  ISO_NOTHING,  /* a pointer that does not travel: NULL */
} iso_field_kind;

struct iso_type;

typedef struct iso_field {
  iso_field_kind kind;
  uint32_t offset;
  uint32_t count; /* offset of the count, 64 bits wide */
  const struct iso_type *type;
} iso_field;

/* How a struct is packed. */
typedef struct iso_type {
  uint32_t size;  /* bytes */
  uint32_t sized; /* 1 when it begins with `struct_size`: an older revision's is completed with zeros */
  const iso_field *fields;
  uint32_t field_count;
} iso_type;

/* Writes structs one after another. Where there is no room, it goes on counting. */
typedef struct iso_writer {
  uint8_t *base;   /* aligned to 8 */
  size_t cursor;   /* bytes so far, also of what did not fit */
  size_t capacity; /* bytes at `base` */
  int grows;       /* `base` is from malloc and grows as needed */
} iso_writer;

/* Reads what a writer wrote, in place: the bytes must be the reader's own, aligned to 8. */
typedef struct iso_reader {
  uint8_t *base;
  size_t cursor;
  size_t length;
} iso_reader;

/* Appends a struct and what it leads to. Pointers of it are followed as its own revision has them.
 * Returns: where the copy lies, valid until the next call, or NULL when it did not fit. [any-thread] */
void *iso_pack(iso_writer *writer, const iso_type *type, const void *value);

/* Takes the next struct; its pointers lead into the reader's bytes afterwards.
 * Returns: the struct, or NULL when the bytes do not hold one. [any-thread] */
void *iso_unpack(iso_reader *reader, const iso_type *type);

/* Whether everything fitted. */
static inline int iso_fits(const iso_writer *writer) { return writer->cursor <= writer->capacity; }

/* Frees what a growing writer holds. */
void iso_writer_free(iso_writer *writer);

#endif
