#include "iso_reply.h"

#include "iso_report.h"

iso_writer iso_pack_call(iso_end *end, const iso_ask *ask, const iso_items *items, uint32_t lists) {
  iso_writer writer = iso_arena(end);
  for (;;) {
    iso_pack(&writer, &iso_type_ask, ask);
    for (uint32_t list = 0; list < lists; list++)
      for (uint32_t i = 0; i < items[list].count; i++) iso_pack(&writer, items[list].type, items[list].values[i]);
    if (iso_fits(&writer) || writer.grows) return writer;
    writer = (iso_writer){.grows = 1};
  }
}

int32_t iso_reply_open(iso_reply *reply) {
  reply->reader = iso_reader_of(&reply->message);
  reply->answer = iso_unpack(&reply->reader, &iso_type_answer);
  if (reply->answer) return DVT_OK;
  iso_message_drop(&reply->message);
  return DVT_FAILED;
}

const iso_texts *iso_reply_texts(iso_reply *reply) { return iso_unpack(&reply->reader, &iso_type_texts); }

static int32_t hand_over(dvt_bytes bytes, const dvt_sink *sink, int32_t code) {
  if (bytes.len == 0 || !sink || !sink->write) return code;
  int32_t taken = sink->write(sink->context, bytes.ptr, bytes.len);
  return code == DVT_OK ? taken : code;
}

int32_t iso_settle(iso_reply *reply, const dvt_sink *first, const dvt_sink *second, const dvt_error_sink *error) {
  int32_t code = reply->answer->code;
  const iso_texts *texts = iso_reply_texts(reply);
  if (texts) {
    code = hand_over(texts->first, first, code);
    code = hand_over(texts->second, second, code);
  }
  return iso_settle_texts(reply, texts, code, error);
}

int32_t iso_settle_texts(iso_reply *reply, const iso_texts *texts, int32_t code, const dvt_error_sink *error) {
  if (code != DVT_OK && texts && texts->message.len)
    iso_report(error, code, reply->answer->retryable != 0, texts->domain, texts->message);
  iso_message_drop(&reply->message);
  return code < 0 ? DVT_FAILED : code;
}
