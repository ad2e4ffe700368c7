#define _GNU_SOURCE
#include "iso_lane.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Waits in a row that spinning did not shorten, after which it is tried only now and then. */
#define MISSES 8u
#define TRY_AGAIN 64u
/* A sleeper looks up now and then: who would have woken it may have died between post and wake. */
#define LONGEST_SLEEP 500000000ull
/* What a side that calls back is taken to have needed for it at least: else it could go on for ever, being always there already. */
#define LEAST_TAKEN 1000u

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Shared between processes: not the private kind. */
static void futex_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t nanoseconds) {
  if (nanoseconds > LONGEST_SLEEP) nanoseconds = LONGEST_SLEEP;
  struct timespec time = {0, (long)nanoseconds};
  syscall(SYS_futex, word, FUTEX_WAIT, seen, &time, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0); }

/* That this thread runs on, from 1 on. */
static inline uint32_t processor(void) {
  int number = sched_getcpu();
  return number < 0 ? UINT32_MAX : (uint32_t)number + 1;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static iso_way *way_from(const iso_end *end) {
  return iso_way_at(end->channel->shared, end->index, !end->channel->is_host);
}

static iso_way *way_to(const iso_end *end) {
  return iso_way_at(end->channel->shared, end->index, end->channel->is_host);
}

/* Where the bytes of a message lie. */
static uint8_t *body(iso_way *way) { return (uint8_t *)(way + 1); }

/* MARK: Files that were passed */

/* A file waits here when it came to a thread of another lane. */
typedef struct passed {
  pthread_mutex_t lock;
  int files[ISO_LANES];
} passed;

/* Which lane a file belongs to. */
typedef struct label {
  uint32_t index;
} label;

static int send_file(const iso_end *end, int file) {
  label label = {end->index};
  struct iovec vector = {&label, sizeof label};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &file, sizeof file);
  ssize_t sent;
  do sent = sendmsg(end->channel->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

/* Takes one file from the socket. Returns its lane, or -1 when none is there or what is there is none. */
static int receive_file(const iso_channel *channel, int *file) {
  label label = {UINT32_MAX};
  struct iovec vector = {&label, sizeof label};
  union {
    char bytes[CMSG_SPACE(sizeof(int) * 8)];
    struct cmsghdr alignment;
  } control;
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t received = recvmsg(channel->socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (received < 0) return -1;
  *file = -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int each;
      memcpy(&each, CMSG_DATA(header) + i * sizeof each, sizeof each);
      if (*file < 0) *file = each;
      else close(each);
    }
  }
  if (received == sizeof label && *file >= 0 && label.index < ISO_LANES) return (int)label.index;
  if (*file >= 0) close(*file);
  return -1;
}

static int take_file(iso_end *end) {
  passed *passed = end->channel->files;
  int found = -1;
  pthread_mutex_lock(&passed->lock);
  /* Each lane has one message under way: who sends more files than that would go on for ever. */
  for (uint32_t i = 0; i < ISO_LANES && passed->files[end->index] < 0; i++) {
    int file, lane = receive_file(end->channel, &file);
    if (lane < 0) break;
    if (passed->files[lane] >= 0) close(passed->files[lane]);
    passed->files[lane] = file;
  }
  found = passed->files[end->index];
  passed->files[end->index] = -1;
  pthread_mutex_unlock(&passed->lock);
  return found;
}

/* A file that its sender can no longer change or shorten. */
static int is_sealed(int file, uint64_t length) {
  struct stat status;
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  int seals = fcntl(file, F_GET_SEALS);
  return seals >= 0 && (seals & needed) == needed && fstat(file, &status) == 0 && (uint64_t)status.st_size >= length;
}

static int post_apart(iso_end *end, const uint8_t *bytes, size_t length) {
  int file = memfd_create("dovetail-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -1;
  size_t written = 0;
  while (written < length) {
    ssize_t count = write(file, bytes + written, length - written);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) written += (size_t)count;
  }
  int done = written == length && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0 &&
             send_file(end, file) == 0;
  close(file);
  return done ? 0 : -1;
}

/* MARK: Channels */

int iso_channel_make(iso_channel *channel, iso_shared *shared, int is_host, int socket, iso_end ends[ISO_LANES]) {
  passed *files = malloc(sizeof *files);
  if (!files) return -1;
  pthread_mutex_init(&files->lock, NULL);
  for (uint32_t i = 0; i < ISO_LANES; i++) files->files[i] = -1;
  memset(channel, 0, sizeof *channel);
  channel->shared = shared;
  channel->is_host = is_host;
  channel->socket = socket;
  channel->files = files;
  atomic_store(&channel->free, UINT32_MAX);
  for (uint32_t i = 0; i < ISO_LANES; i++) ends[i] = (iso_end){.channel = channel, .index = i};
  return 0;
}

void iso_channel_kill(iso_channel *channel, iso_end *ends) {
  atomic_store(&channel->dead, 1);
  for (uint32_t i = 0; i < ISO_LANES; i++)
    if (atomic_load(&ends[i].waits)) futex_wake(&way_to(&ends[i])->posts, INT_MAX);
  futex_wake(&channel->free, INT_MAX);
}

void iso_channel_free(iso_channel *channel) {
  passed *passed = channel->files;
  if (!passed) return;
  for (uint32_t i = 0; i < ISO_LANES; i++)
    if (passed->files[i] >= 0) close(passed->files[i]);
  pthread_mutex_destroy(&passed->lock);
  free(passed);
  channel->files = NULL;
}

int iso_lane_take(iso_channel *channel, uint64_t nanoseconds) {
  uint64_t deadline = 0;
  for (;;) {
    uint32_t lanes = atomic_load(&channel->free);
    if (atomic_load(&channel->dead)) return ISO_DEAD;
    while (lanes != 0) {
      uint32_t bit = (uint32_t)__builtin_ctz(lanes);
      if (atomic_compare_exchange_weak(&channel->free, &lanes, lanes & ~(1u << bit)))
        return (int)(2 * bit + (channel->is_host ? 0 : 1));
    }
    uint64_t moment = now();
    if (deadline == 0) deadline = nanoseconds > UINT64_MAX - moment ? UINT64_MAX : moment + nanoseconds;
    if (moment >= deadline) return ISO_LATE;
    atomic_fetch_add(&channel->awaited, 1);
    futex_wait(&channel->free, 0, deadline - moment);
    atomic_fetch_sub(&channel->awaited, 1);
  }
}

void iso_lane_give(iso_channel *channel, uint32_t index) {
  atomic_fetch_or(&channel->free, 1u << (index / 2));
  if (atomic_load(&channel->awaited)) futex_wake(&channel->free, 1);
}

/* MARK: Messages */

iso_writer iso_arena(iso_end *end) {
  return (iso_writer){.base = body(way_from(end)), .capacity = ISO_ROOM};
}

int iso_post(iso_end *end, uint32_t kind, uint32_t op, const iso_brief *brief, const iso_writer *writer) {
  iso_way *way = way_from(end);
  iso_head head = {.kind = kind, .op = op, .length = writer ? writer->cursor : 0, .processor = processor()};
  if (brief) head.brief = *brief;
  if (atomic_load_explicit(&end->channel->dead, memory_order_acquire)) return ISO_DEAD;
  if (head.length > ISO_ROOM) {
    if (head.length > ISO_LARGEST || !iso_fits(writer) || post_apart(end, writer->base, head.length) != 0)
      return ISO_TOO_LARGE;
    head.apart = 1;
  } else if (head.length && writer->base != body(way)) {
    memcpy(body(way), writer->base, head.length);
  }
  /* At once with `posts`: whoever looks at that has it all. */
  way->head = head;
  /* The sleeper stores `sleeps`, then reads `posts`: one of the two sees the other. */
  atomic_fetch_add(&way->posts, 1);
  if (atomic_load(&way->sleeps)) futex_wake(&way->posts, 1);
  return ISO_ARRIVED;
}

/* Looks `times` times. */
static int look(iso_end *end, iso_way *way, int times) {
  for (int i = 0; i < times; i++) {
    if (atomic_load_explicit(&way->posts, memory_order_acquire) != end->seen) return 1;
    pause_briefly();
  }
  return 0;
}

static int spin(iso_end *end, iso_way *way, uint64_t *began) {
  uint32_t limit = end->channel->spin;
  if (limit == 0) return 0;
  /* Who has not posted yet is asleep. */
  if (end->other == 0) return 0;
  /* On one processor the other side runs only once this one sleeps; now and then it is given the time to move to another. */
  if (end->other == processor() && ++end->misses % TRY_AGAIN != 0) return 0;
  if (end->misses >= MISSES && end->misses % TRY_AGAIN != 0) limit /= 16;
  /* What comes at once is not kept waiting by a look at the clock. */
  int came = look(end, way, 64);
  if (!came) {
    *began = now();
    uint64_t until = *began + limit;
    do came = look(end, way, 32);
    while (!came && now() < until && !atomic_load_explicit(&end->channel->dead, memory_order_relaxed));
  }
  if (came) {
    end->misses = 0;
    return 1;
  }
  end->misses++;
  return 0;
}

static int wait_for_post(iso_end *end, uint64_t nanoseconds) {
  iso_way *way = way_to(end);
  if (atomic_load_explicit(&way->posts, memory_order_acquire) != end->seen) return ISO_ARRIVED;
  uint64_t began = 0;
  if (spin(end, way, &began)) return ISO_ARRIVED;
  if (began == 0) began = now();
  uint64_t deadline = nanoseconds > UINT64_MAX - began ? UINT64_MAX : began + nanoseconds;
  int result = ISO_ARRIVED;
  atomic_store(&end->waits, 1); /* whoever sets `dead` sees it, or is seen below */
  for (;;) {
    atomic_store(&way->sleeps, 1);
    if (atomic_load(&way->posts) != end->seen) break;
    if (atomic_load(&end->channel->dead)) {
      result = ISO_DEAD;
      break;
    }
    uint64_t moment = now();
    if (moment >= deadline) {
      result = ISO_LATE;
      break;
    }
    futex_wait(&way->posts, end->seen, deadline - moment);
  }
  atomic_store_explicit(&way->sleeps, 0, memory_order_relaxed);
  atomic_store_explicit(&end->waits, 0, memory_order_relaxed);
  return result;
}

static int take_apart(iso_end *end, iso_message *message) {
  int file = take_file(end);
  if (file < 0) return ISO_GARBAGE;
  int result = ISO_GARBAGE;
  if (is_sealed(file, message->head.length)) {
    /* Private: the reader writes pointers into it. */
    void *map = mmap(NULL, message->head.length, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (map != MAP_FAILED) {
      message->map = map;
      message->bytes = map;
      result = ISO_ARRIVED;
    }
  }
  close(file);
  return result;
}

int iso_await(iso_end *end, uint64_t nanoseconds, iso_message *message) {
  int result = wait_for_post(end, nanoseconds);
  if (result != ISO_ARRIVED) return result;
  end->seen++;
  iso_way *theirs = way_to(end);
  message->head = theirs->head;
  atomic_signal_fence(memory_order_seq_cst); /* from here on the copy counts, whatever they write */
  message->map = message->heap = NULL;
  end->other = message->head.processor;
  uint64_t length = message->head.length;
  if (message->head.kind != ISO_CALL && message->head.kind != ISO_ANSWER) return ISO_GARBAGE;
  if (message->head.apart) return length == 0 || length > ISO_LARGEST ? ISO_GARBAGE : take_apart(end, message);
  if (length > ISO_ROOM) return ISO_GARBAGE;
  message->bytes = message->near;
  if (length > sizeof message->near) {
    message->heap = malloc(length);
    if (!message->heap) return ISO_GARBAGE;
    message->bytes = message->heap;
  }
  memcpy(message->bytes, body(theirs), length);
  return ISO_ARRIVED;
}

void iso_message_drop(iso_message *message) {
  if (message->map) munmap(message->map, message->head.length);
  free(message->heap);
  message->map = message->heap = NULL;
}

int iso_call(
    iso_end *end, uint32_t op, const iso_brief *brief, const iso_writer *writer, uint64_t nanoseconds, iso_serve serve,
    void *context, iso_message *answer) {
  int result = iso_post(end, ISO_CALL, op, brief, writer);
  uint64_t served = 0;
  while (result == ISO_ARRIVED) {
    result = iso_await(end, nanoseconds, answer);
    if (result != ISO_ARRIVED) break;
    /* Only who calls back is timed from one message to the next, and has taken something each time. */
    if (served != 0 && nanoseconds != UINT64_MAX) {
      uint64_t took = now() - served;
      nanoseconds -= took < LEAST_TAKEN ? LEAST_TAKEN : took < nanoseconds ? took : nanoseconds;
    }
    if (answer->head.kind == ISO_ANSWER) {
      if (answer->head.op == op) return ISO_ARRIVED;
      iso_message_drop(answer);
      return ISO_GARBAGE;
    }
    if (nanoseconds < LEAST_TAKEN) {
      iso_message_drop(answer);
      return ISO_LATE;
    }
    serve(end, answer, context);
    iso_message_drop(answer);
    served = now();
  }
  return result;
}
