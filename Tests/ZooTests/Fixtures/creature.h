/* What every creature of the zoo has in common: its manifest, its errors, and how it misbehaves. */
#ifndef CREATURE_H
#define CREATURE_H

#include <dovetail.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef MANIFEST
__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[sizeof(MANIFEST) - 1] = MANIFEST;
#endif

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

static inline dvt_str text(const char *string) { return (dvt_str){(const uint8_t *)string, strlen(string)}; }

static inline int32_t refuse(const dvt_error_sink *sink, int32_t code, const char *message) {
  if (sink) {
    dvt_error error = {HEADER(dvt_error), .code = code, .domain = TEXT("zoo"), .message = text(message)};
    sink->report(sink->context, &error);
  }
  return code;
}

/* Keeps what the host said, so that a test can read it. */
struct hearing {
  char message[512];
};

static inline void hear(void *context, const dvt_error *error) {
  struct hearing *hearing = context;
  snprintf(hearing->message, sizeof hearing->message, "%.*s", (int)error->message.len,
           (const char *)error->message.ptr);
}

#define HEARS(hearing) ((dvt_error_sink){HEADER(dvt_error_sink), .context = &(hearing), .report = hear})

/* The ways to misbehave. */
enum { NOTHING, SEGV, TRAP, ABORT, EXIT, ERROR, HANG, KILL, QUICK_EXIT, OVERFLOW, SPIN, HOARD, CLOSE, SCRIBBLE, CHATTER, FORK };

static inline int overflow(volatile char *above) {
  volatile char room[4096];
  room[0] = *above;
  return room[0] == 127 ? 0 : overflow(room) + room[0];
}

/* Overwrites all memory that a worker shares with its host. */
static inline void scribble(void) {
  char line[512], *gap;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) {
    if (!strstr(line, "memfd:dovetail-worker")) continue;
    unsigned char *start = (unsigned char *)strtoull(line, &gap, 16);
    unsigned char *end = (unsigned char *)strtoull(gap + 1, NULL, 16);
    for (unsigned char *at = start; at < end; at++) *at = (unsigned char)rand();
  }
  if (maps) fclose(maps);
}

static inline int32_t misbehave(int how, const dvt_error_sink *error) {
  switch (how) {
  case SEGV: *(volatile int *)8 = 1; break;
  case TRAP: __builtin_trap();
  case ABORT: abort();
  case EXIT: exit(7);
  case KILL: kill(getpid(), SIGKILL); break; /* as the kernel does when memory runs out: nobody is named */
  case QUICK_EXIT: _exit(7);
  case OVERFLOW: return overflow((volatile char *)"");
  case SPIN:
    for (volatile int turns = 0;; turns++) continue;
  case HOARD:
    for (void *block; (block = malloc(1 << 20)); memset(block, 1, 1 << 20)) continue;
    abort();
  case CLOSE:
    close(3);
    close(4);
    break;
  case SCRIBBLE: scribble(); break;
  case FORK: {
    pid_t child = fork();
    if (child == 0) {
      for (;;) pause();
    }
    fprintf(stderr, "a creature started %d\n", (int)child);
    _exit(7);
  }
  case ERROR: return refuse(error, DVT_FAILED, "out of cheese");
  case HANG:
    fputs("a creature hangs\n", stderr);
    for (;;) pause();
  default: break;
  }
  return DVT_OK;
}

#endif
