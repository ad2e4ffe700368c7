#define _GNU_SOURCE
#include "hs_latch.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

uint32_t hs_latch_value(const hs_latch *latch) { return __atomic_load_n(&latch->value, __ATOMIC_ACQUIRE); }

void hs_latch_set(hs_latch *latch, uint32_t value) {
  __atomic_store_n(&latch->value, value, __ATOMIC_RELEASE);
  syscall(SYS_futex, &latch->value, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

uint32_t hs_latch_wait(hs_latch *latch, uint32_t seen) {
  uint32_t value;
  while ((value = hs_latch_value(latch)) == seen) syscall(SYS_futex, &latch->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  return value;
}
