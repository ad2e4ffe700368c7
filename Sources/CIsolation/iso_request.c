#include "iso_request.h"

#include <stdlib.h>
#include <string.h>

#include "iso_report.h"
#include "iso_service.h"

/* What the words of `brief` say. The data comes first behind the head, then the texts in this order. */
typedef struct asked {
  uint64_t token, deadline_ms;
  uint32_t service, caller, type; /* lengths */
  uint32_t reserved;
} asked;

typedef struct said {
  int32_t code;
  uint32_t retryable;
  uint32_t domain, message; /* lengths */
  uint64_t reserved[2];
} said;

_Static_assert(sizeof(asked) == sizeof(iso_brief) && sizeof(said) == sizeof(iso_brief), "both fill the words");

static iso_writer room(iso_end *end, uint64_t length) {
  iso_writer writer = iso_arena(end);
  if (length > writer.capacity && length <= ISO_LARGEST) {
    uint8_t *bytes = malloc(length);
    if (bytes) writer = (iso_writer){.base = bytes, .capacity = length, .grows = 1};
  }
  return writer;
}

/* Where there is no room, it goes on counting. */
static void append(iso_writer *writer, const void *bytes, uint64_t length) {
  if (length && length <= writer->capacity && writer->cursor <= writer->capacity - length)
    memcpy(writer->base + writer->cursor, bytes, length);
  writer->cursor += length;
}

static int is_text(dvt_str text) { return text.len <= UINT32_MAX / 4; }

iso_writer iso_pack_request(iso_end *end, uint64_t token, const dvt_request *request, iso_brief *brief) {
  const dvt_str *service = &request->service, *caller = &request->caller, *type = &request->datacontenttype;
  asked asked = {token, request->deadline_ms, (uint32_t)service->len, (uint32_t)caller->len, (uint32_t)type->len, 0};
  memcpy(brief, &asked, sizeof *brief);
  if (request->data.len > ISO_LARGEST || !is_text(*service) || !is_text(*caller) || !is_text(*type))
    return (iso_writer){.cursor = ISO_LARGEST + 1};
  iso_writer writer = room(end, request->data.len + service->len + caller->len + type->len);
  append(&writer, request->data.ptr, request->data.len);
  append(&writer, service->ptr, service->len);
  append(&writer, caller->ptr, caller->len);
  append(&writer, type->ptr, type->len);
  return writer;
}

int iso_unpack_request(const iso_message *call, uint64_t *token, dvt_request *request) {
  asked asked;
  memcpy(&asked, &call->head.brief, sizeof asked);
  uint64_t texts = (uint64_t)asked.service + asked.caller + asked.type;
  if (texts > call->head.length) return 0;
  const uint8_t *next = call->bytes + (call->head.length - texts);
  *token = asked.token;
  *request = (dvt_request){
      .struct_size = sizeof *request,
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .service = {next, asked.service},
      .caller = {next + asked.service, asked.caller},
      .datacontenttype = {next + asked.service + asked.caller, asked.type},
      .data = {call->bytes, call->head.length - texts},
      .deadline_ms = asked.deadline_ms};
  return 1;
}

/* MARK: The reply */

static int32_t grow(iso_replying *replying, size_t length) {
  size_t capacity = replying->capacity;
  while (capacity < length) capacity *= 2;
  uint8_t *former = replying->data == replying->near ? NULL : replying->data;
  uint8_t *data = realloc(former, capacity);
  if (!data) return DVT_FULL;
  if (!former) memcpy(data, replying->near, replying->length);
  replying->data = data;
  replying->capacity = capacity;
  return DVT_OK;
}

static int32_t write_reply(void *context, const uint8_t *ptr, uint64_t length) {
  iso_replying *replying = context;
  if (length > ISO_LARGEST_OUTPUT - replying->length) return DVT_TOO_LARGE;
  size_t whole = replying->length + length;
  if (whole > replying->capacity && grow(replying, whole) != DVT_OK) return DVT_FULL;
  if (length) memcpy(replying->data + replying->length, ptr, length);
  replying->length = whole;
  return DVT_OK;
}

static uint32_t keep(char *to, size_t size, dvt_str text) {
  size_t length = text.len < size ? text.len : size;
  if (length) memcpy(to, text.ptr, length);
  return (uint32_t)length;
}

static void report(void *context, const dvt_error *error) {
  iso_replying *replying = context;
  replying->domain_length = keep(replying->domain, sizeof replying->domain, error->domain);
  replying->message_length = keep(replying->message, sizeof replying->message, error->message);
  replying->retryable = error->retryable;
}

void iso_replying_begin(iso_replying *replying) {
  replying->reply = (dvt_sink){
      .struct_size = sizeof replying->reply, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = replying,
      .write = write_reply};
  replying->error = (dvt_error_sink){
      .struct_size = sizeof replying->error, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = replying,
      .report = report};
  replying->data = replying->near;
  replying->length = 0;
  replying->capacity = sizeof replying->near;
  replying->retryable = replying->domain_length = replying->message_length = 0;
}

static int post(iso_replying *replying, iso_end *end, uint32_t op, int32_t code) {
  said said = {code, replying->retryable, replying->domain_length, replying->message_length, {0, 0}};
  iso_brief brief;
  memcpy(&brief, &said, sizeof brief);
  iso_writer writer = room(end, replying->length + said.domain + said.message);
  append(&writer, replying->data, replying->length);
  append(&writer, replying->domain, said.domain);
  append(&writer, replying->message, said.message);
  int result = iso_post(end, ISO_ANSWER, op, &brief, &writer);
  if (writer.grows) iso_writer_free(&writer);
  return result;
}

void iso_replying_end(iso_replying *replying, iso_end *end, uint32_t op, int32_t code, const char *too_large) {
  if (post(replying, end, op, code) == ISO_TOO_LARGE) {
    replying->length = 0;
    replying->domain_length = keep(replying->domain, sizeof replying->domain, iso_text("dovetail"));
    replying->message_length = keep(replying->message, sizeof replying->message, iso_text(too_large));
    post(replying, end, op, DVT_TOO_LARGE);
  }
  if (replying->data != replying->near) free(replying->data);
}

static said said_in(const iso_message *answer) {
  said said;
  memcpy(&said, &answer->head.brief, sizeof said);
  return said;
}

int iso_is_reply(const iso_message *answer) {
  said said = said_in(answer);
  return (uint64_t)said.domain + said.message <= answer->head.length;
}

int32_t iso_hand_over(const iso_message *answer, const dvt_sink *reply, const dvt_error_sink *error) {
  said said = said_in(answer);
  uint64_t length = answer->head.length - said.domain - said.message;
  const uint8_t *domain = answer->bytes + length;
  int32_t code = said.code < 0 ? DVT_FAILED : said.code;
  if (length && reply && reply->write) {
    int32_t taken = reply->write(reply->context, answer->bytes, length);
    if (code == DVT_OK) code = taken;
  }
  if (code != DVT_OK && said.message)
    iso_report(
        error, code, said.retryable != 0, (dvt_str){domain, said.domain}, (dvt_str){domain + said.domain, said.message});
  return code;
}
