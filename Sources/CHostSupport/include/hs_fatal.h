/* What a dying process still writes into its journal: which plugin, build and phase it died of. */
#ifndef HS_FATAL_H
#define HS_FATAL_H

#include "hs_guard.h"

/* For hs_guard_install: records the fault in the installed journal. Async-signal-safe. The culprit is the innermost plugin
 * call on the thread, else the innermost plugin whose image holds one of the calls on its stack, else the lifecycle step under
 * way. */
void hs_fatal_record(const hs_fault *fault);

/* Registers an exit hook that records a call of `exit` made by plugin code, on whatever thread, with its status. Returns 0, or -1 when there is no memory. */
int hs_fatal_watch_exit(void);

/* The calling thread runs lifecycle steps: what dies on it without a call frame (a constructor) is the step's. */
void hs_fatal_lifecycle_thread(void);

/* Images are entered into the table of addresses under this name. */
static inline uint64_t hs_fatal_image_name(uint32_t build) { return (uint64_t)build + 1; }

#endif
