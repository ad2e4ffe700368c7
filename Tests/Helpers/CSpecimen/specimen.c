#include <string.h>

#include "specimen.h"

const struct named_type all_types[] = {
    {"attribute", &iso_type_attribute},       {"field", &iso_type_field},
    {"value", &iso_type_value},               {"event", &iso_type_event},
    {"filter", &iso_type_filter},             {"subscription", &iso_type_subscription},
    {"request", &iso_type_request},           {"reply", &iso_type_reply},
    {"responder", &iso_type_responder},       {"timer", &iso_type_timer},
    {"record", &iso_type_record},             {"write", &iso_type_write},
    {"written", &iso_type_written},           {"transaction", &iso_type_transaction},
    {"listing", &iso_type_listing},           {"query", &iso_type_query},
    {"watch", &iso_type_watch},               {"state", &iso_type_state},
    {"metric", &iso_type_metric},             {"interception", &iso_type_interception},
    {"exchange", &iso_type_exchange},         {"event_type", &iso_type_event_type},
    {"route", &iso_type_route},               {"validation", &iso_type_validation},
    {"review", &iso_type_review},             {"ask", &iso_type_ask},
    {"answer", &iso_type_answer},             {"texts", &iso_type_texts},
    {"receipt", &iso_type_receipt},           {"amendment", &iso_type_amendment},
    {"transacted", &iso_type_transacted},     {"stats", &iso_type_stats},
};
const size_t all_types_count = sizeof all_types / sizeof *all_types;

uint64_t dice_roll(dice *dice) {
  uint64_t z = (dice->state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

uint64_t dice_below(dice *dice, uint64_t bound) { return dice_roll(dice) % bound; }

void dice_mutate(dice *dice, uint8_t *bytes, size_t length) {
  static const uint64_t values[] = {0, 1, 2, 8, 255, 1u << 20, (1u << 20) + 1, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, 1ull << 60};
  uint64_t changes = 1 + dice_below(dice, 4);
  for (uint64_t i = 0; i < changes; i++) {
    if (dice_below(dice, 2) && length >= 8) {
      uint64_t value = values[dice_below(dice, sizeof values / sizeof *values)];
      memcpy(bytes + 8 * dice_below(dice, length / 8), &value, sizeof value);
    } else {
      bytes[dice_below(dice, length)] ^= (uint8_t)(1u << dice_below(dice, 8));
    }
  }
}

/* MARK: Making */

static uint8_t *block(specimen *specimen, size_t size) {
  if (specimen->count == specimen->capacity) {
    specimen->capacity = specimen->capacity ? 2 * specimen->capacity : 16;
    specimen->blocks = realloc(specimen->blocks, specimen->capacity * sizeof *specimen->blocks);
  }
  uint8_t *made = malloc(size ? size : 1);
  CHECK(specimen->blocks && made, "no memory");
  specimen->blocks[specimen->count++] = made;
  return made;
}

static void fill(specimen *specimen, dice *dice, const iso_type *type, uint8_t *at, uint32_t nesting);

static void put(uint8_t *at, const void *bytes, size_t size) { memcpy(at, bytes, size); }

dvt_str specimen_name(dice *dice) {
  static char longest[600];
  static const char *const names[] = {
      "zoo.poke", "bad.poke", "witness.ticks", "bad", "bad.a", "bad.b.c", "bad.>", "bad.*", ">", "*", "", "a..b", ".", "subject",
      "source", "data:/a/0", "extension:partitionkey", "from bad.a where a >= 1 order by b limit 2", "application/json",
      "{\"type\": \"object\"}", "{\"a\": [1, 2.5, null, {\"b\": \"c\"}]}", "{\"indexes\": [\"a\"]}", "[1", "1", "/", "/a/0", "key",
      "\xff\xfe", "(a|b)*c", "a = 1 and b < 'c'", "\xf0\x9f\x90\x88", "a\nb", "host_version"};
  size_t count = sizeof names / sizeof *names, which = dice_below(dice, count + 1);
  if (which == count) {
    memset(longest, 'a', sizeof longest);
    return (dvt_str){(const uint8_t *)longest, dice_below(dice, sizeof longest)};
  }
  return (dvt_str){(const uint8_t *)names[which], strlen(names[which])};
}

static dvt_str text(specimen *specimen, dice *dice) {
  if (specimen->isTame && dice_below(dice, 8)) return specimen_name(dice);
  static const uint64_t lengths[] = {0, 1, 3, 7, 8, 9, 40, 255, 1024, 5000};
  uint64_t length = lengths[dice_below(dice, dice_below(dice, 8) ? 7 : 10)];
  dvt_str text = {dice_below(dice, 8) ? block(specimen, length) : NULL, length};
  for (uint64_t i = 0; text.ptr && i < length; i++) ((uint8_t *)text.ptr)[i] = (uint8_t)dice_roll(dice);
  return text;
}

static void fill_value(specimen *specimen, dice *dice, uint8_t *at, uint32_t nesting) {
  dvt_value value = {
      .kind = (uint32_t)dice_below(dice, 11), .integer = (int64_t)dice_roll(dice), .number = (double)dice_roll(dice)};
  if (specimen->isTame && value.kind == DVT_VALUE_BOOL) value.integer &= 1;
  dvt_str bytes = text(specimen, dice);
  value.bytes = (dvt_bytes){bytes.ptr, bytes.len};
  value.field_count = nesting ? dice_below(dice, 4) : 0;
  value.fields = NULL;
  if (value.field_count && dice_below(dice, 8)) {
    uint8_t *fields = block(specimen, value.field_count * sizeof(dvt_field));
    for (uint64_t i = 0; i < value.field_count; i++)
      fill(specimen, dice, &iso_type_field, fields + i * sizeof(dvt_field), nesting - 1);
    value.fields = (const dvt_field *)fields;
  }
  put(at, &value, sizeof value);
}

/* A struct of its own, of whatever revision. Where it is an older one, what is beyond its end belongs to nobody. */
static uint8_t *one(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting, uint8_t **whole) {
  uint8_t *made = block(specimen, type->size);
  fill(specimen, dice, type, made, nesting);
  *whole = made;
  if (!type->sized) return made;
  uint32_t size = type->size;
  if (dice_below(dice, 4) == 0) size = 8 + 8 * (uint32_t)dice_below(dice, type->size / 8);
  if (dice_below(dice, 4) == 0) size = type->size + (uint32_t)dice_below(dice, 1000);
  if (dice_below(dice, 32) == 0) size = UINT32_MAX;
  uint32_t kept = size < type->size ? size : type->size;
  uint8_t *given = block(specimen, kept);
  memcpy(given, made, kept);
  put(given, &size, sizeof size);
  memset(made + kept, 0, type->size - kept);
  put(made, &kept, sizeof kept);
  return given;
}

static void fill_field(specimen *specimen, dice *dice, const iso_field *field, uint8_t *at, uint32_t nesting) {
  uint64_t count = dice_below(dice, 4);
  int isNull = dice_below(dice, 6) == 0;
  uint8_t *slot = at + field->offset, *ignored;
  void *pointer = NULL;
  switch (field->kind) {
  case ISO_TEXT: {
    dvt_str made = text(specimen, dice);
    put(slot, &made, sizeof made);
    return;
  }
  case ISO_VALUE: fill_value(specimen, dice, slot, nesting); return;
  case ISO_INSIDE: fill(specimen, dice, field->type, slot, nesting); return;
  case ISO_PRESENCE:
  case ISO_NOTHING: pointer = isNull ? NULL : (void *)slot; break;
  case ISO_ONE: pointer = isNull ? NULL : one(specimen, dice, field->type, nesting, &ignored); break;
  case ISO_MANY:
    pointer = isNull ? NULL : block(specimen, count * field->type->size);
    for (uint64_t i = 0; pointer && i < count; i++)
      fill(specimen, dice, field->type, (uint8_t *)pointer + i * field->type->size, nesting);
    put(at + field->count, &count, sizeof count);
    break;
  case ISO_POINTERS:
    pointer = isNull ? NULL : block(specimen, count * sizeof(void *));
    for (uint64_t i = 0; pointer && i < count; i++)
      ((void **)pointer)[i] = one(specimen, dice, field->type, nesting, &ignored);
    put(at + field->count, &count, sizeof count);
    break;
  }
  put(slot, &pointer, sizeof pointer);
}

static void fill(specimen *specimen, dice *dice, const iso_type *type, uint8_t *at, uint32_t nesting) {
  for (uint32_t i = 0; i < type->size; i += 4) {
    uint32_t word = (uint32_t)(specimen->isTame && dice_below(dice, 8) ? dice_below(dice, 5) : dice_roll(dice));
    put(at + i, &word, sizeof word);
  }
  if (type->sized) put(at, &type->size, sizeof type->size);
  const uint16_t version[] = {DVT_ABI_MAJOR, DVT_ABI_MINOR};
  if (type->sized && specimen->isTame) put(at + 4, version, sizeof version);
  for (uint32_t i = 0; i < type->field_count; i++) fill_field(specimen, dice, &type->fields[i], at, nesting);
}

static void make(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting, int isTame) {
  memset(specimen, 0, sizeof *specimen);
  specimen->isTame = isTame;
  specimen->type = type;
  specimen->given = one(specimen, dice, type, nesting, &specimen->whole);
}

void specimen_make(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting) {
  make(specimen, dice, type, nesting, 0);
}

void specimen_make_tame(specimen *specimen, dice *dice, const iso_type *type, uint32_t nesting) {
  make(specimen, dice, type, nesting, 1);
}

void specimen_free(specimen *specimen) {
  for (size_t i = 0; i < specimen->count; i++) free(specimen->blocks[i]);
  free(specimen->blocks);
}

/* MARK: Comparing */

static const uint8_t *pointer_at(const uint8_t *at) {
  const uint8_t *pointer;
  memcpy(&pointer, at, sizeof pointer);
  return pointer;
}

static uint64_t count_at(const uint8_t *at) {
  uint64_t count;
  memcpy(&count, at, sizeof count);
  return count;
}

static void same_text(const uint8_t *expected, const uint8_t *found, const char *name) {
  dvt_str a, b;
  memcpy(&a, expected, sizeof a);
  memcpy(&b, found, sizeof b);
  if (!a.ptr || a.len == 0) {
    CHECK(!b.ptr && b.len == 0, "%s: an empty text became one of %llu", name, (unsigned long long)b.len);
    return;
  }
  CHECK(a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0, "%s: a text changed", name);
}

static void same_value(const uint8_t *expected, const uint8_t *found, const char *name) {
  const dvt_value *a = (const void *)expected, *b = (const void *)found;
  CHECK(a->kind == b->kind && a->integer == b->integer, "%s: a value changed", name);
  CHECK(memcmp(&a->number, &b->number, sizeof a->number) == 0, "%s: a number changed", name);
  dvt_bytes none = {0};
  int isText = a->kind == DVT_VALUE_STRING || a->kind == DVT_VALUE_BYTES;
  int isFields = (a->kind == DVT_VALUE_LIST || a->kind == DVT_VALUE_MAP) && a->fields && a->field_count;
  same_text((const void *)(isText ? &a->bytes : &none), (const void *)&b->bytes, name);
  CHECK(b->field_count == (isFields ? a->field_count : 0), "%s: a list or map changed", name);
  CHECK(!b->fields == !isFields, "%s: members came or went", name);
  for (uint64_t i = 0; isFields && i < a->field_count; i++)
    expect_same(&iso_type_field, (const void *)&a->fields[i], (const void *)&b->fields[i], name);
}

/* What stands behind a pointer to one: its maker's own revision, which the receiver finds completed. */
static void same_one(const iso_type *type, const uint8_t *given, const uint8_t *found, const char *name) {
  uint8_t *whole = calloc(1, type->size);
  uint32_t size = type->size;
  if (type->sized) memcpy(&size, given, sizeof size);
  if (size > type->size) size = type->size;
  memcpy(whole, given, size);
  if (type->sized) memcpy(whole, &size, sizeof size);
  expect_same(type, whole, found, name);
  free(whole);
}

static void same_field(const iso_field *field, const uint8_t *expected, const uint8_t *found, const char *name) {
  const uint8_t *from = expected + field->offset, *to = found + field->offset;
  switch (field->kind) {
  case ISO_TEXT: same_text(from, to, name); return;
  case ISO_VALUE: same_value(from, to, name); return;
  case ISO_INSIDE: expect_same(field->type, from, to, name); return;
  case ISO_PRESENCE: CHECK(!pointer_at(from) == !pointer_at(to), "%s: presence changed", name); return;
  case ISO_NOTHING: CHECK(!pointer_at(to), "%s: a pointer travelled", name); return;
  case ISO_ONE:
    CHECK(!pointer_at(from) == !pointer_at(to), "%s: one came or went", name);
    if (pointer_at(from)) same_one(field->type, pointer_at(from), pointer_at(to), name);
    return;
  case ISO_MANY:
  case ISO_POINTERS: {
    uint64_t count = pointer_at(from) ? count_at(expected + field->count) : 0;
    CHECK(count_at(found + field->count) == count, "%s: a count changed", name);
    CHECK(!pointer_at(to) == (count == 0), "%s: many came or went", name);
    for (uint64_t i = 0; i < count; i++) {
      if (field->kind == ISO_MANY)
        expect_same(
            field->type, pointer_at(from) + i * field->type->size, pointer_at(to) + i * field->type->size, name);
      else
        same_one(
            field->type, pointer_at(pointer_at(from) + i * sizeof(void *)),
            pointer_at(pointer_at(to) + i * sizeof(void *)), name);
    }
  }
  }
}

/* Bytes of a struct that are no pointer's, nor a count's. */
static void mark_plain(const iso_type *type, uint8_t *mask) {
  memset(mask, 1, type->size);
  for (uint32_t i = 0; i < type->field_count; i++) {
    const iso_field *field = &type->fields[i];
    size_t size = field->kind == ISO_TEXT     ? sizeof(dvt_str)
                  : field->kind == ISO_VALUE  ? sizeof(dvt_value)
                  : field->kind == ISO_INSIDE ? field->type->size
                                              : sizeof(void *);
    memset(mask + field->offset, 0, size);
    if (field->kind == ISO_MANY || field->kind == ISO_POINTERS) memset(mask + field->count, 0, sizeof(uint64_t));
  }
}

void expect_same(const iso_type *type, const uint8_t *expected, const uint8_t *found, const char *name) {
  uint8_t mask[ISO_LARGEST_SIZED];
  mark_plain(type, mask);
  for (uint32_t i = 0; i < type->size; i++)
    CHECK(!mask[i] || expected[i] == found[i], "%s: byte %u changed", name, i);
  for (uint32_t i = 0; i < type->field_count; i++) same_field(&type->fields[i], expected, found, name);
}

/* MARK: Touching */

static uint64_t touch(const uint8_t *at, uint64_t size, const uint8_t *base, size_t length) {
  CHECK(at >= base && size <= length && (size_t)(at - base) <= length - size, "it leads outside the message");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < size; i++) sum += at[i];
  return sum;
}

static uint64_t touch_text(const uint8_t *at, const uint8_t *base, size_t length) {
  dvt_str text;
  memcpy(&text, at, sizeof text);
  CHECK(!text.ptr == (text.len == 0), "a text of %llu bytes at %p", (unsigned long long)text.len, (const void *)text.ptr);
  return text.ptr ? touch(text.ptr, text.len, base, length) : 0;
}

static uint64_t touch_field(const iso_field *field, const uint8_t *at, const uint8_t *base, size_t length) {
  const uint8_t *slot = at + field->offset, *pointer;
  uint64_t sum = 0, count = 1;
  switch (field->kind) {
  case ISO_TEXT: return touch_text(slot, base, length);
  case ISO_VALUE: {
    const dvt_value *value = (const void *)slot;
    sum = touch_text((const void *)&value->bytes, base, length);
    CHECK(!value->fields == (value->field_count == 0), "%llu members at NULL", (unsigned long long)value->field_count);
    for (uint64_t i = 0; i < value->field_count; i++)
      sum += expect_inside(&iso_type_field, (const void *)&value->fields[i], base, length);
    return sum;
  }
  case ISO_INSIDE: return expect_inside(field->type, slot, base, length);
  case ISO_PRESENCE: CHECK((uintptr_t)pointer_at(slot) <= 1, "presence is no pointer"); return 0;
  case ISO_NOTHING: CHECK(!pointer_at(slot), "it is no pointer"); return 0;
  case ISO_ONE:
  case ISO_MANY:
  case ISO_POINTERS:
    pointer = pointer_at(slot);
    if (field->kind != ISO_ONE) count = count_at(at + field->count);
    CHECK(pointer || field->kind == ISO_ONE || count == 0, "%llu at NULL", (unsigned long long)count);
    for (uint64_t i = 0; pointer && i < count; i++) {
      size_t stride = field->kind == ISO_POINTERS ? sizeof(void *) : field->type->size;
      sum += touch(pointer + i * stride, stride, base, length);
      sum += expect_inside(
          field->type, field->kind == ISO_POINTERS ? pointer_at(pointer + i * stride) : pointer + i * stride, base, length);
    }
  }
  return sum;
}

uint64_t expect_inside(const iso_type *type, const uint8_t *at, const uint8_t *base, size_t length) {
  uint64_t sum = touch(at, type->size, base, length);
  for (uint32_t i = 0; i < type->field_count; i++) sum += touch_field(&type->fields[i], at, base, length);
  return sum;
}
