#include "hs_wanted.h"

int32_t hs_call_if_wanted(void *wanted, void *event, const void *error_sink) {
  const hs_wanted *handler = wanted;
  if (handler->wants(handler->context, event)) return handler->call(handler->context, event, error_sink);
  hs_slot *slot = hs_own_slot;
  if (slot) hs_count(slot, handler->unwanted);
  return 0;
}
