/* processes spin|sleep|ring|start ARGUMENT: what nobody who talks between two processes can undercut. Caller on the first
 * processor, the other process on the second.
 *   spin ROUNDS   median nanoseconds of a ping-pong of 64 bytes over shared memory, both sides spinning
 *   sleep ROUNDS  the same, both sides asleep on futexes until they are woken
 *   ring ROUNDS   nanoseconds an event of 64 bytes takes one way through a ring in shared memory, in the mean
 *   start PLUGIN  nanoseconds to start a process that maps a plugin, asks its entry, makes two calls and says so
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dovetail.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 1024u

typedef struct word {
  _Alignas(64) _Atomic uint32_t value;
  uint8_t bytes[60];
} word;

typedef struct slot {
  _Alignas(64) uint8_t bytes[64];
} slot;

typedef struct shared {
  word there, back;
  _Alignas(64) _Atomic uint64_t written;
  _Alignas(64) _Atomic uint64_t read;
  slot slots[SLOTS];
} shared;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void await(word *word, uint32_t seen, int sleeps) {
  while (atomic_load_explicit(&word->value, memory_order_acquire) == seen)
    if (sleeps) syscall(SYS_futex, &word->value, FUTEX_WAIT, seen, NULL, NULL, 0);
    else __builtin_ia32_pause();
}

static void post(word *word, uint32_t value, const uint8_t *bytes, int sleeps) {
  memcpy(word->bytes, bytes, sizeof word->bytes);
  atomic_store_explicit(&word->value, value, memory_order_release);
  if (sleeps) syscall(SYS_futex, &word->value, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int64_t ping(shared *memory, uint32_t rounds, int sleeps) {
  uint8_t bytes[64] = {0};
  int64_t *took = malloc(rounds * sizeof *took);
  for (uint32_t i = 0; i < rounds; i++) {
    int64_t began = now();
    post(&memory->there, i + 1, bytes, sleeps);
    await(&memory->back, i, sleeps);
    memcpy(bytes, memory->back.bytes, sizeof memory->back.bytes);
    took[i] = now() - began;
  }
  qsort(took, rounds, sizeof *took, compare);
  return took[rounds / 2];
}

static void pong(shared *memory, uint32_t rounds, int sleeps) {
  uint8_t bytes[64];
  for (uint32_t i = 0; i < rounds; i++) {
    await(&memory->there, i, sleeps);
    memcpy(bytes, memory->there.bytes, sizeof memory->there.bytes);
    post(&memory->back, i + 1, bytes, sleeps);
  }
}

static int64_t pour(shared *memory, uint64_t rounds) {
  uint8_t bytes[64] = {1};
  uint64_t read = 0;
  int64_t began = now();
  for (uint64_t i = 0; i < rounds; i++) {
    while (i - read == SLOTS) {
      read = atomic_load_explicit(&memory->read, memory_order_acquire);
      if (i - read == SLOTS) __builtin_ia32_pause();
    }
    memcpy(memory->slots[i % SLOTS].bytes, bytes, sizeof bytes);
    atomic_store_explicit(&memory->written, i + 1, memory_order_release);
  }
  while (atomic_load_explicit(&memory->read, memory_order_acquire) < rounds) __builtin_ia32_pause();
  return (now() - began) / (int64_t)rounds;
}

static uint64_t drink(shared *memory, uint64_t rounds) {
  uint64_t sum = 0, written = 0;
  uint8_t bytes[64];
  for (uint64_t i = 0; i < rounds; i++) {
    while (written == i) {
      written = atomic_load_explicit(&memory->written, memory_order_acquire);
      if (written == i) __builtin_ia32_pause();
    }
    memcpy(bytes, memory->slots[i % SLOTS].bytes, sizeof bytes);
    sum += bytes[0];
    atomic_store_explicit(&memory->read, i + 1, memory_order_release);
  }
  return sum;
}

static int talk(const char *what, const char *count) {
  shared *memory = mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint32_t rounds = (uint32_t)strtoul(count, NULL, 10);
  int sleeps = what[1] == 'l', ring = what[0] == 'r';
  if (memory == MAP_FAILED || rounds == 0) return 2;
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(1);
    if (ring) drink(memory, rounds);
    else pong(memory, rounds, sleeps);
    _exit(0);
  }
  pin(0);
  printf("%lld\n", (long long)(ring ? pour(memory, rounds) : ping(memory, rounds, sleeps)));
  waitpid(child, NULL, 0);
  return 0;
}

/* In the process that is started. */
static const void *no_interface(const dvt_host *host, dvt_str name) {
  (void)host, (void)name;
  return NULL;
}

static int serve(const char *path) {
  static dvt_host host = {sizeof host, DVT_ABI_MAJOR, DVT_ABI_MINOR, no_interface, NULL, NULL, NULL};
  void *instance = NULL, *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  dvt_entry entry = image ? (dvt_entry)dlsym(image, DVT_ENTRY_SYMBOL) : NULL;
  dvt_handshake handshake = {.struct_size = sizeof handshake, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .generation = 1};
  const dvt_plugin *plugin = entry ? entry(&handshake) : NULL;
  if (!plugin) return 1;
  plugin->init(&host, &instance, NULL);
  if (plugin->post_init) plugin->post_init(instance, NULL);
  return write(1, "+", 1) == 1 ? 0 : 1;
}

static int start(const char *path) {
  int ends[2];
  char byte;
  char *const arguments[] = {"processes", "serve", (char *)path, NULL}, *const environment[] = {NULL};
  posix_spawn_file_actions_t actions;
  pid_t child;
  if (pipe2(ends, O_CLOEXEC) != 0) return 2;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  int64_t began = now();
  if (posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environment) != 0) return 2;
  if (read(ends[0], &byte, 1) != 1) return 2;
  int64_t took = now() - began;
  waitpid(child, NULL, 0);
  printf("%lld\n", (long long)took);
  return 0;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  if (strcmp(arguments[1], "serve") == 0) return serve(arguments[2]);
  return strcmp(arguments[1], "start") == 0 ? start(arguments[2]) : talk(arguments[1], arguments[2]);
}
