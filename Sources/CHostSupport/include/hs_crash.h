/* What is known of a fault: filled in a signal handler, read later on a normal thread or by the next host. */
#ifndef HS_CRASH_H
#define HS_CRASH_H

#include <stdint.h>

#define HS_TRACE_FRAMES 48u
#define HS_TRACE_IMAGES 8u

/* One of the calls that led to a fault. */
typedef struct hs_trace_frame {
  uint64_t address;
  uint32_t image; /* that holds it: 1… in the trace's table, 0 = not known */
  uint32_t reserved;
} hs_trace_frame;

/* A mapped file. */
typedef struct hs_trace_image {
  uint64_t base;   /* an address less this is what the file's symbols count from */
  uint32_t length; /* of the path */
  uint32_t reserved;
  char path[240]; /* cut */
} hs_trace_image;

/* The calls that led to a fault, innermost first. */
typedef struct hs_trace {
  uint32_t count, image_count;
  hs_trace_frame frames[HS_TRACE_FRAMES];
  hs_trace_image images[HS_TRACE_IMAGES];
} hs_trace;

#define HS_CRASH_STACK 1u     /* of `flags`: the stack was used up */
#define HS_CRASH_THROW 2u     /* an exception of C++ was not caught */
#define HS_CRASH_TERMINATE 4u /* std::terminate was called */
#define HS_CRASH_PURE 8u      /* a pure virtual function was called */
#define HS_CRASH_TASK 16u     /* inside a Swift task */

/* A fault. Texts are NUL-terminated and cut. */
typedef struct hs_crash {
  int32_t signal, code; /* the number; si_code */
  uint32_t flags;
  uint32_t policy;  /* HS_CONTAIN_… that held for the plugin */
  uint64_t address; /* that could not be touched or executed */
  uint64_t pc;      /* of the instruction that faulted */
  uint64_t sequence; /* of the event being handled, 0 = not numbered */
  int32_t thread;
  uint32_t reserved;
  char thread_name[16];
  char label[64];     /* of what the host called; empty for an event handler or a lifecycle step */
  char topic[128];    /* of the event being handled; empty outside of handlers */
  char exception[128]; /* mangled type of the C++ exception */
  char message[512];   /* what the Swift runtime or the C library said */
  hs_trace trace;
} hs_crash;

/* Fills a trace. Async-signal-safe, whatever the registers and the stack hold. `sp` and `fp` are the fault's. */
void hs_trace_take(hs_trace *trace, uintptr_t pc, uintptr_t sp, uintptr_t fp);
/* First thing in a signal handler: does not return when what the thread was trying is what faulted. */
void hs_trace_recover(void);
/* In a signal handler: runs what may fault because a plugin ruined the stack. Returns 0 when it did. */
int hs_trace_try(void (*body)(void *argument), void *argument);
/* What a handler cannot do. Once, before the first trace. */
void hs_trace_prepare(void);

/* A mangled name of Swift's or C++'s in words: for the caller to free, NULL when it is none. [any-thread] */
char *hs_demangle(const char *name);

#endif
