/* Processes of the host's own: started with a few descriptors and nothing else, held by a descriptor, never by number. */
#ifndef HS_PROCESS_H
#define HS_PROCESS_H

#include <stdint.h>

/* A process to be started. */
typedef struct hs_process_plan {
  const char *path;
  char *const *arguments;   /* the last is NULL */
  char *const *environment; /* the last is NULL */
  int output;               /* becomes 1 and 2; 0 is empty */
  const int *descriptors;   /* become 3, 4, … */
  uint32_t descriptor_count; /* 0…8 */
} hs_process_plan;

/* Starts a process in a group of its own, with default signal handling. The C function is `posix_spawn`. What it inherits beside
 * the plan's descriptors is what is open without close-on-exec.
 * Returns: its descriptor (a pidfd, close-on-exec), which is the caller's, with `*pid` set; or -1 with errno. [any-thread] */
int hs_process_start(const hs_process_plan *plan, int32_t *pid);
/* Makes a pipe, both ends close-on-exec, of which reading does not wait. Returns: 0, or -1 with errno. [any-thread] */
int hs_process_pipe(int ends[2]);
/* Makes a file in memory, close-on-exec, that holds `length` bytes, to be read from its beginning. Returns: it, the caller's, or -1
 * with errno. [any-thread] */
int hs_process_note(const void *bytes, uint64_t length);
/* Sends a signal. Returns: 0, or -1 with errno (ESRCH: it has ended). [any-thread] */
int hs_process_signal(int process, int32_t signal);
/* Looks whether a process has ended; what it started in its group is killed then. `*signal` is what ended it, or 0 with `*status`
 * what it exited with.
 * Returns: 1, 0 when it runs, -1 with errno. [any-thread] */
int hs_process_ended(int process, int32_t *signal, int32_t *status);
/* Gives back what the system keeps of a process that has ended, and closes its descriptor. [any-thread] */
void hs_process_bury(int process);

#endif
