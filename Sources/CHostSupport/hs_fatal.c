#define _DEFAULT_SOURCE
#include "hs_fatal.h"

#include <execinfo.h>
#include <stdlib.h>

#include "hs_dispatch.h"
#include "hs_entry.h"
#include "hs_image.h"
#include "hs_journal.h"

#define PHASE_RUNNING 12u /* JOURNAL.md */

static _Thread_local int runs_lifecycle;

void hs_fatal_lifecycle_thread(void) { runs_lifecycle = 1; }

static const hs_journal_step *present_step(const hs_journal *journal) {
  const hs_journal_step *step = &journal->steps[0];
  return runs_lifecycle && step->build ? step : NULL;
}

/* Innermost plugin whose image holds one of the calls: a thread of a plugin's own has no call frame. */
static uint32_t build_on_stack(const hs_trace *trace) {
  for (uint32_t i = 0; i < trace->count; i++) {
    uint64_t image = hs_image_owner(trace->frames[i].address);
    if (image > 1) return (uint32_t)(image - 1);
  }
  return 0;
}

/* Fills build and phase; `build` stays 0 when nobody can be named. */
static void blame(const hs_journal *journal, const hs_owner *owner, const hs_trace *trace, hs_journal_fault *record) {
  const hs_journal_step *step = present_step(journal);
  record->phase = PHASE_RUNNING;
  record->build = owner ? owner->build : build_on_stack(trace);
  if (step && (record->build == 0 || record->build == step->build)) {
    record->build = step->build;
    record->phase = step->phase;
  }
  if (record->build == UINT32_MAX) record->build = 0;
}

void hs_fatal_record(const hs_fault *fault) {
  hs_journal *journal = hs_journal_installed();
  if (!journal) return;
  hs_journal_fault record = {.crash = fault->crash};
  record.side = fault->side == HS_SIDE_HOST ? HS_JOURNAL_SIDE_HOST : HS_JOURNAL_SIDE_PLUGIN;
  blame(journal, fault->owner, &fault->crash->trace, &record);
  hs_journal_record_crash(journal, &record);
}

static void at_exit(int status, void *unused) {
  (void)unused;
  hs_journal *journal = hs_journal_installed();
  if (!journal) return;
  const hs_entry *entry = hs_present_entry();
  hs_journal_fault record = {0};
  void *calls[HS_TRACE_FRAMES];
  hs_trace trace = {0};
  int count = backtrace(calls, HS_TRACE_FRAMES);
  for (int i = 0; i < count; i++) trace.frames[trace.count++].address = (uintptr_t)calls[i];
  blame(journal, entry ? entry->owner : NULL, &trace, &record);
  if (record.build) hs_journal_record_exit(journal, status, record.build, record.phase);
}

int hs_fatal_watch_exit(void) { return on_exit(at_exit, NULL); }
