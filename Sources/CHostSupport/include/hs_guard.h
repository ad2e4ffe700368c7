/* The crash guard: turns a crash of a plugin into a failed call. What is not contained is journalled and stays fatal. */
#ifndef HS_GUARD_H
#define HS_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "hs_crash.h"
#include "hs_slot.h"

#define HS_CONTAIN_NONE 0u  /* every fault is fatal */
#define HS_CONTAIN_TRAPS 1u /* SIGILL, SIGTRAP, SIGFPE, and SIGABRT from the Swift and C++ runtimes' own checks */
#define HS_CONTAIN_ALL 2u   /* those, SIGSEGV, SIGBUS, and any SIGABRT */

/* A fault that turns out to be fatal. */
typedef struct hs_fault {
  const hs_crash *crash;
  const hs_owner *owner; /* innermost plugin on the thread, or NULL */
  uint32_t side;         /* HS_SIDE_… of the thread; HS_SIDE_HOST with an owner = the host, on that owner's behalf */
} hs_fault;

/* Installs the handlers on the process. `fatal` (async-signal-safe) runs before the process dies of the signal.
 * Returns 0, or -1 with the errno of sigaction. */
int hs_guard_install(uint32_t contain, void (*fatal)(const hs_fault *fault));

/* Changes what is contained from now on, where an owner has nothing else set. */
void hs_guard_contain(uint32_t contain);

/* Contains nothing from now on, whatever is set: this runtime does not survive it. */
void hs_guard_disable(void);

/* The last fault that was contained on the calling thread: valid until the next on that thread. Never NULL after one. Of what two
 * threads' runtimes said at once, one of them may get both. */
const hs_crash *hs_guard_crash(void);

/* Whether a jump out of a trap leaves this Swift runtime sound: runs `trap` (which must trap inside an access) and then
 * `work` (which does the same accesses without a trap), twice. Returns 1 when all is well. */
int hs_guard_self_test(int32_t (*trap)(void *), int32_t (*work)(void *));

#endif
