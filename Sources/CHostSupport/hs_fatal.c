#define _DEFAULT_SOURCE
#include "hs_fatal.h"

#include <execinfo.h>
#include <stdlib.h>
#include <string.h>

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

/* Fills build and phase; returns 0 when nobody can be named. */
static int blame(const hs_journal *journal, const hs_owner *owner, uintptr_t pc, hs_journal_fault *record) {
  const hs_journal_step *step = present_step(journal);
  uint64_t image = owner ? 0 : hs_image_owner(pc);
  record->phase = PHASE_RUNNING;
  if (owner) record->build = owner->build;
  else if (image > 1) record->build = (uint32_t)(image - 1);
  if (step && (record->build == 0 || record->build == step->build)) {
    record->build = step->build;
    record->phase = step->phase;
  }
  return record->build != 0 && record->build != UINT32_MAX;
}

void hs_fatal_record(const hs_fault *fault) {
  hs_journal *journal = hs_journal_installed();
  if (!journal) return;
  hs_journal_fault record = {.signal = fault->signal, .address = fault->address, .topic = fault->topic};
  record.topic_length = fault->topic ? (uint32_t)strlen(fault->topic) : 0;
  record.side = fault->side == HS_SIDE_HOST ? HS_JOURNAL_SIDE_HOST : HS_JOURNAL_SIDE_PLUGIN;
  if (!blame(journal, fault->owner, fault->pc, &record)) record.build = 0;
  hs_journal_record_crash(journal, &record);
}

/* Innermost address on the stack that lies in a plugin's image: a thread of a plugin's own has no call frame. */
static uintptr_t plugin_on_stack(void) {
  void *frames[64];
  int count = backtrace(frames, 64);
  for (int i = 0; i < count; i++)
    if (hs_image_owner((uintptr_t)frames[i]) > 1) return (uintptr_t)frames[i];
  return 0;
}

static void at_exit(int status, void *unused) {
  (void)unused;
  hs_journal *journal = hs_journal_installed();
  if (!journal) return;
  const hs_entry *entry = hs_present_entry();
  hs_journal_fault record = {0};
  if (blame(journal, entry ? entry->owner : NULL, plugin_on_stack(), &record))
    hs_journal_record_exit(journal, status, record.build, record.phase);
}

int hs_fatal_watch_exit(void) { return on_exit(at_exit, NULL); }
