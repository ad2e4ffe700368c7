#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sb_parts.h"

static int compare(const void *left, const void *right) {
  int a = *(const int *)left, b = *(const int *)right;
  return (a > b) - (a < b);
}

static int close_from(unsigned first, unsigned last) {
  return syscall(SYS_close_range, first, last, 0) ? errno : 0;
}

int sb_close_descriptors(int *keep, size_t count) {
  qsort(keep, count, sizeof *keep, compare);
  unsigned first = 0;
  for (size_t i = 0; i < count; i++) {
    if (keep[i] < 0 || (unsigned)keep[i] < first) continue;
    unsigned kept = (unsigned)keep[i];
    int code = kept > first ? close_from(first, kept - 1) : 0;
    if (code) return code;
    first = kept + 1;
  }
  return close_from(first, ~0u);
}

int sb_watch_tasks(void) { return open("/proc/loadavg", O_RDONLY | O_CLOEXEC); }

/* How many processes and threads the machine runs, of all users; 0 when that cannot be told. */
static uint64_t running_tasks(int tasks) {
  char line[128];
  ssize_t count = pread(tasks, line, sizeof line - 1, 0);
  if (count <= 0) return 0;
  line[count] = 0;
  const char *slash = strchr(line, '/');
  return slash ? strtoull(slash + 1, NULL, 10) : 0;
}

static int limit(int resource, uint64_t soft, uint64_t hard, sb_text *text) {
  struct rlimit present;
  if (getrlimit((__rlimit_resource_t)resource, &present)) return sb_fail(text, errno, "sandbox: getrlimit failed");
  struct rlimit wanted = {soft, hard};
  if (wanted.rlim_max > present.rlim_max) wanted.rlim_max = present.rlim_max;
  if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
  if (!setrlimit((__rlimit_resource_t)resource, &wanted)) return 0;
  int code = errno;
  return sb_fail(text, code, "sandbox: limit %d cannot be set to %llu: %s", resource, (unsigned long long)soft,
                 strerror(code));
}

static int limit_threads(uint64_t threads, int tasks, sb_text *text) {
  uint64_t running = running_tasks(tasks);
  return running ? limit(RLIMIT_NPROC, threads + running, threads + running, text) : 0;
}

int sb_limit_threads(uint64_t threads, int tasks, char *message, size_t size) {
  sb_text text = sb_begin(message, size);
  return limit_threads(threads, tasks, &text);
}

static int apply_limits(const sb_rules *rules, sb_text *text) {
  static const int resources[SB_LIMITS] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_FSIZE};
  int code = limit(RLIMIT_CORE, 0, 0, text);
  for (unsigned i = 0; i < SB_LIMITS && !code; i++) {
    if (!(rules->limited & 1u << i)) continue;
    uint64_t soft = rules->limits[i];
    if (i == SB_LIMIT_THREADS) {
      int tasks = sb_watch_tasks();
      code = limit_threads(soft, tasks, text);
      if (tasks >= 0) close(tasks);
    } else {
      code = limit(resources[i], soft, i == SB_LIMIT_CPU ? soft + 1 : soft, text);
    }
  }
  return code;
}

/* A process of root's would otherwise keep what root may. */
static int drop_capabilities(sb_text *text) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* EPERM where there is none to drop */
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
  if (!syscall(SYS_capset, &header, none)) return 0;
  int code = errno;
  return sb_fail(text, code, "sandbox: capabilities cannot be dropped: %s", strerror(code));
}

/* Refuses, or notes, what the kernel's Landlock cannot do of what the rules need. */
static int check_landlock(const sb_rules *rules, int version, sb_text *text) {
  int tells_ports = sb_has_tcp(rules) && !(rules->connect.any && rules->bind.any);
  const struct {
    int needed, version;
    const char *what, *release;
  } needs[] = {
      {1, 1, "files", "5.13, with landlock among its lsm="},
      {1, 3, "truncating files", "6.2"},
      {tells_ports, 4, "TCP ports", "6.7"},
      {(int)rules->exec, 6, "signals to other processes", "6.12"},
      {(int)rules->local, 6, "abstract unix sockets", "6.12"},
  };
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    if (!needs[i].needed || version >= needs[i].version) continue;
    if (!rules->best_effort) {
      return sb_fail(text, ENOSYS,
                     "sandbox: the kernel's Landlock (ABI %d) cannot restrict %s; use Linux %s or later, or set sandbox "
                     "to best-effort to go without",
                     version, needs[i].what, needs[i].release);
    }
    sb_say(text, "sandbox: %s are not restricted, because the kernel's Landlock is ABI %d", needs[i].what, version);
    if (!version) return 0;
  }
  return 0;
}

int sb_apply(const sb_rules *rules, char *message, size_t size) {
  sb_text text = sb_begin(message, size);
  /* Without effect, and refused to a process of several threads. */
  if (unshare(CLONE_THREAD) && errno == EINVAL) {
    return sb_fail(&text, EBUSY, "sandbox: the process has several threads; apply the rules before it starts any");
  }
  int version = sb_landlock_version();
  int code = check_landlock(rules, version, &text);
  if (!code) code = apply_limits(rules, &text);
  if (code) return code;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
    return sb_fail(&text, errno, "sandbox: new privileges cannot be given up: %s", strerror(errno));
  }
  if (rules->undumpable) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  code = sb_apply_landlock(rules, version, &text);
  if (!code) code = drop_capabilities(&text);
  if (!code) code = sb_apply_filter(rules, &text);
  return code;
}
