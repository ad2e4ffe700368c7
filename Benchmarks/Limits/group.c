/* The limit of group commit: threads that wait until their 400 bytes are on the disk, with nothing but the system calls that takes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../Peers/store.h"

#define THREADS 256
#define BYTES 400

/* What gathers while the other half is written. */
typedef struct half {
  char bytes[THREADS * BYTES];
  size_t count;
  _Atomic uint32_t written; /* grows with each write; what those wait for whose bytes are in it */
} half;

static half halves[2];
static int present, has_leader, file, failed;
static off_t end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Writes halves until nothing gathers; called and returns with the lock. */
static void lead(void) {
  while (halves[present].count > 0) {
    half *full = &halves[present];
    size_t count = full->count;
    present = !present;
    halves[present].count = 0;
    pthread_mutex_unlock(&lock);
    if (pwrite(file, full->bytes, count, end) != (ssize_t)count || fdatasync(file)) failed = 1;
    end += (off_t)count;
    atomic_fetch_add(&full->written, 1);
    syscall(SYS_futex, &full->written, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
    pthread_mutex_lock(&lock);
  }
}

static void put(void) {
  pthread_mutex_lock(&lock);
  half *own = &halves[present];
  memset(own->bytes + own->count, 'x', BYTES);
  own->count += BYTES;
  uint32_t seen = atomic_load(&own->written);
  if (!has_leader) {
    has_leader = 1;
    lead();
    has_leader = 0;
    pthread_mutex_unlock(&lock);
    return;
  }
  pthread_mutex_unlock(&lock);
  while (atomic_load(&own->written) == seen) syscall(SYS_futex, &own->written, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void *put_many(void *rounds) {
  for (long i = 0; i < (long)rounds; i++) put();
  return NULL;
}

/* Has each of so many threads write `rounds` times to a new file. */
STORE_EXPORT int64_t group_write(const char *path, long rounds, uint32_t threads) {
  pthread_t ids[THREADS];
  if (threads > THREADS || (file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0) return -1;
  end = 0, failed = 0;
  int64_t began = store_now();
  for (uint32_t i = 0; i < threads; i++)
    if (pthread_create(&ids[i], NULL, put_many, (void *)rounds)) abort();
  for (uint32_t i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  int64_t took = store_now() - began;
  close(file);
  return failed ? -1 : took;
}
