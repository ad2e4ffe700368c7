#define _GNU_SOURCE
#include "hs_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 8u
/* Copies of the descriptors lie above all that they are to become. */
#define ABOVE 64

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int add_descriptors(posix_spawn_file_actions_t *actions, const hs_process_plan *plan, const int *copies) {
  int code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (!code) code = posix_spawn_file_actions_adddup2(actions, copies[0], 1);
  if (!code) code = posix_spawn_file_actions_adddup2(actions, copies[0], 2);
  for (uint32_t i = 0; i < plan->descriptor_count && !code; i++)
    code = posix_spawn_file_actions_adddup2(actions, copies[i + 1], 3 + (int)i);
  return code;
}

static int set_attributes(posix_spawnattr_t *attributes) {
  sigset_t ignored, none;
  sigemptyset(&ignored); /* what is handled becomes the default with the new program; what is ignored would stay so */
  sigaddset(&ignored, SIGPIPE);
  sigemptyset(&none);
  int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  if (!code) code = posix_spawnattr_setpgroup(attributes, 0);
  if (!code) code = posix_spawnattr_setsigdefault(attributes, &ignored);
  return code ? code : posix_spawnattr_setsigmask(attributes, &none);
}

static int spawn(const hs_process_plan *plan, const int *copies, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code) return code;
  code = posix_spawnattr_init(&attributes);
  if (!code) {
    code = add_descriptors(&actions, plan, copies);
    if (!code) code = set_attributes(&attributes);
    if (!code) code = posix_spawn(pid, plan->path, &actions, &attributes, plan->arguments, plan->environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

int hs_process_start(const hs_process_plan *plan, int32_t *pid) {
  int copies[1 + MOST], count = 0, code = plan->descriptor_count > MOST ? EINVAL : 0;
  pid_t started = 0;
  for (uint32_t i = 0; i <= plan->descriptor_count && !code; i++) {
    int copy = fcntl(i == 0 ? plan->output : plan->descriptors[i - 1], F_DUPFD_CLOEXEC, ABOVE);
    if (copy < 0) code = errno;
    else copies[count++] = copy;
  }
  if (!code) code = spawn(plan, copies, &started);
  while (count > 0) close(copies[--count]);
  int process = -1;
  if (!code && (process = (int)syscall(SYS_pidfd_open, started, 0)) < 0) {
    code = errno;
    kill(started, SIGKILL);
    waitpid(started, NULL, 0);
  }
  *pid = started;
  errno = code;
  return code ? -1 : process;
}

int hs_process_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int hs_process_note(const void *bytes, uint64_t length) {
  int note = memfd_create("dovetail-rules", MFD_CLOEXEC);
  if (note < 0) return -1;
  if (pwrite(note, bytes, length, 0) == (ssize_t)length) return note;
  close(note);
  return -1;
}

int hs_process_signal(int process, int32_t signal) { return (int)syscall(SYS_pidfd_send_signal, process, signal, NULL, 0); }

int hs_process_ended(int process, int32_t *signal, int32_t *status) {
  siginfo_t info = {0};
  if (waitid((idtype_t)P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
  if (info.si_pid == 0) return 0;
  /* What it started goes with it: its group has its number, which nobody else gets before it is buried. */
  kill(-info.si_pid, SIGKILL);
  *signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  *status = info.si_code == CLD_EXITED ? info.si_status : 0;
  return 1;
}

void hs_process_bury(int process) {
  siginfo_t info;
  waitid((idtype_t)P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG);
  close(process);
}
