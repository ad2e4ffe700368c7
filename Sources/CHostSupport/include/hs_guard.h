/* The crash guard: turns a trap in a plugin into a failed call. A memory fault is journalled and stays fatal. */
#ifndef HS_GUARD_H
#define HS_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "hs_slot.h"

#define HS_CONTAIN_NONE 0u  /* every fault is fatal */
#define HS_CONTAIN_TRAPS 1u /* SIGILL, SIGTRAP, SIGFPE, and SIGABRT from the Swift runtime's own checks */

/* What is known of a fault when it turns out to be fatal. */
typedef struct hs_fault {
  int32_t signal;
  uint32_t side;       /* HS_SIDE_… of the thread; HS_SIDE_HOST with an owner = the host, on that owner's behalf */
  uintptr_t address;   /* that could not be touched or executed */
  uintptr_t pc;        /* of the instruction that faulted */
  const hs_owner *owner; /* innermost plugin on the thread, or NULL */
  const char *topic;   /* being delivered, or NULL */
  int32_t thread;
} hs_fault;

/* Installs the handlers on the process. `fatal` (async-signal-safe) runs before the process dies of the signal.
 * Returns 0, or -1 with the errno of sigaction. */
int hs_guard_install(uint32_t contain, void (*fatal)(const hs_fault *fault));

/* Changes what is contained from now on. */
void hs_guard_contain(uint32_t contain);

/* Takes what the Swift runtime said of the last fault that was contained on the calling thread: its first line, cut to
 * `size` - 1 bytes (`size` is at least 1), and a NUL. Returns its length, 0 when it said nothing. Where two threads fault at
 * once, one of them may get what both said. */
size_t hs_guard_take_message(char *buffer, size_t size);

/* Whether a jump out of a trap leaves this Swift runtime sound: runs `trap` (which must trap inside an access) and then
 * `work` (which does the same accesses without a trap), twice. Returns 1 when all is well. */
int hs_guard_self_test(int32_t (*trap)(void *), int32_t (*work)(void *));

#endif
