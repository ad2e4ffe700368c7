/* dovetail.executor/1: jobs run on threads of this process; the host sees how many have not ended. */
#include <stdlib.h>

#include "wk.h"

#define MOST_JOBS 65536u
#define MOST_THREADS 4u

typedef struct job {
  struct job *next;
  dvt_job call;
  void *context;
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static job *first, **last = &first;
static uint32_t threads, idle, waiting;

static void *work(void *argument) {
  (void)argument;
  wk_watch_thread();
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!first) {
      idle++;
      pthread_cond_wait(&came, &lock);
      idle--;
    }
    job *job = first;
    first = job->next;
    if (!first) last = &first;
    waiting--;
    pthread_mutex_unlock(&lock);
    job->call(job->context);
    free(job);
    atomic_fetch_sub(&wk.channel.shared->jobs, 1);
    pthread_mutex_lock(&lock);
  }
  return NULL;
}

static int start_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, NULL) != 0) return 0;
  pthread_detach(thread);
  threads++;
  return 1;
}

static int32_t submit(const dvt_host *host, dvt_job call, void *context) {
  (void)host;
  job *made = call ? malloc(sizeof *made) : NULL;
  if (!made) return call ? DVT_FULL : DVT_INVALID;
  *made = (job){NULL, call, context};
  pthread_mutex_lock(&lock);
  int admitted = waiting < MOST_JOBS;
  if (admitted && idle <= waiting && threads < MOST_THREADS) admitted = start_thread() || threads > 0;
  if (admitted) {
    *last = made;
    last = &made->next;
    waiting++;
    atomic_fetch_add(&wk.channel.shared->jobs, 1);
    pthread_cond_signal(&came);
  }
  pthread_mutex_unlock(&lock);
  if (!admitted) free(made);
  return admitted ? DVT_OK : DVT_FULL;
}

const dvt_executor wk_executor = {
    .struct_size = sizeof(dvt_executor), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .submit = submit};
