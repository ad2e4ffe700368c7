/* Limits of benchmarks that C states best, and processes timed from outside. */
#ifndef CBENCHMARK_H
#define CBENCHMARK_H

#include <stddef.h>
#include <stdint.h>

/* Reads a folder and the status of every name in it, no more. The corresponding C functions are `readdir` and `fstatat`.
 * Returns how many names there were, or -1 with errno. */
int64_t bench_list(const char *folder);

/* Runs a program to its end, its output thrown away.
 * argv: the program's path and its arguments, NULL-terminated.
 * Returns nanoseconds from before the spawn until it was reaped; -1 when it did not run or did not exit with 0. */
int64_t bench_run(const char *const argv[]);

/* Runs a program to its end and keeps what it writes to standard output, cut to `size` - 1 bytes.
 * Returns bytes written, or -1. */
int64_t bench_output(const char *const argv[], char *out, size_t size);

/* Starts a program that tells a service manager when it is ready, its output thrown away.
 * notify: path of the datagram socket to make and listen at, for NOTIFY_SOCKET.
 * Returns nanoseconds from before the spawn until it said READY=1, and its process id in `pid`; -1 when it did not
 * within 30 s, and then it was ended. */
int64_t bench_ready(const char *const argv[], const char *notify, int32_t *pid);

/* A topic with one handler, for the next three, or NULL. It lives as long as the process. */
void *bench_guard_topic(void);
/* Nanoseconds of so many publishes to it, with the crash guard and compiled without; of so many calls of its handler. */
int64_t bench_guarded(void *topic, uint64_t rounds);
int64_t bench_unguarded(void *topic, uint64_t rounds);
int64_t bench_direct(uint64_t rounds);

/* Ends a process with SIGTERM and waits. Returns its exit status, or -1. */
int32_t bench_end(int32_t pid);

#endif
