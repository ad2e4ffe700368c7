/* Calls to the host. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wk.h"

_Thread_local iso_end *wk_end;
_Thread_local uint32_t wk_op;

void wk_report(const dvt_error_sink *sink, int32_t code, const char *message) {
  if (!sink || !sink->report) return;
  dvt_error error = {
      .struct_size = sizeof error,
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .code = code,
      .domain = {(const uint8_t *)"dovetail", 8},
      .message = {(const uint8_t *)message, strlen(message)}};
  sink->report(sink->context, &error);
}

void wk_hand_over(void *out, const void *filled, size_t size) {
  uint32_t room;
  if (!out || !filled) return;
  memcpy(&room, out, sizeof room);
  if (room < size) size = room;
  /* Its header stays what it is. */
  if (size > 8) memcpy((uint8_t *)out + 8, (const uint8_t *)filled + 8, size - 8);
}

static iso_writer pack(iso_end *end, const iso_ask *ask, const iso_type *type, const void *item) {
  iso_writer writer = iso_arena(end);
  for (;;) {
    iso_pack(&writer, &iso_type_ask, ask);
    if (type) iso_pack(&writer, type, item);
    if (iso_fits(&writer) || writer.grows) return writer;
    writer = (iso_writer){.grows = 1};
  }
}

static int exchange(iso_end *end, uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, wk_call *call) {
  iso_writer writer = pack(end, ask, type, item);
  int result = iso_call(end, op, &writer, UINT64_MAX, wk_serve, NULL, &call->message);
  if (writer.grows) iso_writer_free(&writer);
  return result;
}

int32_t wk_ask(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, wk_call *call, const dvt_error_sink *error) {
  iso_end *served = wk_end;
  int result;
  if (served) {
    result = exchange(served, op, ask, type, item, call);
  } else {
    int lane = iso_lane_take(&wk.channel, UINT64_MAX);
    if (lane < 0) return DVT_GONE;
    wk_end = &wk.ends[lane];
    result = exchange(wk_end, op, ask, type, item, call);
    wk_end = NULL;
    iso_lane_give(&wk.channel, (uint32_t)lane);
  }
  if (result == ISO_TOO_LARGE) {
    wk_report(error, DVT_TOO_LARGE, "one call of an isolated plugin carries at most 256 MiB");
    return DVT_TOO_LARGE;
  }
  if (result != ISO_ARRIVED) return DVT_GONE;
  call->reader = iso_reader_of(&call->message);
  call->answer = iso_unpack(&call->reader, &iso_type_answer);
  if (call->answer) return DVT_OK;
  iso_message_drop(&call->message);
  return DVT_FAILED;
}

int32_t wk_settle(wk_call *call, const dvt_sink *first, const dvt_sink *second, const dvt_error_sink *error) {
  int32_t code = call->answer->code;
  const iso_texts *texts = iso_unpack(&call->reader, &iso_type_texts);
  if (texts && first && texts->first.len) first->write(first->context, texts->first.ptr, texts->first.len);
  if (texts && second && texts->second.len) second->write(second->context, texts->second.ptr, texts->second.len);
  if (texts && texts->message.len && error && error->report) {
    dvt_error report = {
        .struct_size = sizeof report,
        .abi_major = DVT_ABI_MAJOR,
        .abi_minor = DVT_ABI_MINOR,
        .code = code,
        .retryable = call->answer->retryable,
        .domain = texts->domain,
        .message = texts->message};
    error->report(error->context, &report);
  }
  iso_message_drop(&call->message);
  return code;
}
