/* A worker: the process of one isolated plugin. It is started by a host, with descriptors 3 (the memory that they share),
 * 4 (a socket for files) and 5 (the rules of its sandbox), and the host's process id as its argument. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "CSandbox.h"
#include "wk.h"

wk_process wk;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t served = 1; /* lanes of the host's that have a thread; the first has the main one */
static uint64_t threads;    /* that the plugin may have, 0 for any number */
static int tasks = -1;      /* of sb_watch_tasks */

/* What the host cannot be told in another way. It reads descriptor 2. */
static _Noreturn void give_up(const char *why) {
  dprintf(2, "dovetail-worker: %s\n", why);
  _exit(70);
}

static void *serve_lane(void *argument) {
  iso_end *end = argument;
  wk_watch_thread();
  for (;;) {
    iso_message call;
    int result = iso_await(end, UINT64_MAX, &call);
    if (result == ISO_DEAD) return NULL;
    if (result != ISO_ARRIVED || call.head.kind != ISO_CALL) give_up("the host sent what is no call");
    wk_serve_lane(end->index / 2 + 1);
    wk_serve(end, &call, NULL);
    iso_message_drop(&call);
  }
}

void wk_serve_lane(uint32_t number) {
  if (number < atomic_load_explicit(&served, memory_order_relaxed)) return;
  pthread_mutex_lock(&lock);
  if (number == served && number < ISO_LANES / 2) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve_lane, &wk.ends[2 * number]) == 0) {
      pthread_detach(thread);
      served++;
    }
  }
  pthread_mutex_unlock(&lock);
}

static const void *get_interface(const dvt_host *host, dvt_str name) {
  (void)host;
  return name.ptr ? wk_interface(name) : NULL;
}

static void connect_to_host(void) {
  void *map = mmap(NULL, ISO_SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, WK_MEMORY, 0);
  if (map == MAP_FAILED) give_up("the shared memory cannot be mapped");
  iso_shared *shared = map;
  if (shared->protocol != ISO_PROTOCOL) give_up("the host is of another version; install both together");
  if (iso_channel_make(&wk.channel, shared, 0, WK_SOCKET, wk.ends) != 0) give_up("no memory");
  wk.channel.spin = shared->spin;
  wk.host = (dvt_host){
      .struct_size = sizeof(dvt_host),
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .get_interface = get_interface,
      .buffer_create = wk_buffer_create,
      .buffer_retain = wk_buffer_retain,
      .buffer_release = wk_buffer_release};
}

/* Gives up what the plugin is not to have, before anything of it is mapped. How many threads it may have is decided as it comes
 * (`wk_limit_threads`): a worker that stands by may wait for it for days. */
static void enter_sandbox(void) {
  static sb_rules rules;
  char message[2048];
  int keep[] = {0, 1, 2, WK_MEMORY, WK_SOCKET, WK_RULES};
  if (sb_close_descriptors(keep, sizeof keep / sizeof *keep) != 0) give_up("inherited descriptors cannot be closed");
  if (sb_read(WK_RULES, &rules, message, sizeof message) != 0) give_up(message);
  close(WK_RULES);
  if (rules.limited & 1u << SB_LIMIT_THREADS) {
    threads = rules.limits[SB_LIMIT_THREADS];
    tasks = sb_watch_tasks();
    rules.limited &= ~(1u << SB_LIMIT_THREADS);
  }
  if (sb_apply(&rules, message, sizeof message) != 0) give_up(message);
  if (message[0]) dprintf(2, "%s\n", message);
}

int wk_limit_threads(char *message, size_t size) {
  int code = threads ? sb_limit_threads(threads, tasks, message, size) : 0;
  if (tasks >= 0) close(tasks);
  tasks = -1;
  return code;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "dovetail-worker is started by dovetail, for plugins with \"isolation\": \"isolated\".\n");
    return 64;
  }
  /* The host's death is this process's: it has nobody to work for. The host may be gone already. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != (pid_t)atoi(arguments[1])) return 69;
  connect_to_host();
  if (wk_watch_faults() != 0) give_up("faults cannot be watched");
  enter_sandbox();
  wk_serve_lane(1); /* one is always idle */
  serve_lane(&wk.ends[0]);
  return 0;
}
