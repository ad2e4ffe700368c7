/* Carrying out a call of the other side's: what both sides do of it. */
#ifndef ISO_SERVICE_H
#define ISO_SERVICE_H

#include "iso_lane.h"
#include "iso_ops.h"

/* Most bytes that a sink of one call collects, and that a host shows of records in one. */
#define ISO_LARGEST_OUTPUT (64u << 20)

/* Bytes that a sink collects. */
typedef struct iso_bytes {
  uint8_t *ptr; /* from malloc, or NULL */
  size_t length, capacity;
} iso_bytes;

/* One call while it is carried out. Belongs to the thread that does. */
typedef struct iso_service {
  iso_end *end;
  uint32_t op;
  int isStreaming;         /* items are written already, behind the answer's place */
  const iso_ask *ask;
  iso_reader reader;       /* behind the ask */
  iso_writer writer;       /* of the answer */
  iso_answer answer;
  iso_texts texts;
  iso_bytes first, second; /* of the answer's texts */
  dvt_error_sink sink;     /* what is told to it goes into the answer */
  /* What follows is not zeroed as a call begins. */
  char domain[128];
  char message[2048];
} iso_service;

/* Begins to carry out a call. Returns: 1, or 0 when what came is none. */
int iso_service_begin(iso_service *service, iso_end *end, iso_message *call);
/* Ends it: posts the answer. `too_large` is told to the other side in the place of an answer that no message carries. */
void iso_service_answer(iso_service *service, const char *too_large);

/* The next struct of the ABI that the call brought, or NULL. */
static inline void *iso_service_item(iso_service *service, const iso_type *type) {
  return iso_unpack(&service->reader, type);
}

/* From here on items are written as they are shown. */
void iso_service_stream(iso_service *service);
/* Appends an item to the answer, which streams. */
void iso_service_show(iso_service *service, const iso_type *type, const void *value);
/* Takes back what was shown: the answer does not stream any more. */
void iso_service_unshow(iso_service *service);

/* Appends bytes. `bytes` is an iso_bytes. Returns: DVT_OK, DVT_TOO_LARGE, or DVT_FULL when there is no memory. */
int32_t iso_collect(void *bytes, const uint8_t *ptr, uint64_t length);
/* A sink that appends to `bytes`. */
dvt_sink iso_sink_of(iso_bytes *bytes);

#endif
