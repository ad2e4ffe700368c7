/* A handler behind a question: called only for the events that its owner wants. */
#ifndef HS_WANTED_H
#define HS_WANTED_H

#include "hs_entry.h"

typedef struct hs_wanted {
  int32_t (*wants)(void *context, const void *event); /* 0 = no */
  hs_handler call;
  void *context; /* of both */
  uint32_t unwanted; /* counts what was not wanted */
} hs_wanted;

/* An hs_handler whose context is an hs_wanted: asks, then calls. */
int32_t hs_call_if_wanted(void *wanted, void *event, const void *error_sink);

#endif
