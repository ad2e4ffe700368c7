#include "iso_pack.h"

#include <stdlib.h>
#include <string.h>

#include "dovetail.h"
#include "iso_lane.h"
#include "iso_types.h"

#define ALIGNED(at) (((at) + 7) & ~(size_t)7)

/* Structs of a message, counted elsewhere: more than this in one place is nobody's. */
#define MOST (1u << 20)

static void pack_fields(iso_writer *writer, const iso_type *type, const uint8_t *from, size_t to, uint32_t depth);
static int unpack_fields(iso_reader *reader, const iso_type *type, uint8_t *at, uint32_t depth);

static int grow(iso_writer *writer, size_t needed) {
  if (needed > ISO_LARGEST) return 0;
  size_t capacity = writer->capacity < 4096 ? 4096 : writer->capacity;
  while (capacity < needed) capacity *= 2;
  uint8_t *base = realloc(writer->base, capacity);
  if (!base) return 0;
  writer->base = base;
  writer->capacity = capacity;
  return 1;
}

/* Returns the offset of `size` new bytes; whether they are there, `place` says. */
static size_t reserve(iso_writer *writer, size_t size) {
  size_t at = ALIGNED(writer->cursor);
  writer->cursor = at + size;
  if (writer->cursor > writer->capacity && writer->grows) grow(writer, writer->cursor);
  return at;
}

static uint8_t *place(const iso_writer *writer, size_t at, size_t size) {
  return at + size <= writer->capacity ? writer->base + at : NULL;
}

/* Lets the whole never fit: what is to be packed says of itself what cannot be. */
static void refuse(iso_writer *writer) { writer->cursor = SIZE_MAX / 2; }

static void put_pointer(const iso_writer *writer, size_t at, uint32_t offset, int present) {
  uint8_t *target = place(writer, at + offset, sizeof(uintptr_t));
  uintptr_t flag = present ? 1 : 0;
  if (target) memcpy(target, &flag, sizeof flag);
}

static uint64_t count_of(const uint8_t *from, uint32_t offset) {
  uint64_t count;
  memcpy(&count, from + offset, sizeof count);
  return count;
}

static const void *pointer_of(const uint8_t *from, uint32_t offset) {
  const void *pointer;
  memcpy(&pointer, from + offset, sizeof pointer);
  return pointer;
}

/* A struct as this revision has it: what an older one lacks is zero. */
static const uint8_t *completed(const iso_type *type, const uint8_t *value, uint8_t *room) {
  uint32_t size;
  memcpy(&size, value, sizeof size);
  if (size >= type->size || type->size > ISO_LARGEST_SIZED) return value;
  memset(room, 0, type->size);
  memcpy(room, value, size < sizeof size ? sizeof size : size);
  return room;
}

static size_t pack_struct(iso_writer *writer, const iso_type *type, const uint8_t *value) {
  size_t at = reserve(writer, type->size);
  uint8_t *target = place(writer, at, type->size);
  if (target) memcpy(target, value, type->size);
  if (target && type->sized) {
    uint32_t size;
    memcpy(&size, value, sizeof size);
    if (size > type->size) size = type->size;
    memcpy(target, &size, sizeof size);
  }
  return at;
}

static void pack_one(iso_writer *writer, const iso_type *type, const uint8_t *value, uint32_t depth) {
  uint8_t room[ISO_LARGEST_SIZED];
  if (type->sized) value = completed(type, value, room);
  size_t at = pack_struct(writer, type, value);
  if (type->field_count) pack_fields(writer, type, value, at, depth);
}

static void pack_many(iso_writer *writer, const iso_type *type, const uint8_t *values, uint64_t count, uint32_t depth) {
  if (count > MOST) return refuse(writer);
  size_t at = reserve(writer, type->size * count);
  uint8_t *target = place(writer, at, type->size * count);
  if (target) memcpy(target, values, type->size * count);
  if (!type->field_count) return;
  for (uint64_t i = 0; i < count; i++)
    pack_fields(writer, type, values + type->size * i, at + type->size * i, depth);
}

static void pack_text(iso_writer *writer, const uint8_t *from, size_t to, uint32_t offset) {
  dvt_str text;
  memcpy(&text, from + offset, sizeof text);
  int present = text.len > 0 && text.ptr;
  put_pointer(writer, to, offset, present);
  if (!present) {
    uint8_t *target = place(writer, to + offset, sizeof text);
    if (target) memset(target, 0, sizeof text);
    return;
  }
  if (text.len > ISO_LARGEST) return refuse(writer);
  size_t at = reserve(writer, text.len);
  uint8_t *target = place(writer, at, text.len);
  if (target) memcpy(target, text.ptr, text.len);
}

static void pack_value(iso_writer *writer, const uint8_t *from, size_t to, uint32_t depth) {
  const dvt_value *value = (const dvt_value *)from;
  dvt_value clean = {.kind = value->kind, .integer = value->integer, .number = value->number};
  int isText = value->kind == DVT_VALUE_STRING || value->kind == DVT_VALUE_BYTES;
  int isFields = value->kind == DVT_VALUE_LIST || value->kind == DVT_VALUE_MAP;
  if (isText) clean.bytes.len = value->bytes.ptr ? value->bytes.len : 0;
  if (isFields) clean.field_count = value->fields ? value->field_count : 0;
  uint8_t *target = place(writer, to, sizeof clean);
  if (target) memcpy(target, &clean, sizeof clean);
  if (isText) pack_text(writer, from, to, offsetof(dvt_value, bytes));
  if (clean.field_count == 0) return;
  put_pointer(writer, to, offsetof(dvt_value, fields), 1);
  if (depth < ISO_DEEPEST)
    pack_many(writer, &iso_type_field, (const uint8_t *)value->fields, value->field_count, depth + 1);
}

/* The room for the pointers travels too, as zeros: the reader fills it. */
static void pack_pointers(
    iso_writer *writer, const iso_type *type, const uint8_t *const *values, uint64_t count, uint32_t depth) {
  if (count > MOST) return refuse(writer);
  size_t at = reserve(writer, count * sizeof *values);
  uint8_t *target = place(writer, at, count * sizeof *values);
  if (target) memset(target, 0, count * sizeof *values);
  for (uint64_t i = 0; i < count; i++) pack_one(writer, type, values[i], depth);
}

static void pack_fields(iso_writer *writer, const iso_type *type, const uint8_t *from, size_t to, uint32_t depth) {
  for (uint32_t i = 0; i < type->field_count; i++) {
    const iso_field *field = &type->fields[i];
    const uint8_t *member = from + field->offset;
    const uint8_t *pointee = field->kind == ISO_INSIDE || field->kind == ISO_VALUE || field->kind == ISO_TEXT
                                 ? NULL
                                 : pointer_of(from, field->offset);
    uint64_t count = field->kind == ISO_MANY || field->kind == ISO_POINTERS ? count_of(from, field->count) : 0;
    if (depth >= ISO_DEEPEST) pointee = NULL;
    switch (field->kind) {
    case ISO_TEXT: pack_text(writer, from, to, field->offset); break;
    case ISO_INSIDE: pack_fields(writer, field->type, member, to + field->offset, depth + 1); break;
    case ISO_VALUE: pack_value(writer, member, to + field->offset, depth); break;
    case ISO_PRESENCE: put_pointer(writer, to, field->offset, pointee != NULL); break;
    case ISO_NOTHING: put_pointer(writer, to, field->offset, 0); break;
    case ISO_ONE:
      put_pointer(writer, to, field->offset, pointee != NULL);
      if (pointee) pack_one(writer, field->type, pointee, depth + 1);
      break;
    case ISO_MANY:
      put_pointer(writer, to, field->offset, pointee && count);
      if (pointee && count) pack_many(writer, field->type, pointee, count, depth + 1);
      break;
    case ISO_POINTERS:
      put_pointer(writer, to, field->offset, pointee && count);
      if (pointee && count)
        pack_pointers(writer, field->type, (const uint8_t *const *)(const void *)pointee, count, depth + 1);
      break;
    }
  }
}

void *iso_pack(iso_writer *writer, const iso_type *type, const void *value) {
  size_t start = ALIGNED(writer->cursor);
  pack_one(writer, type, value, 0);
  return iso_fits(writer) ? writer->base + start : NULL;
}

void iso_writer_free(iso_writer *writer) {
  if (writer->grows) free(writer->base);
  writer->base = NULL;
}

/* The next `size` bytes, or NULL. */
static uint8_t *take(iso_reader *reader, uint64_t size) {
  size_t at = ALIGNED(reader->cursor);
  if (at > reader->length || size > reader->length - at) return NULL;
  reader->cursor = at + size;
  return reader->base + at;
}

static void set_pointer(uint8_t *at, const void *pointer) { memcpy(at, &pointer, sizeof pointer); }

static int unpack_text(iso_reader *reader, uint8_t *at) {
  dvt_str text;
  memcpy(&text, at, sizeof text);
  const uint8_t *bytes = NULL;
  if (text.len > 0 && !(bytes = take(reader, text.len))) return 0;
  set_pointer(at, bytes);
  return 1;
}

static uint8_t *unpack_many(iso_reader *reader, const iso_type *type, uint64_t count, uint32_t depth) {
  if (count > MOST || depth > ISO_DEEPEST) return NULL;
  uint8_t *values = take(reader, type->size * count);
  for (uint64_t i = 0; values && i < count && type->field_count; i++)
    if (!unpack_fields(reader, type, values + type->size * i, depth)) return NULL;
  return values;
}

static int unpack_value(iso_reader *reader, uint8_t *at, uint32_t depth) {
  dvt_value *value = (dvt_value *)at;
  int isText = value->kind == DVT_VALUE_STRING || value->kind == DVT_VALUE_BYTES;
  int isFields = value->kind == DVT_VALUE_LIST || value->kind == DVT_VALUE_MAP;
  if (!isText) value->bytes.len = 0;
  if (!isFields) value->field_count = 0;
  if (!unpack_text(reader, at + offsetof(dvt_value, bytes))) return 0;
  value->fields = NULL;
  if (value->field_count == 0) return 1;
  value->fields = (const dvt_field *)unpack_many(reader, &iso_type_field, value->field_count, depth + 1);
  return value->fields != NULL;
}

static uint8_t *unpack_pointers(iso_reader *reader, const iso_type *type, uint64_t count, uint32_t depth) {
  uint8_t *pointers = count > MOST ? NULL : take(reader, count * sizeof(void *));
  for (uint64_t i = 0; pointers && i < count; i++) {
    uint8_t *value = unpack_many(reader, type, 1, depth);
    if (!value) return NULL;
    set_pointer(pointers + i * sizeof(void *), value);
  }
  return pointers;
}

static int unpack_pointee(iso_reader *reader, const iso_field *field, uint8_t *at, uint32_t depth) {
  uint8_t *slot = at + field->offset;
  uint64_t count = field->kind == ISO_ONE ? 1 : count_of(at, field->count);
  if (!pointer_of(at, field->offset) || count == 0) {
    set_pointer(slot, NULL);
    if (field->kind != ISO_ONE) memset(at + field->count, 0, sizeof count);
    return 1;
  }
  uint8_t *values = field->kind == ISO_POINTERS ? unpack_pointers(reader, field->type, count, depth)
                                                : unpack_many(reader, field->type, count, depth);
  set_pointer(slot, values);
  return values != NULL;
}

static int unpack_fields(iso_reader *reader, const iso_type *type, uint8_t *at, uint32_t depth) {
  if (depth > ISO_DEEPEST) return 0;
  for (uint32_t i = 0; i < type->field_count; i++) {
    const iso_field *field = &type->fields[i];
    uint8_t *slot = at + field->offset;
    int sound = 1;
    switch (field->kind) {
    case ISO_TEXT: sound = unpack_text(reader, slot); break;
    case ISO_INSIDE: sound = unpack_fields(reader, field->type, slot, depth + 1); break;
    case ISO_VALUE: sound = unpack_value(reader, slot, depth); break;
    case ISO_PRESENCE: set_pointer(slot, pointer_of(at, field->offset) ? (const void *)1 : NULL); break;
    case ISO_NOTHING: set_pointer(slot, NULL); break;
    case ISO_ONE:
    case ISO_MANY:
    case ISO_POINTERS: sound = unpack_pointee(reader, field, at, depth + 1); break;
    }
    if (!sound) return 0;
  }
  return 1;
}

void *iso_unpack(iso_reader *reader, const iso_type *type) {
  uint8_t *value = take(reader, type->size);
  return value && unpack_fields(reader, type, value, 0) ? value : NULL;
}
