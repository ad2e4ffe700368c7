/* A worker that means harm. It speaks enough of the protocol to be loaded, then does one of many things that no worker should:
 * which, and how, its seed and the number of its round say. Its arguments: a file that counts rounds, a seed, the host's process id. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "CIsolation.h"
#include "specimen.h"

#define MEMORY 3
#define SOCKET 4
#define LANE_WAIT 300000000ull

/* What it does once it is loaded. */
typedef enum deed {
  SCRIBBLE, HEADS, ASKS, WILD_ASKS, TURN, FLOOD, WORDS, JUNK, SILENT, TWICE, DEATH, LIES, CHATTER, NOISE, FAULT, JOBS, POLITE, DEEDS
} deed;

static const char *const names[DEEDS] = {
    "scribble", "heads", "asks", "wild asks", "turn", "flood", "words", "junk", "silent", "twice", "death", "lies", "chatter",
    "noise", "fault", "jobs", "polite"};

static iso_shared *shared;
static iso_channel channel;
static iso_end ends[ISO_LANES];
static uint64_t seed;
static deed chosen;
static _Atomic int isArmed;

static void pause_for(uint64_t microseconds) {
  struct timespec time = {(time_t)(microseconds / 1000000), (long)(microseconds % 1000000) * 1000};
  nanosleep(&time, NULL);
}

static dice dice_for(uint64_t what) {
  dice made = {seed ^ (what * 0x9E3779B97F4A7C15u)};
  dice_roll(&made);
  return made;
}

/* MARK: Calls to the host */

static const iso_type *type_of(uint32_t op) {
  switch (op) {
  case ISO_EVENTS_PUBLISH:
  case ISO_EVENTS_PUBLISH_NAMED: return &iso_type_event;
  case ISO_EVENTS_SUBSCRIBE: return &iso_type_subscription;
  case ISO_SERVICES_CALL:
  case ISO_REQUESTS_REQUEST:
  case ISO_REQUESTS_BEGIN: return &iso_type_request;
  case ISO_TIMERS_SCHEDULE: return &iso_type_timer;
  case ISO_REQUESTS_RESPOND:
  case ISO_REQUESTS_COMBINE: return &iso_type_responder;
  case ISO_INTERCEPTORS_INTERCEPT: return &iso_type_interception;
  case ISO_TYPES_DECLARE: return &iso_type_event_type;
  case ISO_ROUTES_ADD: return &iso_type_route;
  case ISO_METADATA_PUT:
  case ISO_METADATA_REMOVE: return &iso_type_write;
  case ISO_METADATA_WATCH: return &iso_type_watch;
  case ISO_METADATA_TRANSACT: return &iso_type_transaction;
  case ISO_METADATA_LIST_PAGE: return &iso_type_listing;
  case ISO_METADATA_QUERY: return &iso_type_query;
  case ISO_VALIDATORS_VALIDATE: return &iso_type_validation;
  default: return NULL;
  }
}

static void serve(iso_end *end, iso_message *call, void *context);

/* Handles that the host gave, for calls that take one. */
static struct {
  dvt_handle handles[64];
  _Atomic uint32_t count;
} given;

static dvt_handle some_handle(dice *dice) {
  dvt_handle handle = given.handles[dice_below(dice, 64)];
  if (dice_below(dice, 4) == 0) handle.token += dice_below(dice, 9) - 4;
  if (dice_below(dice, 8) == 0) handle.plugin = (uint32_t)dice_below(dice, 4);
  if (dice_below(dice, 8) == 0) handle.generation = (uint32_t)dice_below(dice, 50);
  if (dice_below(dice, 8) == 0) handle = (dvt_handle){(uint32_t)dice_below(dice, 4), (uint32_t)dice_below(dice, 8), dice_below(dice, 5000)};
  return handle;
}

/* Calls the host with a struct; `mutations` of its bytes are changed before. Returns the answer's code, or what ended the wait. */
static int32_t ask_host(iso_end *end, uint32_t op, const iso_ask *ask, const iso_type *type, const void *value, dice *mutations) {
  iso_writer writer = {.grows = 1};
  iso_message answer;
  iso_pack(&writer, &iso_type_ask, ask);
  if (type) iso_pack(&writer, type, value);
  if (mutations) dice_mutate(mutations, writer.base, writer.cursor);
  int32_t code = iso_call(end, op, NULL, &writer, LANE_WAIT, serve, NULL, &answer);
  iso_writer_free(&writer);
  if (code != ISO_ARRIVED) return code;
  iso_reader reader = iso_reader_of(&answer);
  const iso_answer *said = iso_unpack(&reader, &iso_type_answer);
  code = said ? said->code : -9;
  if (said && said->handle.token) given.handles[atomic_fetch_add(&given.count, 1) % 64] = said->handle;
  iso_message_drop(&answer);
  return code;
}

/* A call as a plugin might make it, with arguments at random. */
static int32_t ask_something(iso_end *end, dice *dice, int isWild) {
  static const uint64_t numbers[] = {0, 1, 2, 3, 10, 1000, UINT32_MAX, INT64_MAX, UINT64_MAX};
  uint32_t op = 1 + (uint32_t)dice_below(dice, ISO_LAST_OF_WORKER);
  const iso_type *type = type_of(op);
  specimen about, value;
  specimen_make_tame(&about, dice, &iso_type_ask, 0);
  iso_ask ask = *(const iso_ask *)about.whole;
  ask.token = dice_below(dice, 100);
  ask.flags = (uint32_t)dice_below(dice, 32);
  ask.number = numbers[dice_below(dice, sizeof numbers / sizeof *numbers)];
  ask.handle = some_handle(dice);
  if (type && isWild) specimen_make(&value, dice, type, (uint32_t)dice_below(dice, 6));
  else if (type) specimen_make_tame(&value, dice, type, (uint32_t)dice_below(dice, 4));
  int isMutated = dice_below(dice, isWild ? 2 : 50) == 0;
  int32_t code = ask_host(end, op, &ask, type, type ? value.given : NULL, isMutated ? dice : NULL);
  if (type) specimen_free(&value);
  specimen_free(&about);
  return code;
}

/* MARK: Calls of the host's */

static void answer(iso_end *end, uint32_t op, const iso_answer *said, const iso_texts *texts, dice *mutations) {
  iso_writer writer = {.grows = 1};
  iso_pack(&writer, &iso_type_answer, said);
  iso_pack(&writer, &iso_type_texts, texts);
  if (mutations) dice_mutate(mutations, writer.base, writer.cursor);
  iso_post(end, ISO_ANSWER, op, NULL, &writer);
  iso_writer_free(&writer);
}

static void register_all(iso_end *end) {
  dice dice = dice_for(3);
  dvt_subscription all = {.struct_size = sizeof all, .abi_major = DVT_ABI_MAJOR, .pattern = {(const uint8_t *)"zoo.>", 5}};
  dvt_timer timer = {.struct_size = sizeof timer, .abi_major = DVT_ABI_MAJOR, .interval_ms = 3};
  iso_ask ask = {.token = 1, .first = {(const uint8_t *)"bad.poke", 8}};
  all.delivery = (uint32_t)dice_below(&dice, 2);
  ask_host(end, ISO_EVENTS_SUBSCRIBE, &ask, &iso_type_subscription, &all, NULL);
  ask_host(end, ISO_SERVICES_PROVIDE, &ask, NULL, NULL, NULL);
  ask_host(end, ISO_TIMERS_SCHEDULE, &ask, &iso_type_timer, &timer, NULL);
}

/* An answer that fits its call in nothing. */
static void lie(iso_end *end, uint32_t op, dice *dice) {
  static const uint64_t items[] = {0, 1, 2, 1000, 1u << 20, UINT32_MAX, UINT64_MAX};
  specimen said, texts, item;
  const struct named_type *named = &all_types[dice_below(dice, all_types_count)];
  specimen_make(&said, dice, &iso_type_answer, 0);
  specimen_make_tame(&texts, dice, &iso_type_texts, 0);
  specimen_make_tame(&item, dice, named->type, 3);
  iso_answer lying = *(const iso_answer *)said.whole;
  lying.items = items[dice_below(dice, sizeof items / sizeof *items)];
  if (dice_below(dice, 2)) lying.code = (int32_t)dice_below(dice, 20);
  if (dice_below(dice, 2)) lying.number = (int64_t)dice_below(dice, 5);
  iso_writer writer = {.grows = 1};
  iso_pack(&writer, &iso_type_answer, &lying);
  for (uint64_t i = dice_below(dice, 4); i > 0; i--) iso_pack(&writer, named->type, item.given);
  if (dice_below(dice, 4)) iso_pack(&writer, &iso_type_texts, texts.given);
  if (dice_below(dice, 2)) dice_mutate(dice, writer.base, writer.cursor);
  iso_brief brief;
  for (size_t i = 0; i < 4; i++) brief.words[i] = dice_below(dice, 3) ? dice_below(dice, 64) : dice_roll(dice);
  iso_post(end, ISO_ANSWER, dice_below(dice, 20) ? op : (uint32_t)dice_roll(dice), &brief, &writer);
  iso_writer_free(&writer);
  specimen_free(&said);
  specimen_free(&texts);
  specimen_free(&item);
}

static void serve(iso_end *end, iso_message *call, void *context) {
  (void)context;
  static _Atomic uint64_t calls;
  uint32_t op = call->head.op;
  dice dice = dice_for(1000 + atomic_fetch_add(&calls, 1));
  iso_answer fine = {0};
  iso_texts none = {0};
  if (op == ISO_LOAD) fine.number = ISO_HAS_SAVE_STATE | ISO_HAS_RESTORE_STATE | ISO_HAS_HEALTH | ISO_HAS_METRICS | ISO_HAS_PRE_INIT;
  if (op == ISO_INIT) register_all(end);
  if (op == ISO_HANDLE_EVENTS) {
    iso_reader reader = iso_reader_of(call);
    const iso_ask *ask = iso_unpack(&reader, &iso_type_ask);
    atomic_store(&shared->handled[end->index], ask ? (uint32_t)ask->number : 0);
  }
  if (atomic_load(&isArmed)) {
    switch (chosen) {
    case SILENT:
      for (;;) pause();
    case TWICE: answer(end, op, &fine, &none, NULL); break;
    case LIES: lie(end, op, &dice); return;
    case CHATTER:
      while (ask_something(end, &dice, 0) >= 0) continue;
      break;
    case POLITE: ask_something(end, &dice, 0); break;
    default: break;
    }
  }
  answer(end, op, &fine, &none, NULL);
  if (op == ISO_POST_INIT) atomic_store(&isArmed, 1);
}

static void *serve_lane(void *argument) {
  iso_end *end = argument;
  for (;;) {
    iso_message call;
    int result = iso_await(end, UINT64_MAX, &call);
    if (result == ISO_DEAD) return NULL;
    if (result != ISO_ARRIVED) continue;
    if (call.head.kind == ISO_CALL) serve(end, &call, NULL);
    iso_message_drop(&call);
  }
}

/* MARK: Deeds */

static _Noreturn void die(dice *dice) {
  switch (dice_below(dice, 4)) {
  case 0: _exit((int)dice_below(dice, 256));
  case 1: abort();
  case 2: *(volatile int *)8 = 1;
  }
  for (;;) kill(getpid(), SIGKILL);
}

static _Atomic uint32_t *post_of(uint32_t lane, int toHost) {
  return &iso_way_at(shared, lane, toHost)->posts;
}

static void wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0); }

static void send_junk(dice *dice) {
  uint8_t bytes[64];
  int files[64];
  uint32_t lane = (uint32_t)dice_below(dice, ISO_LANES + 2);
  size_t count = dice_below(dice, 3) ? dice_below(dice, 64) : 1, length = dice_below(dice, 3) ? sizeof lane : dice_below(dice, sizeof bytes);
  int file = memfd_create("junk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (ftruncate(file, (off_t)dice_below(dice, 1u << 20)) != 0) return;
  if (dice_below(dice, 2)) fcntl(file, F_ADD_SEALS, (int)dice_below(dice, 16));
  for (size_t i = 0; i < 64; i++) files[i] = file;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)dice_roll(dice);
  if (dice_below(dice, 4)) memcpy(bytes, &lane, sizeof lane);
  union {
    char bytes[CMSG_SPACE(sizeof files)];
    struct cmsghdr alignment;
  } control;
  memset(&control, 0, sizeof control);
  struct iovec vector = {bytes, length};
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
  sendmsg(SOCKET, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  close(file);
}

static void post_head(dice *dice, uint32_t lane) {
  static const uint64_t lengths[] = {0, 80, 1024, ISO_ROOM, ISO_ARENA, ISO_LARGEST, ISO_LARGEST + 1, UINT64_MAX};
  iso_head head = {
      .kind = (uint32_t)dice_below(dice, 4), .op = (uint32_t)dice_below(dice, 160),
      .length = lengths[dice_below(dice, sizeof lengths / sizeof *lengths)], .apart = (uint32_t)dice_below(dice, 2)};
  iso_way_at(shared, lane, 1)->head = head;
  atomic_fetch_add(post_of(lane, 1), 1);
  wake(post_of(lane, 1));
}

static void do_once(dice *dice) {
  uint32_t lane = (uint32_t)dice_below(dice, ISO_LANES);
  switch (chosen) {
  case SCRIBBLE: {
    uint64_t word = dice_roll(dice), size = dice_below(dice, 3) ? sizeof(iso_shared) : ISO_SHARED_SIZE;
    if (dice_below(dice, 2)) word &= 7;
    memcpy((uint8_t *)shared + 8 * dice_below(dice, size / 8), &word, sizeof word);
    break;
  }
  case HEADS: post_head(dice, lane); break;
  case TURN: {
    iso_answer said = {.items = dice_below(dice, 3)};
    iso_texts texts = {0};
    answer(&ends[lane], (uint32_t)dice_below(dice, 160), &said, &texts, dice);
    break;
  }
  case FLOOD:
    atomic_fetch_add(post_of(lane, 1), (uint32_t)(dice_below(dice, 2) ? dice_below(dice, 100) : dice_roll(dice)));
    wake(post_of(lane, 1));
    break;
  case WORDS:
    atomic_store(post_of(lane, (int)dice_below(dice, 2)), (uint32_t)dice_roll(dice));
    atomic_store(&iso_way_at(shared, lane, 0)->sleeps, (uint32_t)dice_roll(dice));
    atomic_store(&iso_way_at(shared, lane, 1)->sleeps, (uint32_t)dice_roll(dice));
    atomic_store(&shared->handled[lane], (uint32_t)dice_below(dice, 100));
    wake(post_of(lane, 1));
    break;
  case JUNK:
    send_junk(dice);
    if (dice_below(dice, 8) == 0) post_head(dice, lane);
    break;
  case NOISE: {
    char noise[4096];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = dice_below(dice, 40) ? (char)dice_roll(dice) : '\n';
    if (write(1 + (int)dice_below(dice, 2), noise, dice_below(dice, sizeof noise)) < 0) die(dice);
    break;
  }
  case FAULT:
    for (size_t i = 0; i < sizeof shared->fault; i++) ((uint8_t *)&shared->fault)[i] = (uint8_t)dice_roll(dice);
    atomic_store(&shared->fault.written, 1);
    die(dice);
  case JOBS: atomic_store(&shared->jobs, (uint32_t)dice_roll(dice)); break;
  default: pause_for(1000);
  }
}

/* Calls the host on a lane of its own until it hears nothing any more. */
static void *ask_on(void *argument) {
  dice dice = dice_for(50 + (uint64_t)(uintptr_t)argument);
  while (!atomic_load(&isArmed)) pause_for(500);
  int lane = iso_lane_take(&channel, LANE_WAIT);
  for (int i = 0; i < 400 && lane >= 0; i++)
    if (ask_something(&ends[lane], &dice, chosen == WILD_ASKS) == ISO_LATE) die(&dice);
  die(&dice);
}

static void *do_deed(void *argument) {
  (void)argument;
  dice dice = dice_for(2);
  pthread_t thread;
  /* Some do not wait until they are loaded. */
  if (dice_below(&dice, 10) > 0) {
    while (!atomic_load(&isArmed)) pause_for(500);
  }
  if (chosen == ASKS || chosen == WILD_ASKS) {
    for (uintptr_t i = 0; i < 3; i++) pthread_create(&thread, NULL, ask_on, (void *)i);
    for (;;) pause();
  }
  if (chosen == DEATH) {
    pause_for(dice_below(&dice, 20000));
    die(&dice);
  }
  struct timespec began, moment;
  clock_gettime(CLOCK_MONOTONIC, &began);
  do {
    for (int i = 0; i < 100; i++) do_once(&dice);
    clock_gettime(CLOCK_MONOTONIC, &moment);
  } while ((moment.tv_sec - began.tv_sec) * 1000 + (moment.tv_nsec - began.tv_nsec) / 1000000 < 250);
  /* Most that go on go on for a while only; the host's patience ends others. */
  if (chosen != SILENT && chosen != CHATTER) die(&dice);
  pause_for(3000000);
  die(&dice);
}

/* Which start of the worker this is. */
static uint64_t next_round(const char *path) {
  uint64_t round = 0;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || flock(file, LOCK_EX) != 0) exit(65);
  if (pread(file, &round, sizeof round, 0) < 0) exit(65);
  round++;
  if (pwrite(file, &round, sizeof round, 0) < 0) exit(65);
  close(file);
  return round;
}

int main(int count, char **arguments) {
  if (count != 4) return 64;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != (pid_t)atoi(arguments[3])) return 69;
  uint64_t round = next_round(arguments[1]);
  dice dice = {strtoull(arguments[2], NULL, 10) * 1000003 + round};
  seed = dice_roll(&dice);
  chosen = (deed)dice_below(&dice, DEEDS);
  fprintf(stderr, "round %llu: %s\n", (unsigned long long)round, names[chosen]);
  void *map = mmap(NULL, ISO_SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY, 0);
  if (map == MAP_FAILED) return 66;
  shared = map;
  if (iso_channel_make(&channel, shared, 0, SOCKET, ends) != 0) return 66;
  channel.spin = shared->spin;
  pthread_t thread;
  for (uint32_t lane = 2; lane < ISO_LANES; lane += 2) pthread_create(&thread, NULL, serve_lane, &ends[lane]);
  pthread_create(&thread, NULL, do_deed, NULL);
  serve_lane(&ends[0]);
  return 0;
}
