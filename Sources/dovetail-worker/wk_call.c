/* Calls to the host. */
#include <string.h>

#include "iso_report.h"
#include "wk.h"

_Thread_local iso_end *wk_end;
_Thread_local uint32_t wk_op;

void wk_hand_over(void *out, const void *filled, size_t size) {
  uint32_t room;
  if (!out || !filled) return;
  memcpy(&room, out, sizeof room);
  if (room < size) size = room;
  /* Its header stays what it is. */
  if (size > 8) memcpy((uint8_t *)out + 8, (const uint8_t *)filled + 8, size - 8);
}

static int exchange(
    iso_end *end, uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, iso_message *answer) {
  iso_items items = {type, &item, 1};
  iso_writer writer = iso_pack_call(end, ask, &items, type ? 1 : 0);
  int result = iso_call(end, op, NULL, &writer, UINT64_MAX, wk_serve, NULL, answer);
  if (writer.grows) iso_writer_free(&writer);
  return result;
}

int32_t wk_ask(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, iso_reply *reply, const dvt_error_sink *error) {
  iso_end *served = wk_end;
  int result;
  if (served) {
    result = exchange(served, op, ask, type, item, &reply->message);
  } else {
    int lane = iso_lane_take(&wk.channel, UINT64_MAX);
    if (lane < 0) return DVT_GONE;
    wk_end = &wk.ends[lane];
    result = exchange(wk_end, op, ask, type, item, &reply->message);
    wk_end = NULL;
    iso_lane_give(&wk.channel, (uint32_t)lane);
  }
  if (result == ISO_ARRIVED) return iso_reply_open(reply);
  if (result != ISO_TOO_LARGE) return DVT_GONE;
  return iso_refuse(error, DVT_TOO_LARGE, 0, "one call of an isolated plugin carries at most 256 MiB");
}

int32_t wk_ask_plain(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, iso_answer *answer, const dvt_sink *out,
    const dvt_error_sink *error) {
  iso_reply reply;
  int32_t code = wk_ask(op, ask, type, item, &reply, error);
  if (code != DVT_OK) return code;
  if (answer) *answer = *reply.answer;
  return iso_settle(&reply, out, NULL, error);
}

int32_t wk_register(
    uint32_t op, wk_entry entry, iso_ask ask, const iso_type *type, const void *item, dvt_handle *out,
    const dvt_error_sink *error) {
  if (!out || !entry.call || (type && !item))
    return iso_refuse(error, DVT_INVALID, 0, "options, callback and out must not be NULL");
  iso_answer answer;
  ask.token = wk_enter(entry);
  if (!ask.token) return DVT_FULL;
  int32_t code = wk_ask_plain(op, &ask, type, item, &answer, NULL, error);
  if (code == DVT_OK) {
    wk_set_handle(ask.token, answer.handle.token);
    *out = answer.handle;
  } else {
    wk_leave(ask.token);
  }
  return code;
}

int32_t wk_withdraw(
    uint32_t op, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  /* Also without `done`: when the end is pending, its completion takes the registration away. */
  iso_ask ask = {
      .handle = handle, .flags = ISO_HAS_DONE,
      .token = wk_enter((wk_entry){.done = done, .context = context, .ends = handle.token})};
  if (!ask.token) return DVT_FULL;
  int32_t code = wk_ask_plain(op, &ask, NULL, NULL, NULL, NULL, error);
  if (code == DVT_OK) wk_leave_handle(handle.token);
  if (code != DVT_PENDING) wk_leave(ask.token);
  return code;
}
