#include <hs_boundary.h>
#include <hs_entry.h>

#include "CBridge.h"

/* A callback is the plugin's own code again: a crash in it is contained as the caller's, and nothing that it throws gets past the
 * host's frames above it to a catch of the caller's. */
#define AS_PLUGIN(call)                     \
  HS_BOUNDARY;                              \
  uint32_t side = hs_side_set(HS_SIDE_PLUGIN); \
  call;                                     \
  hs_side_set(side)

int32_t br_sink_write(const dvt_sink *sink, const uint8_t *bytes, uint64_t count) {
  AS_PLUGIN(int32_t code = sink->write(sink->context, bytes, count));
  return code;
}

void br_error_report(const dvt_error_sink *sink, const dvt_error *error) {
  AS_PLUGIN(sink->report(sink->context, error));
}

int32_t br_record_receive(dvt_record_receiver receiver, void *context, const dvt_record *record) {
  AS_PLUGIN(int32_t code = receiver(context, record));
  return code;
}

void br_written_receive(dvt_written_receiver receiver, void *context, uint64_t index, const dvt_written *written) {
  AS_PLUGIN(receiver(context, index, written));
}

int32_t br_reply_receive(dvt_reply_handler handler, void *context, const dvt_reply *reply) {
  AS_PLUGIN(int32_t code = handler(context, reply));
  return code;
}
