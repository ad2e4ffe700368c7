/* Asking the other side: how a call is packed, and what is made of its answer. */
#ifndef ISO_REPLY_H
#define ISO_REPLY_H

#include "iso_lane.h"
#include "iso_ops.h"

/* Structs of one type that follow the iso_ask of a call. */
typedef struct iso_items {
  const iso_type *type;
  const void *const *values;
  uint32_t count;
} iso_items;

/* The answer to a call. */
typedef struct iso_reply {
  iso_message message;
  iso_reader reader;        /* behind the iso_answer */
  const iso_answer *answer;
} iso_reply;

/* Packs a call: into the lane's arena, or onto the heap where that is too small; the caller frees what grows. */
iso_writer iso_pack_call(iso_end *end, const iso_ask *ask, const iso_items *items, uint32_t lists);

/* Reads the beginning of an answer whose `message` has come.
 * Returns: DVT_OK, and the caller reads the items, then settles; or DVT_FAILED, and the message, which is none, is dropped. */
int32_t iso_reply_open(iso_reply *reply);

/* The end of an answer, once its items were read; NULL when it is none. */
const iso_texts *iso_reply_texts(iso_reply *reply);

/* Ends a call whose items were read: hands the texts to the sinks, tells `error` of a failure, and drops the message. Each sink may
 * be NULL.
 * Returns: the answer's code, DVT_FAILED for one that is nobody's; where that is DVT_OK, what a sink returned otherwise. */
int32_t iso_settle(iso_reply *reply, const dvt_sink *first, const dvt_sink *second, const dvt_error_sink *error);

/* The same, when the texts were read. */
int32_t iso_settle_texts(iso_reply *reply, const iso_texts *texts, int32_t code, const dvt_error_sink *error);

#endif
