#include <string.h>

#include "check.h"

/* A specimen as bytes of its own, no more than they are: a sanitizer sees every step beyond. */
typedef struct packed {
  uint8_t *bytes;
  size_t length;
} packed;

static packed pack(const iso_type *type, const void *value) {
  iso_writer writer = {.grows = 1};
  CHECK(iso_pack(&writer, type, value), "a growing writer did not take it");
  packed packed = {malloc(writer.cursor), writer.cursor};
  memcpy(packed.bytes, writer.base, writer.cursor);
  iso_writer_free(&writer);
  return packed;
}

static uint8_t *copy(const uint8_t *bytes, size_t length) {
  uint8_t *made = malloc(length ? length : 1);
  CHECK(made, "no memory");
  if (length) memcpy(made, bytes, length);
  return made;
}

/* A writer that does not grow writes the same, or says that it does not fit and touches nothing beyond its end. */
static void check_fixed(const specimen *specimen, packed expected, const char *name, dice *dice) {
  size_t capacity = dice_below(dice, expected.length + 16);
  uint8_t *room = malloc(capacity ? capacity : 1);
  iso_writer writer = {.base = room, .capacity = capacity};
  void *taken = iso_pack(&writer, specimen->type, specimen->given);
  CHECK(writer.cursor == expected.length, "%s: %zu bytes, not %zu", name, writer.cursor, expected.length);
  CHECK(!taken == (capacity < expected.length), "%s: it says that %zu bytes fit into %zu", name, expected.length, capacity);
  if (taken) {
    iso_reader reader = {room, 0, capacity};
    void *found = iso_unpack(&reader, specimen->type);
    CHECK(found, "%s: it cannot be read", name);
    expect_same(specimen->type, specimen->whole, found, name);
  }
  free(room);
}

void check_round_trips(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  for (uint64_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < all_types_count; i++) {
      specimen specimen;
      specimen_make(&specimen, &dice, all_types[i].type, (uint32_t)dice_below(&dice, 5));
      packed packed = pack(specimen.type, specimen.given);
      uint8_t *bytes = copy(packed.bytes, packed.length);
      iso_reader reader = {bytes, 0, packed.length};
      void *found = iso_unpack(&reader, specimen.type);
      CHECK(found, "%s: it cannot be read", all_types[i].name);
      CHECK(reader.cursor == packed.length, "%s: %zu of %zu bytes were read", all_types[i].name, reader.cursor, packed.length);
      expect_same(specimen.type, specimen.whole, found, all_types[i].name);
      expect_inside(specimen.type, found, bytes, packed.length);
      check_fixed(&specimen, packed, all_types[i].name, &dice);
      free(bytes);
      free(packed.bytes);
      specimen_free(&specimen);
    }
  }
}

void check_truncations(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  for (uint64_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < all_types_count; i++) {
      specimen specimen;
      specimen_make(&specimen, &dice, all_types[i].type, 2);
      packed packed = pack(specimen.type, specimen.given);
      for (size_t length = 0; length < packed.length; length++) {
        uint8_t *bytes = copy(packed.bytes, length);
        iso_reader reader = {bytes, 0, length};
        CHECK(!iso_unpack(&reader, specimen.type), "%s: %zu of %zu bytes pass for the whole", all_types[i].name, length,
              packed.length);
        free(bytes);
      }
      free(packed.bytes);
      specimen_free(&specimen);
    }
  }
}

/* What was decoded is as good as anything: it can be packed again. */
static void check_again(const iso_type *type, const uint8_t *found, const char *name) {
  packed again = pack(type, found);
  iso_reader reader = {again.bytes, 0, again.length};
  CHECK(iso_unpack(&reader, type), "%s: what was read cannot be sent on", name);
  free(again.bytes);
}

void check_mutations(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  uint64_t refused = 0, taken = 0;
  for (uint64_t round = 0; round < rounds; round++) {
    const struct named_type *named = &all_types[dice_below(&dice, all_types_count)];
    specimen specimen;
    specimen_make(&specimen, &dice, named->type, (uint32_t)dice_below(&dice, 4));
    packed packed = pack(specimen.type, specimen.given);
    specimen_free(&specimen);
    for (int i = 0; i < 16; i++) {
      uint8_t *bytes = copy(packed.bytes, packed.length);
      dice_mutate(&dice, bytes, packed.length);
      iso_reader reader = {bytes, 0, packed.length};
      uint8_t *found = iso_unpack(&reader, named->type);
      if (found) {
        expect_inside(named->type, found, bytes, packed.length);
        check_again(named->type, found, named->name);
        taken++;
      } else {
        refused++;
      }
      free(bytes);
    }
    free(packed.bytes);
  }
  printf("%llu refused, %llu taken\n", (unsigned long long)refused, (unsigned long long)taken);
  CHECK(refused && taken, "mutations did nothing");
}

/* A value in lists and maps, so many deep. */
static dvt_value *nested(dvt_field *fields, dvt_value *leaf, uint32_t depth) {
  *leaf = (dvt_value){.kind = DVT_VALUE_INT, .integer = 42};
  dvt_value *value = leaf;
  for (uint32_t i = 0; i < depth; i++) {
    int isMap = i % 2;
    fields[i] = (dvt_field){.value = *value};
    if (isMap) fields[i].name = (dvt_str){(const uint8_t *)"member", 6};
    *leaf = (dvt_value){.kind = isMap ? DVT_VALUE_MAP : DVT_VALUE_LIST, .fields = &fields[i], .field_count = 1};
  }
  return value;
}

void check_nesting(uint64_t seed, uint64_t rounds) {
  (void)seed, (void)rounds;
  dvt_field fields[100];
  for (uint32_t depth = 0; depth < 100; depth++) {
    dvt_value leaf;
    nested(fields, &leaf, depth);
    dvt_write write = {.struct_size = sizeof write, .value = leaf};
    const dvt_write *writes[] = {&write};
    dvt_transaction transaction = {.struct_size = sizeof transaction, .otherwise = writes, .otherwise_count = 1};
    packed packed = pack(&iso_type_transaction, &transaction);
    iso_reader reader = {packed.bytes, 0, packed.length};
    uint8_t *found = iso_unpack(&reader, &iso_type_transaction);
    CHECK(depth > 32 || found, "%u deep is refused", depth);
    CHECK(depth <= ISO_DEEPEST || !found, "%u deep is taken", depth);
    if (found) expect_same(&iso_type_transaction, (const uint8_t *)&transaction, found, "transaction");
    free(packed.bytes);
  }
}

/* A count that nobody can mean is not followed: the plugin says something else than it has. */
void check_many(uint64_t seed, uint64_t rounds) {
  (void)seed, (void)rounds;
  static const uint64_t counts[] = {(1u << 20) + 1, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX / sizeof(dvt_attribute) + 1};
  dvt_attribute attribute = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    dvt_event event = {.struct_size = sizeof event, .extensions = &attribute, .extension_count = counts[i]};
    iso_writer writer = {.grows = 1};
    void *taken = iso_pack(&writer, &iso_type_event, &event);
    iso_reader reader = {writer.base, 0, iso_fits(&writer) ? writer.cursor : 0};
    CHECK(!taken || !iso_unpack(&reader, &iso_type_event), "%llu extensions travelled", (unsigned long long)counts[i]);
    iso_writer_free(&writer);
  }
}
