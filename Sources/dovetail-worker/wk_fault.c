/* Writes down, in the memory that it shares with its host, the fault that the process dies of. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include "wk.h"

#define STACK (32u << 10)

static const int signals[] = {SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSEGV, SIGBUS, SIGSYS};

static uint64_t place_of(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return (uint64_t)context->uc_mcontext.pc;
#endif
}

/* Notes the image that holds an address, unless it is there. `_dl_find_object` takes no lock. */
static void note_image(iso_fault *fault, uint64_t address) {
  struct dl_find_object found;
  if (_dl_find_object((void *)(uintptr_t)address, &found) != 0) return;
  uint64_t start = (uint64_t)(uintptr_t)found.dlfo_map_start;
  for (int i = 0; i < 16; i++) {
    if (fault->images[i].start == start) return;
    if (fault->images[i].start != 0) continue;
    const char *name = found.dlfo_link_map ? found.dlfo_link_map->l_name : "";
    size_t length = strlen(name), most = sizeof fault->images[i].path - 1;
    if (length > most) name += length - most;
    memcpy(fault->images[i].path, name, length > most ? most : length);
    fault->images[i].end = (uint64_t)(uintptr_t)found.dlfo_map_end;
    fault->images[i].start = start;
    return;
  }
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  iso_fault *fault = &wk.channel.shared->fault;
  static _Atomic uint32_t taken;
  if (atomic_exchange(&taken, 1) == 0) {
    void *trace[32];
    fault->signal = signal;
    fault->code = info->si_code;
    fault->thread = (int32_t)gettid();
    fault->address = (uint64_t)(uintptr_t)info->si_addr;
    fault->pc = place_of(context);
    fault->op = wk_op;
    fault->lane = wk_end ? wk_end->index : ISO_LANES;
    int count = backtrace(trace, 32);
    for (int i = 0; i < count; i++) {
      fault->trace[i] = (uint64_t)(uintptr_t)trace[i];
      note_image(fault, fault->trace[i]);
    }
    fault->frames = (uint32_t)count;
    atomic_store(&fault->written, 1);
  }
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(signal, &standard, NULL);
  /* A limit of 0 stops no core that is piped to a program, which takes far longer than to start the next worker. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (signal == SIGABRT || signal == SIGTRAP || info->si_code <= 0) raise(signal);
}

void wk_watch_thread(void) {
  static _Thread_local stack_t stack;
  if (stack.ss_sp || !(stack.ss_sp = malloc(STACK))) return;
  stack.ss_size = STACK;
  sigaltstack(&stack, NULL);
}

int wk_watch_faults(void) {
  void *frames[2];
  backtrace(frames, 2); /* loads the unwinder, which a handler must not */
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (sigaction(signals[i], &action, NULL) != 0) return -1;
  wk_watch_thread();
  return 0;
}
