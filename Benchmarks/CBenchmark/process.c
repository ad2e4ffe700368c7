#define _GNU_SOURCE
#include "CBenchmark.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Spawns with standard output to `out` (or nowhere when -1) and standard error nowhere. */
static int spawn(const char *const argv[], int out, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, 1);
  else posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  int error = posix_spawn(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static int reap(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int64_t bench_run(const char *const argv[]) {
  int64_t began = now();
  pid_t pid;
  if (spawn(argv, -1, &pid) != 0) return -1;
  int code = reap(pid);
  int64_t took = now() - began;
  return code == 0 ? took : -1;
}

int64_t bench_output(const char *const argv[], char *out, size_t size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  pid_t pid;
  int error = spawn(argv, ends[1], &pid);
  close(ends[1]);
  size_t used = 0;
  while (error == 0 && used + 1 < size) {
    ssize_t n = read(ends[0], out + used, size - 1 - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    used += (size_t)n;
  }
  close(ends[0]);
  out[used] = 0;
  if (error != 0) return -1;
  return reap(pid) == 0 ? (int64_t)used : -1;
}

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  unlink(path);
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {30, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

int64_t bench_ready(const char *const argv[], const char *notify, int32_t *pid) {
  int descriptor = listen_at(notify);
  if (descriptor < 0) return -1;
  setenv("NOTIFY_SOCKET", notify, 1);
  int64_t began = now(), took = -1;
  pid_t child = 0;
  int error = spawn(argv, -1, &child);
  unsetenv("NOTIFY_SOCKET");
  char message[256];
  while (error == 0 && took < 0) {
    ssize_t n = recv(descriptor, message, sizeof message - 1, 0);
    int64_t moment = now();
    if (n < 0) break;
    message[n] = 0;
    if (strncmp(message, "READY=1", 7) == 0) took = moment - began;
  }
  close(descriptor);
  unlink(notify);
  *pid = child;
  if (took < 0 && error == 0) bench_end(child);
  return took;
}

int32_t bench_end(int32_t pid) {
  if (kill(pid, SIGTERM) != 0) return -1;
  return reap(pid);
}
