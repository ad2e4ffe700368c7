/* Calls of services, and requests on topics: what they say travels in the head of the message, what they carry behind it, so that
 * they touch the fewest cache lines that they can. */
#ifndef ISO_REQUEST_H
#define ISO_REQUEST_H

#include "dovetail.h"
#include "iso_lane.h"

/* Packs a request for a registration of the worker's: into the lane's arena, or onto the heap where that is too small; the caller
 * frees what grows. */
iso_writer iso_pack_request(iso_end *end, uint64_t token, const dvt_request *request, iso_brief *brief);

/* Reads it; what the request leads to lies in the message. Returns: 1, or 0 when it is none. */
int iso_unpack_request(const iso_message *call, uint64_t *token, dvt_request *request);

/* What a handler says to a request. */
typedef struct iso_replying {
  dvt_sink reply;       /* appends to the data */
  dvt_error_sink error; /* the last error that it was told of is kept */
  uint8_t *data;        /* `near`, or from malloc */
  size_t length, capacity;
  uint32_t retryable, domain_length, message_length;
  char domain[128];
  char message[2048];
  _Alignas(16) uint8_t near[1024];
} iso_replying;

void iso_replying_begin(iso_replying *replying);
/* Posts it as the answer to a call, with a code. `too_large` is said in its place when no message carries it. */
void iso_replying_end(iso_replying *replying, iso_end *end, uint32_t op, int32_t code, const char *too_large);

/* Whether an answer that came is one. */
int iso_is_reply(const iso_message *answer);
/* Hands such an answer over to the sinks, either of which may be NULL.
 * Returns: the answer's code, DVT_FAILED for one that is nobody's; where that is DVT_OK, what `reply` returned. */
int32_t iso_hand_over(const iso_message *answer, const dvt_sink *reply, const dvt_error_sink *error);

#endif
