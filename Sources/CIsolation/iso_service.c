#include "iso_service.h"

#include <stdlib.h>

#include "iso_report.h"

/* MARK: Collecting */

static void note_error(void *context, const dvt_error *error) {
  iso_service *service = context;
  size_t domain = error->domain.len < sizeof service->domain ? error->domain.len : sizeof service->domain;
  size_t message = error->message.len < sizeof service->message ? error->message.len : sizeof service->message;
  if (domain) memcpy(service->domain, error->domain.ptr, domain);
  if (message) memcpy(service->message, error->message.ptr, message);
  service->texts.domain = (dvt_str){(const uint8_t *)service->domain, domain};
  service->texts.message = (dvt_str){(const uint8_t *)service->message, message};
  service->answer.retryable = error->retryable;
}

int32_t iso_collect(void *context, const uint8_t *ptr, uint64_t length) {
  iso_bytes *bytes = context;
  if (length > ISO_LARGEST_OUTPUT - bytes->length) return DVT_TOO_LARGE;
  if (bytes->length + length > bytes->capacity) {
    size_t capacity = bytes->capacity ? bytes->capacity : 512;
    while (capacity < bytes->length + length) capacity *= 2;
    uint8_t *grown = realloc(bytes->ptr, capacity);
    if (!grown) return DVT_FULL;
    bytes->ptr = grown;
    bytes->capacity = capacity;
  }
  if (length) memcpy(bytes->ptr + bytes->length, ptr, length);
  bytes->length += length;
  return DVT_OK;
}

dvt_sink iso_sink_of(iso_bytes *bytes) {
  return (dvt_sink){
      .struct_size = sizeof(dvt_sink), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = bytes,
      .write = iso_collect};
}

/* MARK: Items */

void iso_service_stream(iso_service *service) {
  service->isStreaming = 1;
  service->writer = (iso_writer){.grows = 1};
  iso_pack(&service->writer, &iso_type_answer, &service->answer);
}

void iso_service_show(iso_service *service, const iso_type *type, const void *value) {
  iso_pack(&service->writer, type, value);
  service->answer.items++;
}

void iso_service_unshow(iso_service *service) {
  if (service->isStreaming) iso_writer_free(&service->writer);
  service->isStreaming = 0;
  service->answer.items = 0;
}

/* MARK: From beginning to end */

int iso_service_begin(iso_service *service, iso_end *end, iso_message *call) {
  memset(service, 0, offsetof(iso_service, domain));
  service->end = end;
  service->op = call->head.op;
  service->reader = iso_reader_of(call);
  service->ask = iso_unpack(&service->reader, &iso_type_ask);
  service->sink = (dvt_error_sink){
      .struct_size = sizeof service->sink, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = service,
      .report = note_error};
  return service->ask != NULL;
}

/* What there is to say is more than a message carries. */
static void answer_instead(iso_service *service, const char *why) {
  iso_answer none = {.code = DVT_TOO_LARGE};
  iso_texts texts = {.domain = iso_text("dovetail"), .message = iso_text(why)};
  iso_writer writer = iso_arena(service->end);
  iso_pack(&writer, &iso_type_answer, &none);
  iso_pack(&writer, &iso_type_texts, &texts);
  iso_post(service->end, ISO_ANSWER, service->op, NULL, &writer);
}

void iso_service_answer(iso_service *service, const char *too_large) {
  service->texts.first = (dvt_bytes){service->first.ptr, service->first.length};
  service->texts.second = (dvt_bytes){service->second.ptr, service->second.length};
  if (service->isStreaming) {
    if (service->writer.base) memcpy(service->writer.base, &service->answer, sizeof service->answer);
    iso_pack(&service->writer, &iso_type_texts, &service->texts);
  } else {
    service->writer = iso_arena(service->end);
    for (;;) {
      iso_pack(&service->writer, &iso_type_answer, &service->answer);
      iso_pack(&service->writer, &iso_type_texts, &service->texts);
      if (iso_fits(&service->writer) || service->writer.grows) break;
      service->writer = (iso_writer){.grows = 1};
    }
  }
  int result = iso_post(service->end, ISO_ANSWER, service->op, NULL, &service->writer);
  if (service->writer.grows) iso_writer_free(&service->writer);
  if (result == ISO_TOO_LARGE) answer_instead(service, too_large);
  if (service->first.ptr) free(service->first.ptr);
  if (service->second.ptr) free(service->second.ptr);
}
