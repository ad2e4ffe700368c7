/* What a worker process gives up before it maps a plugin. Everything here begins with sb_.
 *
 * A worker reads rules (`sb_read`), closes what it does not need (`sb_close_descriptors`), and applies the rules
 * (`sb_apply`): from then on the process, its threads and its children can do what the rules say, and cannot take it back.
 * Nothing here allocates memory or needs a library beside glibc. Landlock keeps the files, TCP ports, signals and abstract
 * sockets; a seccomp filter refuses system calls, with EPERM and never by killing; rlimits bound what is used.
 *
 * What stays possible, because neither mechanism can tell it apart: to see that a file exists and its size, owner and times
 * (`stat`, `readlink`), to watch a folder (`inotify`), to lock a file that may be read (`flock`), to use all of the CPU that the
 * limits leave, and to send anything over what is already open.
 */
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most bytes of rules, paths, and ports of each kind. */
#define SB_MAX_TEXT 65536
#define SB_MAX_PATHS 256
#define SB_MAX_PORTS 64

/* Ports of TCP: all of them, or those of a list, which may be empty. */
typedef struct sb_ports {
  uint32_t any; /* 0 or 1 */
  uint32_t count; /* 0…SB_MAX_PORTS */
  uint16_t list[SB_MAX_PORTS];
} sb_ports;

/* Limits, as `sb_rules.limits` counts them; the words of `limit` are below. */
enum {
  SB_LIMIT_ADDRESS_SPACE, /* bytes of all mappings (RLIMIT_AS) */
  SB_LIMIT_DATA, /* bytes of private writable mappings: heap and stacks (RLIMIT_DATA) */
  SB_LIMIT_CPU, /* seconds of CPU time; then SIGXCPU, a second later SIGKILL (RLIMIT_CPU) */
  SB_LIMIT_FILES, /* open descriptors (RLIMIT_NOFILE) */
  SB_LIMIT_THREADS, /* threads and children, see below (RLIMIT_NPROC) */
  SB_LIMIT_FILE_SIZE, /* bytes of a file that is written, shared memory too; then SIGXFSZ (RLIMIT_FSIZE) */
  SB_LIMITS
};

/* A path below which, or a file that, may be opened. */
typedef struct sb_path {
  uint32_t offset; /* of the path in `sb_rules.text`, ending in NUL */
  uint32_t writable; /* 0 to read, 1 to read, write, make and remove */
} sb_path;

/* What a worker may do. All zero: nothing but to run. */
typedef struct sb_rules {
  uint32_t exec; /* 1: start programs that lie below a path of the rules; they are under the same rules */
  uint32_t udp; /* 1: datagrams over IPv4 and IPv6, to and from any port */
  uint32_t local; /* 1: unix sockets, to any path that the process's user may write to */
  uint32_t best_effort; /* 1: go on without a mechanism that the kernel lacks */
  uint32_t undumpable; /* 1: others of the same user can neither trace the worker nor read its memory */
  sb_ports connect; /* to which ports TCP connections may be made */
  sb_ports bind; /* on which ports TCP connections may be taken */
  uint32_t limited; /* bit N: `limits[N]` counts */
  uint64_t limits[SB_LIMITS];
  uint32_t path_count; /* 0…SB_MAX_PATHS */
  sb_path paths[SB_MAX_PATHS];
  uint32_t text_size;
  char text[SB_MAX_TEXT];
} sb_rules;

/* Reads rules until the end of the descriptor, which stays open.
 *
 * A rule a line, the last of them `end`, so that what was cut off is not taken for all:
 *
 *     read PATH        write PATH       absolute paths, up to the end of the line
 *     connect PORT|any bind PORT|any    TCP, 1…65535
 *     udp              unix             exec
 *     limit NAME N     NAME is address-space, data, cpu, files, threads or file-size
 *     best-effort      undumpable       end
 *
 * Preconditions: `rules` may hold anything; `message` has room for `size` bytes, 1….
 * Returns: 0, or an errno: EINVAL for a line that is no rule, E2BIG for too many of them, ENODATA for a missing `end`, and
 * those of `read`; `message` then says what was wrong and where, ending in NUL. [any-thread] */
int sb_read(int fd, sb_rules *rules, char *message, size_t size);

/* Closes every descriptor but those of a list, which is sorted on the way.
 *
 * Returns: 0, or an errno of `close_range`. [any-thread] */
int sb_close_descriptors(int *keep, size_t count);

/* Takes from the process what the rules do not give. Once, for good.
 *
 * In this order: limits (no core dumps in any case), no new privileges, the paths and ports (Landlock), all capabilities, the
 * filter of system calls (seccomp).
 * What a kernel lacks is refused unless `best_effort`: Landlock with less than ABI 3 (Linux 6.2), ABI 4 (6.7) where TCP ports
 * are told apart, ABI 6 (6.12) with `exec` (signals to others) or `local` (abstract sockets), seccomp.
 * Without `exec`, neither programs nor children can be started; threads can. Without any of the network, no socket can be made
 * but a pair of connected ones. Signals can be sent to the process itself only, but with `exec` to its children too.
 * SB_LIMIT_THREADS: the kernel counts per user, so the limit is what the machine runs now and that many more; it does not
 * hold for root. Use a control group for an exact one.
 *
 * Preconditions: the process has one thread. `message` has room for `size` bytes, 1…; text of up to 1024 is written.
 * Returns: 0, and in `message` what was left out, a line each (a path that does not exist, a mechanism that is lacking); or an
 * errno, and in `message` what failed and what to do. After an error the process may be restricted in part: end it.
 * [any-thread] */
int sb_apply(const sb_rules *rules, char *message, size_t size);

/* Where `sb_limit_threads` learns how much the machine runs, also once the rules let nothing be opened any more.
 *
 * Returns: a descriptor, close-on-exec, which is the caller's; -1 and errno when there is none. [any-thread] */
int sb_watch_tasks(void);

/* Sets the limit that SB_LIMIT_THREADS stands for, by what the machine runs now: for a process that took it out of its rules,
 * because what it is to bound comes long after `sb_apply`. Where the machine does not tell, nothing is set.
 *
 * Preconditions: `tasks` is of `sb_watch_tasks`. `message` has room for `size` bytes, 1….
 * Returns: 0, or an errno, and in `message` what failed. [any-thread] */
int sb_limit_threads(uint64_t threads, int tasks, char *message, size_t size);

/* The version of Landlock that the kernel has, 1…; 0 when it has none. [any-thread] */
int sb_landlock_version(void);

#ifdef __cplusplus
}
#endif
#endif
