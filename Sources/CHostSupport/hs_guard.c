#define _GNU_SOURCE
#include "hs_guard.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

/* What the C library printed before it aborted; a mapping of its own. */
typedef struct abort_message {
  unsigned size;
  char text[];
} abort_message;
static abort_message *_Atomic *library_message;

/* The type of the exception that the calling thread throws. */
static const struct type {
  void *table;
  const char *name;
} *(*exception_type)(void);

static _Atomic uint32_t contained, disabled;
static void (*on_fatal)(const hs_fault *);

/* The addresses that an image occupies. */
typedef struct extent {
  uintptr_t inside, start, end;
} extent;
static extent swift_core, swift_concurrency, abort_code, throw_code, rethrow_code, terminate_code, pure_code;

static const int signals[] = {SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSEGV, SIGBUS};

/* What lies on the stack between the guard's frame and the fault, and what was found there. */
typedef struct callee {
  uintptr_t fault_stack, guard_stack;
  int task; /* whether the runtime's code for tasks is there */
} callee;

/* After a jump the frames between fault and guard are gone, and with them the access records on them: the runtime must
 * forget those first, while they are intact. What lies below the guard's own frame on this stack belongs to the callee. */
static void end_accesses(void *argument) {
  const callee *callee = argument;
  static char probe_address;
  access_record probe;
  swift_beginAccess(&probe_address, &probe, ACCESS_MODIFY_TRACKED, NULL);
  for (;;) {
    access_record *record = (access_record *)(probe.next & ~(uintptr_t)3);
    uintptr_t at = (uintptr_t)record;
    if (!record || at < callee->fault_stack - 128 || at >= callee->guard_stack) break;
    swift_endAccess(record);
  }
  swift_endAccess(&probe);
}

/* What a call returns to lies behind it: of one that never returns, behind its whole function. */
static uintptr_t call_of(const hs_trace *trace, uint32_t i) { return trace->frames[i].address - (i > 0); }

static int holds(const extent *image, uintptr_t at) { return at >= image->start && at < image->end; }

/* abort() is contained under `traps` only when a runtime's own check called it, and nothing was damaged: a failed cast of
 * Swift's, an exception of C++ that nobody caught. A corrupted heap is none, even when a runtime is who called malloc. */
static int abort_is_check(const hs_crash *crash) {
  const uint32_t uncaught = HS_CRASH_THROW | HS_CRASH_TERMINATE;
  if ((crash->flags & uncaught) == uncaught) return 1;
  const hs_trace *trace = &crash->trace;
  for (uint32_t i = 0; i + 1 < trace->count; i++)
    if (holds(&abort_code, call_of(trace, i))) return holds(&swift_core, call_of(trace, i + 1));
  return 0;
}

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument) {
  callee *callee = argument;
  uintptr_t at = _Unwind_GetCFA(context);
  /* The handler's own frames lie on the alternate stack. */
  if (at < callee->fault_stack - 128 || at >= callee->guard_stack) return _URC_NO_REASON;
  if (holds(&swift_concurrency, _Unwind_GetIP(context))) callee->task = 1;
  return callee->task ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* A jump out of a task would leave it the thread's present one for ever, and whoever waits for it waiting. A task that was
 * under way before the guard's frame is none of the callee's. */
static void look_for_task(void *argument) {
  if (swift_task_getCurrent && swift_task_getCurrent()) _Unwind_Backtrace(look, argument);
}

/* By an instruction, or by the process itself: raise, abort. */
static int is_own(const siginfo_t *info) { return info->si_code > 0 || info->si_pid == getpid(); }

static int containable(const hs_crash *crash, const siginfo_t *info) {
  uint32_t policy = crash->policy;
  if (policy == HS_CONTAIN_NONE || !is_own(info)) return 0;
  if (policy == HS_CONTAIN_ALL) return 1;
  switch (info->si_signo) {
  case SIGILL:
  case SIGTRAP:
  case SIGFPE: return info->si_code > 0;
  case SIGABRT: return abort_is_check(crash);
  default: return 0;
  }
}

typedef struct machine {
  uintptr_t pc, sp, fp;
} machine;

static machine registers(const ucontext_t *context) {
#if defined(__x86_64__)
  const greg_t *all = context->uc_mcontext.gregs;
  return (machine){(uintptr_t)all[REG_RIP], (uintptr_t)all[REG_RSP], (uintptr_t)all[REG_RBP]};
#elif defined(__aarch64__)
  const mcontext_t *all = &context->uc_mcontext;
  return (machine){(uintptr_t)all->pc, (uintptr_t)all->sp, (uintptr_t)all->regs[29]};
#endif
}

/* Innermost call of a plugin's on this thread. */
static const hs_frame *innermost(const hs_slot *slot) {
  for (uint32_t depth = slot ? hs_depth(slot) : 0; depth > 0; depth--)
    if (atomic_load(&slot->frames[depth].entry)) return &slot->frames[depth];
  return NULL;
}

static uint32_t policy_of(const hs_owner *owner) {
  if (atomic_load(&disabled)) return HS_CONTAIN_NONE;
  uint32_t own = owner ? atomic_load(&owner->contain) : 0;
  return own ? own - 1 : atomic_load(&contained);
}

static void copy(char *to, size_t size, const char *from) {
  size_t length = from ? strnlen(from, size - 1) : 0;
  if (length) memcpy(to, from, length);
  to[length] = 0;
}

/* A stack that is used up faults where it would have grown to. */
static int is_stack_overflow(int signal, const siginfo_t *info, uintptr_t sp) {
  uintptr_t at = (uintptr_t)info->si_addr, reach = 65536;
  return (signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0 && at + reach > sp && at < sp + reach;
}

static uint32_t flags_of(const hs_trace *trace) {
  uint32_t flags = 0;
  for (uint32_t i = 0; i < trace->count; i++) {
    uintptr_t at = call_of(trace, i);
    if (holds(&throw_code, at) || holds(&rethrow_code, at)) flags |= HS_CRASH_THROW;
    if (holds(&terminate_code, at)) flags |= HS_CRASH_TERMINATE;
    if (holds(&pure_code, at)) flags |= HS_CRASH_PURE;
  }
  return flags;
}

static void describe_call(hs_crash *crash, const hs_frame *frame) {
  const hs_entry *entry = frame ? atomic_load(&frame->entry) : NULL;
  const hs_topic *topic = frame ? frame->topic : NULL;
  copy(crash->label, sizeof crash->label, entry && !entry->plain ? entry->label : NULL);
  copy(crash->topic, sizeof crash->topic, topic ? topic->name : NULL);
  crash->sequence = 0;
  if (topic && topic->hooks->sequence_at && frame->event)
    memcpy(&crash->sequence, (const char *)frame->event + topic->hooks->sequence_at, sizeof crash->sequence);
}

/* Everything but what was said. */
static void describe(hs_crash *crash, const siginfo_t *info, const machine *at, const hs_frame *frame) {
  crash->signal = info->si_signo;
  crash->code = info->si_code;
  crash->address = info->si_code > 0 ? (uintptr_t)info->si_addr : 0;
  crash->pc = at->pc;
  crash->thread = (int32_t)gettid();
  prctl(PR_GET_NAME, crash->thread_name);
  describe_call(crash, frame);
  hs_trace_take(&crash->trace, at->pc, at->sp, at->fp);
  crash->flags = flags_of(&crash->trace);
  if (is_stack_overflow(info->si_signo, info, at->sp)) crash->flags |= HS_CRASH_STACK;
  const struct type *type = crash->flags & HS_CRASH_THROW && exception_type ? exception_type() : NULL;
  copy(crash->exception, sizeof crash->exception, type ? type->name : NULL);
}

static void say(hs_crash *crash, char *text, const abort_message *printed) {
  copy(crash->message, sizeof crash->message, text ? text : printed ? printed->text : NULL);
}

static void die(siginfo_t *info, hs_crash *crash, const hs_frame *frame) {
  const hs_slot *slot = hs_own_slot;
  const hs_entry *entry = frame ? atomic_load(&frame->entry) : NULL;
  hs_fault fault = {.crash = crash, .side = slot ? hs_top(slot)->side : HS_SIDE_HOST};
  if (entry) fault.owner = entry->owner;
  int is_abort = info->si_signo == SIGABRT && library_message;
  say(crash, runtime_message ? atomic_load(runtime_message) : NULL, is_abort ? atomic_load(library_message) : NULL);
  if (on_fatal) on_fatal(&fault);
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(info->si_signo, &standard, NULL);
  /* A faulting instruction faults again; after int3 the next one would run. */
  if (info->si_signo == SIGABRT || info->si_signo == SIGTRAP || info->si_code <= 0) raise(info->si_signo);
}

/* Takes what was said, so that the next crash does not say it again. */
static void hear(hs_crash *crash, int signal) {
  if (runtime_message && !said) said = atomic_exchange(runtime_message, NULL);
  abort_message *printed = signal == SIGABRT && library_message ? atomic_exchange(library_message, NULL) : NULL;
  say(crash, said, printed);
  if (printed) munmap(printed, printed->size);
}

/* For threads that have no slot, or no memory for one. */
static hs_crash spare;

static void on_signal(int signal, siginfo_t *info, void *context) {
  hs_trace_recover();
  hs_slot *slot = hs_own_slot;
  const machine at = registers(context);
  hs_frame *frame = slot ? hs_top(slot) : NULL;
  const hs_frame *blamed = innermost(slot);
  const hs_entry *entry = blamed ? atomic_load(&blamed->entry) : NULL;
  hs_crash *crash = slot ? &slot->crash : &spare;
  crash->policy = policy_of(entry ? entry->owner : NULL);
  describe(crash, info, &at, blamed);
  int can_jump = slot && frame == blamed && frame->side == HS_SIDE_PLUGIN;
  callee callee = {.fault_stack = at.sp, .guard_stack = can_jump ? (uintptr_t)frame->jump[0] : 0};
  if (can_jump) can_jump = hs_trace_try(look_for_task, &callee);
  if (callee.task) crash->flags |= HS_CRASH_TASK;
  if (!can_jump || callee.task || !containable(crash, info) ||
      !hs_trace_try(end_accesses, &callee)) {
    die(info, crash, blamed);
    return;
  }
  frame->side = HS_SIDE_HOST;
  frame->fault = signal;
  hear(crash, signal);
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

/* Where a function of the process's global symbols lies. */
static extent code_of(const char *name) {
  extent code = {0};
  Dl_info image;
  const ElfW(Sym) *symbol = NULL;
  void *address = dlsym(RTLD_DEFAULT, name);
  if (!address || !dladdr1(address, &image, (void **)&symbol, RTLD_DL_SYMENT) || !symbol) return code;
  code.start = (uintptr_t)address;
  code.end = code.start + symbol->st_size;
  return code;
}

/* What a handler cannot do: find images, load the unwinder. */
static void prepare(void) {
  hs_trace_prepare();
  swift_core.inside = (uintptr_t)&swift_beginAccess;
  dl_iterate_phdr(measure, &swift_core);
  if (swift_getFatalErrorMessageBuffer) runtime_message = swift_getFatalErrorMessageBuffer();
  library_message = (abort_message * _Atomic *)dlsym(RTLD_DEFAULT, "__abort_msg");
  exception_type = (const struct type *(*)(void))dlsym(RTLD_DEFAULT, "__cxa_current_exception_type");
  swift_concurrency.inside = (uintptr_t)swift_task_getCurrent;
  if (swift_concurrency.inside) dl_iterate_phdr(measure, &swift_concurrency);
  abort_code = code_of("abort");
  throw_code = code_of("__cxa_throw");
  rethrow_code = code_of("__cxa_rethrow");
  terminate_code = code_of("_ZSt9terminatev");
  pure_code = code_of("__cxa_pure_virtual");
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

void hs_guard_disable(void) { atomic_store(&disabled, 1); }

const hs_crash *hs_guard_crash(void) {
  free(said);
  said = NULL;
  return hs_own_slot ? &hs_own_slot->crash : NULL;
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
