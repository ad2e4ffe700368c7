/* Structs of the ABI made at random, for what must cope with any. */
#ifndef SPECIMEN_H
#define SPECIMEN_H

#include <stdio.h>
#include <stdlib.h>

#include "dovetail.h"
#include "iso_ops.h"
#include "iso_pack.h"
#include "iso_types.h"

/* Ends the program unless a condition holds. */
#define CHECK(condition, ...)                                  \
  do {                                                         \
    if (!(condition)) {                                        \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                            \
      fputc('\n', stderr);                                     \
      exit(1);                                                 \
    }                                                          \
  } while (0)

/* Numbers that a seed decides. */
typedef struct dice {
  uint64_t state;
} dice;
uint64_t dice_roll(dice *dice);
/* 0…bound - 1. */
uint64_t dice_below(dice *dice, uint64_t bound);

/* A struct of the ABI with everything that it leads to, made at random. */
typedef struct specimen {
  const iso_type *type;
  uint8_t *whole; /* as a receiver should find it: older revisions completed with zeros */
  uint8_t *given; /* as its maker has it: no longer than its `struct_size` says */
  int isTame;     /* numbers are mostly small, and texts mostly names: more of it is taken */
  void **blocks;
  size_t count, capacity;
} specimen;

extern const struct named_type {
  const char *name;
  const iso_type *type;
} all_types[];
extern const size_t all_types_count;

/* `nesting` is how deep lists and maps lie in one another at most. */
void specimen_make(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting);
/* The same, but such that a host may well take it. */
void specimen_make_tame(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting);
/* A text as tame ones have it: a name, a pattern, JSON, too long, or no UTF-8. Lives for ever. */
dvt_str specimen_name(dice *dice);
/* Changes a few bits and words. */
void dice_mutate(dice *dice, uint8_t *bytes, size_t length);
void specimen_free(specimen *specimen);

/* Checks that two structs say the same. */
void expect_same(const iso_type *type, const uint8_t *expected, const uint8_t *found, const char *name);
/* Checks that a struct and all that it leads to lies in a message, by touching it. Returns a sum of it. */
uint64_t expect_inside(const iso_type *type, const uint8_t *at, const uint8_t *base, size_t length);

#endif
