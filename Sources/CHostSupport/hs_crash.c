#define _GNU_SOURCE
#include "hs_crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

/* How far above the fault its callers' frames may lie. */
#define LARGEST_STACK ((uintptr_t)1 << 30)

static char program[sizeof((hs_trace_image *)0)->path];
static uint32_t program_length;

/* Set while a handler tries what may fault. */
static _Thread_local void **volatile trying;

void hs_trace_prepare(void) {
  void *frames[4];
  backtrace(frames, 4); /* loads the unwinder */
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  program_length = length > 0 ? (uint32_t)length : 0;
}

void hs_trace_recover(void) {
  void **jump = trying;
  trying = NULL;
  if (jump) __builtin_longjmp(jump, 1);
}

static uint32_t image_of(hs_trace *trace, uintptr_t at) {
  struct dl_find_object found;
  if (_dl_find_object((void *)at, &found) != 0 || !found.dlfo_link_map) return 0;
  const struct link_map *map = found.dlfo_link_map;
  uint32_t count = trace->image_count;
  for (uint32_t i = 0; i < count; i++)
    if (trace->images[i].base == map->l_addr) return i + 1;
  if (count == HS_TRACE_IMAGES) return 0;
  hs_trace_image *image = &trace->images[count];
  const char *path = map->l_name && *map->l_name ? map->l_name : program;
  size_t length = path == program ? program_length : strlen(path);
  if (length > sizeof image->path) length = sizeof image->path;
  memcpy(image->path, path, length);
  image->base = map->l_addr;
  image->length = (uint32_t)length;
  return trace->image_count = count + 1;
}

static int add(hs_trace *trace, uintptr_t at) {
  if (trace->count == HS_TRACE_FRAMES) return 0;
  hs_trace_frame *frame = &trace->frames[trace->count];
  frame->address = at;
  frame->reserved = 0;
  frame->image = image_of(trace, at);
  trace->count++;
  return 1;
}

typedef struct walk {
  hs_trace *trace;
  uintptr_t pc, sp, fp; /* of the fault */
  int begun; /* whether the handler's own frames are behind */
} walk;

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument) {
  walk *walk = argument;
  uintptr_t at = _Unwind_GetIP(context);
  if (!walk->begun) {
    walk->begun = at == walk->pc;
    return _URC_NO_REASON;
  }
  if (at == 0) return _URC_END_OF_STACK;
  return add(walk->trace, at) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* Where there are no tables: a jump to nowhere leaves the caller's address on the stack, and Swift keeps frame pointers. */
static void follow_frame_pointers(void *argument) {
  const walk *walk = argument;
  hs_trace *trace = walk->trace;
  uintptr_t sp = walk->sp, fp = walk->fp;
#if defined(__x86_64__)
  add(trace, *(const uintptr_t *)sp);
#endif
  uintptr_t below = sp;
  while (fp > below && fp - sp < LARGEST_STACK && fp % sizeof(uintptr_t) == 0) {
    const uintptr_t *frame = (const uintptr_t *)fp;
    if (frame[1] == 0 || !add(trace, frame[1])) return;
    below = fp;
    fp = frame[0];
  }
}

__attribute__((noinline)) int hs_trace_try(void (*body)(void *), void *argument) {
  void *jump[5];
  if (__builtin_setjmp(jump) != 0) return 0;
  trying = jump;
  body(argument);
  trying = NULL;
  return 1;
}

static void unwind(void *argument) { _Unwind_Backtrace(step, argument); }

void hs_trace_take(hs_trace *trace, uintptr_t pc, uintptr_t sp, uintptr_t fp) {
  trace->count = trace->image_count = 0;
  add(trace, pc);
  walk walk = {.trace = trace, .pc = pc, .sp = sp, .fp = fp};
  hs_trace_try(unwind, &walk);
  if (trace->count < 2) hs_trace_try(follow_frame_pointers, &walk);
}

char *swift_demangle(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags) __attribute__((weak));

char *hs_demangle(const char *name) {
  if (strncmp(name, "$s", 2) == 0 || strncmp(name, "$S", 2) == 0)
    return swift_demangle ? swift_demangle(name, strlen(name), NULL, NULL, 0) : NULL;
  char *(*demangle)(const char *, char *, size_t *, int *) =
      (char *(*)(const char *, char *, size_t *, int *))dlsym(RTLD_DEFAULT, "__cxa_demangle");
  int status = 0;
  return demangle ? demangle(name, NULL, NULL, &status) : NULL;
}
