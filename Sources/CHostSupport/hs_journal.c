#define _GNU_SOURCE
#include "hs_journal.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

_Static_assert(sizeof(hs_journal_step) == 16, "JOURNAL.md");
_Static_assert(sizeof(hs_journal_crash) == 192, "JOURNAL.md");
_Static_assert(sizeof(hs_journal_exit) == 40, "JOURNAL.md");
_Static_assert(offsetof(hs_journal, steps) == 80, "JOURNAL.md");
_Static_assert(offsetof(hs_journal, crash) == 208, "JOURNAL.md");
_Static_assert(offsetof(hs_journal, exit) == 400, "JOURNAL.md");
_Static_assert(offsetof(hs_journal, detail) == 440, "JOURNAL.md");
_Static_assert(sizeof(hs_journal_detail) == 3552, "JOURNAL.md");
_Static_assert(sizeof(hs_journal) <= HS_JOURNAL_BUILDS_AT, "JOURNAL.md");
_Static_assert(sizeof(hs_journal_build) == 384, "JOURNAL.md");

static hs_journal *_Atomic installed;

void hs_journal_install(hs_journal *journal) { atomic_store_explicit(&installed, journal, memory_order_release); }

hs_journal *hs_journal_installed(void) { return atomic_load_explicit(&installed, memory_order_acquire); }

static uint64_t wall_clock(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Returns: whether the record was empty and is now the caller's to fill. */
static int claim(uint32_t *written) {
  uint32_t expected = HS_JOURNAL_EMPTY;
  return __atomic_compare_exchange_n(written, &expected, HS_JOURNAL_PARTIAL, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

int32_t hs_journal_record_crash(hs_journal *journal, const hs_journal_fault *fault) {
  if (!journal || !fault->crash || !claim(&journal->crash.written)) return 0;
  int error = errno;
  const hs_crash *known = fault->crash;
  hs_journal_crash *crash = &journal->crash;
  crash->signal = known->signal;
  crash->code = known->code;
  crash->build = fault->build;
  crash->phase = fault->phase;
  crash->side = fault->side;
  crash->address = known->address;
  crash->time = wall_clock();
  crash->thread = known->thread;
  memcpy(crash->thread_name, known->thread_name, sizeof crash->thread_name);
  crash->topic_length = (uint32_t)strnlen(known->topic, sizeof crash->topic);
  memcpy(crash->topic, known->topic, crash->topic_length);
  hs_journal_detail *detail = &journal->detail;
  detail->flags = known->flags;
  detail->policy = known->policy;
  detail->pc = known->pc;
  detail->sequence = known->sequence;
  memcpy(detail->label, known->label, sizeof detail->label);
  memcpy(detail->exception, known->exception, sizeof detail->exception);
  memcpy(detail->message, known->message, sizeof detail->message);
  detail->trace = known->trace;
  __atomic_store_n(&crash->written, HS_JOURNAL_WHOLE, __ATOMIC_RELEASE);
  errno = error;
  return 1;
}

int32_t hs_journal_record_exit(hs_journal *journal, int32_t status, uint32_t build, uint32_t phase) {
  if (!journal || !claim(&journal->exit.written)) return 0;
  journal->exit.status = status;
  journal->exit.build = build;
  journal->exit.phase = phase;
  journal->exit.time = wall_clock();
  prctl(PR_GET_NAME, journal->exit.thread_name);
  __atomic_store_n(&journal->exit.written, HS_JOURNAL_WHOLE, __ATOMIC_RELEASE);
  return 1;
}

void hs_journal_put_build(hs_journal *journal, uint32_t index, const hs_journal_build *build) {
  hs_journal_build *record = (hs_journal_build *)((char *)journal + HS_JOURNAL_BUILDS_AT) + index;
  __atomic_store_n(&record->written, HS_JOURNAL_EMPTY, __ATOMIC_RELEASE);
  if (!build) return;
  hs_journal_build filled = *build;
  filled.written = 0;
  filled.check = 0;
  filled.check = hs_journal_check(&filled, sizeof filled);
  memcpy(record, &filled, sizeof filled);
  __atomic_store_n(&record->written, HS_JOURNAL_WHOLE, __ATOMIC_RELEASE);
}

uint32_t hs_journal_check(const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < count; i++) sum = (sum ^ next[i]) * 16777619u;
  return sum;
}
