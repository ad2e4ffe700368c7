#define _GNU_SOURCE
#include "hs_guard.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "hs_dispatch.h"

/* The runtime's record of one `inout` (or similar) access; it lies on the stack of the function that makes the access. */
typedef struct access_record {
  void *pointer;
  void *pc;
  uintptr_t next;
} access_record;
void swift_beginAccess(void *pointer, access_record *record, uintptr_t flags, void *pc);
void swift_endAccess(access_record *record);

#define ACCESS_MODIFY_TRACKED 0x21

/* Where the runtime keeps what it said of a failed check, for crash reports; on the heap. Not every runtime has it. */
__attribute__((weak)) char *_Atomic *swift_getFatalErrorMessageBuffer(void);
static char *_Atomic *runtime_message;
static _Thread_local char *said;

/* The task that the calling thread runs, or NULL. */
__attribute__((weak)) void *swift_task_getCurrent(void);

static _Atomic uint32_t contained;
static void (*on_fatal)(const hs_fault *);

/* The addresses that an image occupies. */
typedef struct extent {
  uintptr_t inside, start, end;
} extent;
static extent swift_core, swift_concurrency, abort_code;

static const int signals[] = {SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSEGV, SIGBUS};

/* After a jump the frames between fault and guard are gone, and with them the access records on them: the runtime must
 * forget those first, while they are intact. What lies below the guard's own frame on this stack belongs to the callee. */
static void end_accesses(uintptr_t fault_stack, uintptr_t guard_stack) {
  static char probe_address;
  access_record probe;
  swift_beginAccess(&probe_address, &probe, ACCESS_MODIFY_TRACKED, NULL);
  for (;;) {
    access_record *record = (access_record *)(probe.next & ~(uintptr_t)3);
    uintptr_t at = (uintptr_t)record;
    if (!record || at < fault_stack - 128 || at >= guard_stack) break;
    swift_endAccess(record);
  }
  swift_endAccess(&probe);
}

static int holds(const extent *image, uintptr_t at) { return at >= image->start && at < image->end; }

/* abort() is contained only when the Swift runtime itself called it: a failed cast is a check. A corrupted heap is not, even
 * when the runtime is who called malloc. */
static int abort_is_swift(void) {
  void *frames[32];
  int count = backtrace(frames, 32);
  for (int i = 0; i + 1 < count; i++)
    if (holds(&abort_code, (uintptr_t)frames[i])) return holds(&swift_core, (uintptr_t)frames[i + 1]);
  return 0;
}

typedef struct walk {
  uintptr_t start, end; /* of the stack to look at */
  int task;             /* whether the runtime's code for tasks is on it */
} walk;

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument) {
  walk *walk = argument;
  uintptr_t at = _Unwind_GetCFA(context);
  /* The handler's own frames lie on the alternate stack. */
  if (at < walk->start || at >= walk->end) return _URC_NO_REASON;
  if (holds(&swift_concurrency, _Unwind_GetIP(context))) walk->task = 1;
  return walk->task ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* A jump out of a task would leave it the thread's present one for ever, and whoever waits for it waiting. A task that was
 * under way before the guard's frame is none of the callee's. */
static int inside_task(uintptr_t fault_stack, uintptr_t guard_stack) {
  if (!swift_task_getCurrent || !swift_task_getCurrent()) return 0;
  walk walk = {.start = fault_stack - 128, .end = guard_stack};
  _Unwind_Backtrace(look, &walk);
  return walk.task;
}

static int containable(int signal, const siginfo_t *info) {
  if (atomic_load(&contained) == HS_CONTAIN_NONE) return 0;
  switch (signal) {
  case SIGILL:
  case SIGTRAP:
  case SIGFPE: return info->si_code > 0; /* by an instruction, not by kill(2) */
  case SIGABRT: return abort_is_swift();
  default: return 0;
  }
}

static void registers(const ucontext_t *context, uintptr_t *pc, uintptr_t *sp) {
#if defined(__x86_64__)
  *pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
  *sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  *pc = (uintptr_t)context->uc_mcontext.pc;
  *sp = (uintptr_t)context->uc_mcontext.sp;
#endif
}

/* Innermost call of a plugin's on this thread. */
static const hs_entry *innermost(const hs_slot *slot, const char **topic) {
  for (uint32_t depth = slot ? hs_depth(slot) : 0; depth > 0; depth--) {
    const hs_frame *frame = &slot->frames[depth];
    const hs_entry *entry = atomic_load(&frame->entry);
    if (!entry) continue;
    if (frame->topic) *topic = ((const hs_topic *)frame->topic)->name;
    return entry;
  }
  return NULL;
}

static void die(int signal, siginfo_t *info, uintptr_t pc) {
  const hs_slot *slot = hs_own_slot;
  hs_fault fault = {.signal = signal, .address = (uintptr_t)info->si_addr, .pc = pc, .thread = (int32_t)gettid()};
  const hs_entry *entry = innermost(slot, &fault.topic);
  fault.side = slot ? hs_top(slot)->side : HS_SIDE_HOST;
  if (entry) fault.owner = entry->owner;
  if (on_fatal) on_fatal(&fault);
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(signal, &standard, NULL);
  /* A faulting instruction faults again; after int3 the next one would run. */
  if (signal == SIGABRT || signal == SIGTRAP || info->si_code <= 0) raise(signal);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  hs_slot *slot = hs_own_slot;
  uintptr_t pc = 0, sp = 0;
  registers(context, &pc, &sp);
  hs_frame *frame = slot ? hs_top(slot) : NULL;
  if (!slot || frame == slot->frames || frame->side != HS_SIDE_PLUGIN || !containable(signal, info)) {
    die(signal, info, pc);
    return;
  }
  if (inside_task(sp, (uintptr_t)frame->jump[0])) {
    die(signal, info, pc);
    return;
  }
  frame->side = HS_SIDE_HOST;
  frame->fault = signal;
  end_accesses(sp, (uintptr_t)frame->jump[0]);
  if (runtime_message && !said) said = atomic_exchange(runtime_message, NULL);
  __builtin_longjmp(frame->jump, 1);
}

static int measure(struct dl_phdr_info *info, size_t size, void *argument) {
  extent *image = argument, found = {.start = UINTPTR_MAX};
  (void)size;
  int ours = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
    if (start < found.start) found.start = start;
    if (end > found.end) found.end = end;
    if (image->inside >= start && image->inside < end) ours = 1;
  }
  if (!ours) return 0;
  image->start = found.start;
  image->end = found.end;
  return 1;
}

/* What a handler cannot do: find images, load the unwinder. */
static void prepare(void) {
  void *frames[4];
  backtrace(frames, 4);
  swift_core.inside = (uintptr_t)&swift_beginAccess;
  dl_iterate_phdr(measure, &swift_core);
  if (swift_getFatalErrorMessageBuffer) runtime_message = swift_getFatalErrorMessageBuffer();
  swift_concurrency.inside = (uintptr_t)swift_task_getCurrent;
  if (swift_concurrency.inside) dl_iterate_phdr(measure, &swift_concurrency);
  void *address = dlsym(RTLD_DEFAULT, "abort");
  Dl_info image;
  const ElfW(Sym) *symbol = NULL;
  if (!address || !dladdr1(address, &image, (void **)&symbol, RTLD_DL_SYMENT) || !symbol) return;
  abort_code.start = (uintptr_t)address;
  abort_code.end = abort_code.start + symbol->st_size;
}

int hs_guard_install(uint32_t contain, void (*fatal)(const hs_fault *fault)) {
  prepare();
  on_fatal = fatal;
  atomic_store(&contained, contain);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (sigaction(signals[i], &action, NULL) != 0) return -1;
  return 0;
}

void hs_guard_contain(uint32_t contain) { atomic_store(&contained, contain); }

size_t hs_guard_take_message(char *buffer, size_t size) {
  size_t length = said ? strcspn(said, "\n") : 0;
  if (length >= size) length = size - 1;
  if (length) memcpy(buffer, said, length);
  buffer[length] = 0;
  free(said);
  said = NULL;
  return length;
}

int hs_guard_self_test(int32_t (*trap)(void *), int32_t (*work)(void *)) {
  hs_owner owner = {.build = UINT32_MAX};
  hs_entry entry = {
      .side = HS_SIDE_PLUGIN, .owner = &owner, .counter = HS_COUNTERS - 1};
  for (int round = 0; round < 2; round++) {
    int32_t fault = 0;
    if (hs_call(&entry, trap, NULL, 0, &fault) != HS_CRASHED || fault == 0) return 0;
    if (hs_call(&entry, work, NULL, 0, &fault) != HS_OK) return 0;
  }
  return 1;
}
