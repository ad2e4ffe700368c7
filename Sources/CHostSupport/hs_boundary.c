#include "hs_boundary.h"

#include <stdint.h>
#include <unwind.h>

/* Named by HS_BOUNDARY in the unwind tables of the functions that stand on the line. */
__attribute__((visibility("hidden"), used)) _Unwind_Reason_Code hs_boundary_personality(
    int version, _Unwind_Action actions, uint64_t language, struct _Unwind_Exception *exception,
    struct _Unwind_Context *context) {
  (void)version, (void)language, (void)exception, (void)context;
  /* pthread_exit and pthread_cancel unwind without a search: they may go on. */
  return actions & _UA_SEARCH_PHASE ? _URC_FATAL_PHASE1_ERROR : _URC_CONTINUE_UNWIND;
}
