#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define SECOND 1000000000ull
#define ECHO 200u /* operations that the other side answers with what it was sent */
#define COUNT 201u /* answered after calling back as often as the first byte says */
#define FOREVER 202u /* calls back for ever and never answers */

/* Both ends of one memory. */
typedef struct both {
  iso_shared *shared;
  int pair[2];
  iso_channel host, worker;
  iso_end host_ends[ISO_LANES], worker_ends[ISO_LANES];
} both;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static void open_both(both *both, uint32_t spin) {
  both->shared = mmap(NULL, ISO_SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(both->shared != MAP_FAILED, "no memory");
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both->pair) == 0, "no sockets");
  CHECK(iso_channel_make(&both->host, both->shared, 1, both->pair[0], both->host_ends) == 0, "no channel");
  CHECK(iso_channel_make(&both->worker, both->shared, 0, both->pair[1], both->worker_ends) == 0, "no channel");
  both->host.spin = both->worker.spin = spin;
}

static void close_both(both *both) {
  iso_channel_free(&both->host);
  iso_channel_free(&both->worker);
  munmap(both->shared, ISO_SHARED_SIZE);
  close(both->pair[0]);
  close(both->pair[1]);
}

static uint32_t open_files(void) {
  uint32_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  CHECK(folder, "/proc is not there");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

/* MARK: The other side */

static iso_writer written(iso_end *end, const uint8_t *bytes, size_t length) {
  iso_writer writer = iso_arena(end);
  writer.cursor = length;
  if (length <= writer.capacity) {
    memcpy(writer.base, bytes, length);
    return writer;
  }
  writer = (iso_writer){.base = (uint8_t *)bytes, .cursor = length, .capacity = length};
  return writer;
}

static void serve(iso_end *end, iso_message *call, void *context);

/* Calls back with the bytes, and expects them again. */
static int call_with(iso_end *end, uint32_t op, const uint8_t *bytes, size_t length, uint64_t patience) {
  iso_message answer;
  iso_writer writer = written(end, bytes, length);
  int result = iso_call(end, op, NULL, &writer, patience, serve, NULL, &answer);
  if (result != ISO_ARRIVED) return result;
  CHECK(answer.head.length == length, "%llu bytes came of %zu", (unsigned long long)answer.head.length, length);
  CHECK(memcmp(answer.bytes, bytes, length) == 0, "the bytes changed");
  iso_message_drop(&answer);
  return result;
}

static void serve(iso_end *end, iso_message *call, void *context) {
  (void)context;
  uint8_t one = 1;
  while (call->head.op == FOREVER && call_with(end, ECHO, &one, 1, UINT64_MAX) == ISO_ARRIVED) continue;
  if (call->head.op == FOREVER) return;
  if (call->head.op == COUNT && call->bytes[0] > 0) {
    uint8_t fewer[2048];
    size_t length = call->head.length < sizeof fewer ? call->head.length : sizeof fewer;
    memcpy(fewer, call->bytes, length);
    fewer[0]--;
    CHECK(call_with(end, COUNT, fewer, length, 10 * SECOND) == ISO_ARRIVED, "a nested call ended");
  }
  iso_writer writer = written(end, call->bytes, call->head.length);
  CHECK(iso_post(end, ISO_ANSWER, call->head.op, NULL, &writer) == ISO_ARRIVED, "no answer can be posted");
}

/* Serves one lane until its channel is dead. */
static void *serve_lane(void *argument) {
  iso_end *end = argument;
  for (;;) {
    iso_message call;
    int result = iso_await(end, UINT64_MAX, &call);
    if (result == ISO_DEAD) return NULL;
    CHECK(result == ISO_ARRIVED && call.head.kind == ISO_CALL, "what came is no call");
    serve(end, &call, NULL);
    iso_message_drop(&call);
  }
}

/* MARK: Back and forth */

static void play(iso_end *end, dice *dice, uint64_t rounds) {
  static const size_t lengths[] = {
      0, 1, 8, 64, 1023, 1024, 1025, 4096, ISO_ROOM - 1, ISO_ROOM,
      ISO_ROOM + 1, ISO_ARENA, 1u << 20};
  uint8_t *bytes = malloc(1u << 20);
  for (size_t i = 0; i < 1u << 20; i++) bytes[i] = (uint8_t)dice_roll(dice);
  for (uint64_t round = 0; round < rounds; round++) {
    size_t length = lengths[dice_below(dice, dice_below(dice, 20) ? 7 : sizeof lengths / sizeof *lengths)];
    uint32_t op = length > 0 && length <= 2048 && dice_below(dice, 4) == 0 ? COUNT : ECHO;
    if (op == COUNT) bytes[0] = (uint8_t)dice_below(dice, 12);
    CHECK(call_with(end, op, bytes, length, 30 * SECOND) == ISO_ARRIVED, "a call ended");
  }
  free(bytes);
}

void check_threads(uint64_t seed, uint64_t rounds) {
  static const uint32_t spins[] = {0, 50000};
  for (int i = 0; i < 2; i++) {
    dice dice = {seed + (uint64_t)i};
    both both;
    pthread_t thread;
    open_both(&both, spins[i]);
    CHECK(pthread_create(&thread, NULL, serve_lane, &both.worker_ends[6]) == 0, "no thread");
    play(&both.host_ends[6], &dice, rounds);
    iso_channel_kill(&both.worker, both.worker_ends);
    pthread_join(thread, NULL);
    close_both(&both);
  }
}

static void *serve_in_child(void *argument) { return serve_lane(argument); }

/* Another process that serves the first lanes of the host's. */
static pid_t start_server(both *both, uint32_t lanes) {
  pid_t child = fork();
  CHECK(child >= 0, "no process");
  if (child > 0) return child;
  alarm(60);
  pthread_t thread;
  for (uint32_t i = 1; i < lanes; i++) pthread_create(&thread, NULL, serve_in_child, &both->worker_ends[2 * i]);
  serve_lane(&both->worker_ends[0]);
  _exit(0);
}

typedef struct player {
  iso_end *end;
  uint64_t seed, rounds;
} player;

static void *play_on(void *argument) {
  player *player = argument;
  dice dice = {player->seed};
  play(player->end, &dice, player->rounds);
  return NULL;
}

void check_processes(uint64_t seed, uint64_t rounds) {
  both both;
  pthread_t threads[4];
  player players[4];
  open_both(&both, 20000);
  pid_t child = start_server(&both, 4);
  /* Lanes at once: files of one come to threads of another. */
  for (uint32_t i = 0; i < 4; i++) {
    players[i] = (player){&both.host_ends[2 * i], seed + i, rounds};
    CHECK(pthread_create(&threads[i], NULL, play_on, &players[i]) == 0, "no thread");
  }
  for (uint32_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  close_both(&both);
}

void check_large(uint64_t seed, uint64_t rounds) {
  both both;
  dice dice = {seed};
  open_both(&both, 0);
  pid_t child = start_server(&both, 1);
  uint32_t files = open_files();
  uint8_t *bytes = calloc(1, ISO_LARGEST + 1);
  CHECK(bytes, "no memory");
  for (uint64_t round = 0; round < rounds; round++) {
    size_t length = ISO_ARENA + (size_t)dice_below(&dice, 16u << 20);
    bytes[dice_below(&dice, length)] = 1;
    CHECK(call_with(&both.host_ends[0], ECHO, bytes, length, 30 * SECOND) == ISO_ARRIVED, "a call of %zu bytes ended", length);
  }
  CHECK(open_files() == files, "%u descriptors, %u before", open_files(), files);
  /* What is too large is the sender's to hear; the lane goes on. */
  int result = call_with(&both.host_ends[0], ECHO, bytes, ISO_LARGEST + 1, SECOND);
  CHECK(result == ISO_TOO_LARGE, "%d", result);
  CHECK(call_with(&both.host_ends[0], ECHO, bytes, 64, 30 * SECOND) == ISO_ARRIVED, "the lane is of no use");
  free(bytes);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  close_both(&both);
}

/* MARK: Garbage */

static int file_of(size_t length, int seals) {
  int file = memfd_create("check", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CHECK(file >= 0 && ftruncate(file, (off_t)length) == 0, "no file");
  CHECK(seals == 0 || fcntl(file, F_ADD_SEALS, seals) == 0, "no seals");
  return file;
}

static void send_files(int socket, const void *label, size_t label_length, const int *files, size_t count) {
  struct iovec vector = {(void *)label, label_length};
  union {
    char bytes[CMSG_SPACE(sizeof(int) * 32)];
    struct cmsghdr alignment;
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), files, sizeof(int) * count);
  }
  CHECK(sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0, "not sent");
}

/* Posts a head from the worker's side as it is. */
static void post_head(both *both, uint32_t lane, iso_head head) {
  iso_way_at(both->shared, lane, 1)->head = head;
  atomic_fetch_add(&iso_way_at(both->shared, lane, 1)->posts, 1);
}

static int receive(both *both, uint32_t lane) {
  iso_message message;
  int result = iso_await(&both->host_ends[lane], SECOND, &message);
  if (result == ISO_ARRIVED) iso_message_drop(&message);
  return result;
}

#define ALL_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void check_files(uint64_t seed, uint64_t rounds) {
  (void)seed;
  static const struct {
    const char *what;
    size_t size, said;
    int seals, expected;
  } cases[] = {
      {"a sealed file", 8192, 8192, ALL_SEALS, ISO_ARRIVED},
      {"a longer file", 8192, 5000, ALL_SEALS, ISO_ARRIVED},
      {"a shorter file", 4096, 8192, ALL_SEALS, ISO_GARBAGE},
      {"an empty file", 0, 8192, ALL_SEALS, ISO_GARBAGE},
      {"an unsealed file", 8192, 8192, 0, ISO_GARBAGE},
      {"a file that can shrink", 8192, 8192, F_SEAL_GROW | F_SEAL_WRITE, ISO_GARBAGE},
      {"a file that can be written", 8192, 8192, F_SEAL_SHRINK | F_SEAL_GROW, ISO_GARBAGE},
      {"no length", 8192, 0, ALL_SEALS, ISO_GARBAGE},
      {"a length beyond all", 8192, ISO_LARGEST + 1, ALL_SEALS, ISO_GARBAGE},
  };
  both both;
  open_both(&both, 0);
  uint32_t before = open_files();
  for (uint64_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      uint32_t lane = 2 * (uint32_t)i;
      int file = file_of(cases[i].size, cases[i].seals);
      send_files(both.pair[1], &lane, sizeof lane, &file, 1);
      close(file);
      post_head(&both, lane, (iso_head){.kind = ISO_CALL, .length = cases[i].said, .apart = 1});
      int result = receive(&both, lane);
      CHECK(result == cases[i].expected, "%s: %d", cases[i].what, result);
    }
    /* What is in the way of others: labels of no lane, of two sizes, no file, too many, a pipe. */
    int sealed = file_of(64, ALL_SEALS), many[32], pipe_ends[2];
    uint32_t lane = 40, none = ISO_LANES;
    CHECK(pipe(pipe_ends) == 0, "no pipe");
    for (int i = 0; i < 32; i++) many[i] = sealed;
    send_files(both.pair[1], &none, sizeof none, &sealed, 1);
    send_files(both.pair[1], &lane, 1, &sealed, 1);
    send_files(both.pair[1], &lane, sizeof lane, NULL, 0);
    for (int i = 0; i < 3; i++) {
      post_head(&both, lane, (iso_head){.kind = ISO_CALL, .length = 64, .apart = 1});
      CHECK(receive(&both, lane) == ISO_GARBAGE, "junk on the socket passed for a file");
    }
    send_files(both.pair[1], &lane, sizeof lane, many, 32);
    post_head(&both, lane, (iso_head){.kind = ISO_CALL, .length = 64, .apart = 1});
    receive(&both, lane);
    send_files(both.pair[1], &lane, sizeof lane, pipe_ends, 1);
    post_head(&both, lane, (iso_head){.kind = ISO_CALL, .length = 64, .apart = 1});
    CHECK(receive(&both, lane) == ISO_GARBAGE, "a pipe passed for a file");
    /* A message that says that it lies in a file, when none was passed. */
    post_head(&both, lane, (iso_head){.kind = ISO_CALL, .length = 64, .apart = 1});
    CHECK(receive(&both, lane) == ISO_GARBAGE, "no file passed for one");
    close(sealed);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    /* What nobody came for is kept for its lane: one each. */
    CHECK(open_files() <= before + ISO_LANES, "%u descriptors, %u before", open_files(), before);
  }
  close_both(&both);
  CHECK(open_files() == before - 2, "%u descriptors, %u before", open_files(), before);
}

void check_heads(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  both both;
  open_both(&both, 0);
  static const uint64_t lengths[] = {
      0, 1, 1024, ISO_ROOM, ISO_ROOM + 1, ISO_LARGEST, UINT32_MAX, INT64_MAX, UINT64_MAX,
      UINT64_MAX - sizeof(iso_head)};
  for (uint64_t round = 0; round < rounds; round++) {
    uint32_t lane = (uint32_t)dice_below(&dice, ISO_LANES);
    iso_head head = {
        .kind = (uint32_t)(dice_below(&dice, 2) ? dice_below(&dice, 4) : dice_roll(&dice)), .op = (uint32_t)dice_roll(&dice),
        .length = lengths[dice_below(&dice, sizeof lengths / sizeof *lengths)],
        .apart = (uint32_t)(dice_below(&dice, 3) ? 0 : dice_roll(&dice))};
    post_head(&both, lane, head);
    int isSound = (head.kind == ISO_CALL || head.kind == ISO_ANSWER) && head.apart == 0 &&
                  head.length <= ISO_ROOM;
    int result = receive(&both, lane);
    CHECK(
        result == (isSound ? ISO_ARRIVED : ISO_GARBAGE), "kind %u, apart %u, %llu bytes: %d", head.kind, head.apart,
        (unsigned long long)head.length, result);
  }
  close_both(&both);
}

/* MARK: Ends of waits */

typedef struct watch {
  both *both;
  pid_t child;
} watch;

/* What the host's warden does. */
static void *watch_child(void *argument) {
  watch *watch = argument;
  waitpid(watch->child, NULL, 0);
  iso_channel_kill(&watch->both->host, watch->both->host_ends);
  return NULL;
}

void check_death(uint64_t seed, uint64_t rounds) {
  dice dice = {seed};
  for (uint64_t round = 0; round < rounds; round++) {
    both both;
    pthread_t thread;
    open_both(&both, dice_below(&dice, 2) ? 50000 : 0);
    pid_t child = fork();
    if (child == 0) {
      alarm(60);
      /* It takes the call and dies with it, or answers a few first. */
      for (uint64_t left = dice_below(&dice, 4);; left--) {
        iso_message call;
        iso_await(&both.worker_ends[0], UINT64_MAX, &call);
        if (left == 0) kill(getpid(), SIGKILL);
        serve(&both.worker_ends[0], &call, NULL);
        iso_message_drop(&call);
      }
    }
    watch watch = {&both, child};
    CHECK(pthread_create(&thread, NULL, watch_child, &watch) == 0, "no thread");
    int result = ISO_ARRIVED;
    uint8_t bytes[16] = {0};
    for (int i = 0; i < 8 && result == ISO_ARRIVED; i++) result = call_with(&both.host_ends[0], ECHO, bytes, sizeof bytes, UINT64_MAX);
    CHECK(result == ISO_DEAD, "%d", result);
    CHECK(iso_lane_take(&both.host, UINT64_MAX) == ISO_DEAD, "a dead channel gave a lane");
    pthread_join(thread, NULL);
    close_both(&both);
  }
}

void check_deadline(uint64_t seed, uint64_t rounds) {
  (void)seed;
  both both;
  open_both(&both, 50000);
  for (uint64_t round = 0; round < rounds; round++) {
    uint8_t byte = 0;
    uint64_t patience = SECOND / 20, began = now();
    int result = call_with(&both.host_ends[2 * (round % 32)], ECHO, &byte, 1, patience);
    uint64_t took = now() - began;
    CHECK(result == ISO_LATE, "%d", result);
    CHECK(took >= patience && took < 10 * SECOND, "after %llu ns", (unsigned long long)took);
  }
  close_both(&both);
}

/* One that calls back for ever hangs as well as one that says nothing. */
void check_callbacks(uint64_t seed, uint64_t rounds) {
  (void)seed;
  for (uint64_t round = 0; round < rounds; round++) {
    both both;
    pthread_t thread;
    open_both(&both, round % 2 ? 50000 : 0);
    CHECK(pthread_create(&thread, NULL, serve_lane, &both.worker_ends[0]) == 0, "no thread");
    uint8_t byte = 0;
    uint64_t began = now();
    int result = call_with(&both.host_ends[0], FOREVER, &byte, 1, SECOND / 10);
    CHECK(result == ISO_LATE, "%d after %llu ns", result, (unsigned long long)(now() - began));
    iso_channel_kill(&both.worker, both.worker_ends);
    pthread_join(thread, NULL);
    close_both(&both);
  }
}

static void *give_back(void *argument) {
  iso_channel *channel = argument;
  struct timespec moment = {0, 20000000};
  nanosleep(&moment, NULL);
  iso_lane_give(channel, 14);
  return NULL;
}

static void *kill_soon(void *argument) {
  struct timespec moment = {0, 20000000};
  nanosleep(&moment, NULL);
  both *both = argument;
  iso_channel_kill(&both->host, both->host_ends);
  return NULL;
}

void check_exhaustion(uint64_t seed, uint64_t rounds) {
  (void)seed, (void)rounds;
  both both;
  pthread_t thread;
  open_both(&both, 0);
  for (uint32_t i = 0; i < ISO_LANES / 2; i++) {
    CHECK(iso_lane_take(&both.host, 0) == (int)(2 * i), "the lowest is not given");
    CHECK(iso_lane_take(&both.worker, 0) == (int)(2 * i + 1), "the worker's are not its own");
  }
  uint64_t began = now();
  CHECK(iso_lane_take(&both.host, SECOND / 20) == ISO_LATE, "there are more than there are");
  CHECK(now() - began >= SECOND / 20, "it did not wait");
  pthread_create(&thread, NULL, give_back, &both.host);
  CHECK(iso_lane_take(&both.host, UINT64_MAX) == 14, "what was given back is not taken");
  pthread_join(thread, NULL);
  pthread_create(&thread, NULL, kill_soon, &both);
  CHECK(iso_lane_take(&both.host, UINT64_MAX) == ISO_DEAD, "it waits for the dead");
  pthread_join(thread, NULL);
  close_both(&both);
}
