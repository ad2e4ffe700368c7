/* The journal's layout in memory, and the stores that a dying process can still make. See Supervision/JOURNAL.md. */
#ifndef HS_JOURNAL_H
#define HS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "hs_crash.h"

#define HS_JOURNAL_MAGIC 0x314c4e524a545644ull /* "DVTJRNL1" in memory */
#define HS_JOURNAL_VERSION 2u
#define HS_JOURNAL_BUILDS_AT 4096 /* where the table of builds begins */
#define HS_JOURNAL_STEPS 8

#define HS_JOURNAL_RUNNING 0u /* of `ending` */
#define HS_JOURNAL_CLEAN 1u

#define HS_JOURNAL_EMPTY 0u /* of a record's `written` */
#define HS_JOURNAL_PARTIAL 1u
#define HS_JOURNAL_WHOLE 2u

#define HS_JOURNAL_SIDE_UNKNOWN 0u
#define HS_JOURNAL_SIDE_PLUGIN 1u
#define HS_JOURNAL_SIDE_HOST 2u

/* A call into a plugin that has begun. `build` is 0 between calls. */
typedef struct hs_journal_step {
  uint32_t build; /* index in the table of builds, 1…; 0 is none */
  uint32_t phase; /* numbers as in JOURNAL.md */
  uint64_t since; /* nanoseconds on CLOCK_MONOTONIC */
} hs_journal_step;

/* The fault that ended the process. */
typedef struct hs_journal_crash {
  uint32_t written;
  int32_t signal; /* SIGSEGV, … */
  int32_t code;   /* si_code */
  uint32_t build, phase, side;
  uint64_t address; /* si_addr */
  uint64_t time;    /* nanoseconds on CLOCK_REALTIME */
  int32_t thread;   /* the kernel's id */
  uint32_t topic_length;
  char thread_name[16];
  char topic[128]; /* the event's type, cut; empty outside a handler */
} hs_journal_crash;

/* What more is known of that fault; whole when `crash` is. The fields are hs_crash's. */
typedef struct hs_journal_detail {
  uint32_t flags, policy;
  uint64_t pc, sequence;
  char label[64];
  char exception[128];
  char message[512];
  hs_trace trace;
} hs_journal_detail;

/* A call of `exit` in a plugin. */
typedef struct hs_journal_exit {
  uint32_t written;
  int32_t status; /* -1 when it is not known */
  uint32_t build, phase;
  uint64_t time;
  char thread_name[16];
} hs_journal_exit;

/* The first page of the file. */
typedef struct hs_journal {
  uint64_t magic;
  uint32_t version, size; /* of the format, and of this struct */
  uint32_t build_size;    /* of a record in the table */
  uint32_t build_capacity;
  int32_t pid;
  uint32_t ending;  /* HS_JOURNAL_RUNNING or HS_JOURNAL_CLEAN */
  uint64_t started; /* nanoseconds on CLOCK_REALTIME */
  char boot[40];    /* the kernel's boot id, NUL-terminated */
  hs_journal_step steps[HS_JOURNAL_STEPS];
  hs_journal_crash crash;
  hs_journal_exit exit;
  hs_journal_detail detail; /* since version 2 */
} hs_journal;

/* One plugin build. */
typedef struct hs_journal_build {
  uint32_t written;
  uint32_t generation;
  uint8_t hash[32];
  uint32_t id_length, version_length;
  uint32_t check; /* hs_journal_check of the record with `written` and `check` 0 */
  char id[256];
  char version[76];
} hs_journal_build;

/* Notes that a call into a plugin begins, or with build 0 that it ended. Three stores. `step` is 0…7. [any-thread] */
static inline void hs_journal_begin(hs_journal *journal, uint32_t step, uint32_t build, uint32_t phase, uint64_t since) {
  volatile hs_journal_step *slot = &journal->steps[step % HS_JOURNAL_STEPS];
  slot->build = 0;
  slot->phase = phase;
  slot->since = since;
  slot->build = build;
}
static inline void hs_journal_end(hs_journal *journal, uint32_t step) {
  ((volatile hs_journal_step *)&journal->steps[step % HS_JOURNAL_STEPS])->build = 0;
}

/* Where a fault happened. OWNERSHIP: borrowed until the call returns. */
typedef struct hs_journal_fault {
  const hs_crash *crash;
  uint32_t build, phase, side;
} hs_journal_fault;

/* Records the fault that is about to end the process; only the first one is kept. Only stores and clock_gettime: safe in a signal handler. A NULL journal does nothing. Returns: 1 when this fault was recorded. [any-thread] */
int32_t hs_journal_record_crash(hs_journal *journal, const hs_journal_fault *fault);
/* Records that `exit` was called in a plugin; only the first is kept. Safe in a signal handler. [any-thread] */
int32_t hs_journal_record_exit(hs_journal *journal, int32_t status, uint32_t build, uint32_t phase);
/* Enters a build into a record of the table, or clears it with NULL. The caller serializes. [any-thread] */
void hs_journal_put_build(hs_journal *journal, uint32_t index, const hs_journal_build *build);
/* A checksum (FNV-1a) over `count` bytes. [any-thread] */
uint32_t hs_journal_check(const void *bytes, size_t count);

/* The journal of this process for signal handlers and exit hooks; NULL before and after. [any-thread] */
void hs_journal_install(hs_journal *journal);
hs_journal *hs_journal_installed(void);

#endif
