#define _GNU_SOURCE
#include "wl_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hs_entry.h"
#include "hs_thread.h"
#include "iso_report.h"
#include "iso_request.h"

/* Of threads that carry out the worker's calls. */
#define STACK (1u << 20)

static _Thread_local wl_bond *bonds;

/* MARK: Making and ending */

static int shared_memory(void) {
  int memory = memfd_create("dovetail-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) return -1;
  if (ftruncate(memory, (off_t)ISO_SHARED_SIZE) == 0 &&
      fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return memory;
  close(memory);
  return -1;
}

static int start_thread(wl_link *link, uint32_t number);

wl_link *wl_create(const wl_settings *settings, int *memory, int *socket) {
  wl_link *link = calloc(1, sizeof *link);
  int pair[2] = {-1, -1}, own = -1;
  void *map = MAP_FAILED;
  if (!link) return NULL;
  if ((own = shared_memory()) < 0) goto failed;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) goto failed;
  map = mmap(NULL, ISO_SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);
  if (map == MAP_FAILED) goto failed;
  iso_shared *shared = map;
  shared->protocol = ISO_PROTOCOL;
  shared->spin = settings->spin;
  atomic_store(&shared->log_level, settings->log_level);
  if (iso_channel_make(&link->channel, shared, 1, pair[0], link->ends) != 0) goto failed;
  link->channel.spin = settings->spin;
  link->settings = *settings;
  link->socket = pair[0];
  link->memory = own;
  link->late = -1;
  link->proxies.next = link->proxies.previous = &link->proxies;
  pthread_mutex_init(&link->failing, NULL);
  pthread_mutex_init(&link->lock, NULL);
  if (start_thread(link, 0) != 0) goto failed;
  *memory = own;
  *socket = pair[1];
  return link;

failed:;
  int error = errno;
  iso_channel_free(&link->channel);
  if (map != MAP_FAILED) munmap(map, ISO_SHARED_SIZE);
  if (own >= 0) close(own);
  if (pair[0] >= 0) close(pair[0]);
  if (pair[1] >= 0) close(pair[1]);
  free(link);
  errno = error;
  return NULL;
}

static void *serve_lane(void *argument);

/* Starts the thread of the next lane of the worker's. One is always idle, so that a call never waits for the end of another. */
static int start_thread(wl_link *link, uint32_t number) {
  int code = 0;
  if (number < atomic_load_explicit(&link->thread_count, memory_order_relaxed)) return 0;
  pthread_mutex_lock(&link->lock);
  if (number == link->thread_count && number < ISO_LANES / 2) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    code = pthread_create(&link->threads[number], &attributes, serve_lane, &link->ends[2 * number + 1]);
    if (!code) link->thread_count++;
    pthread_attr_destroy(&attributes);
  }
  pthread_mutex_unlock(&link->lock);
  errno = code;
  return code ? -1 : 0;
}

static wl_link *link_of(const iso_end *end) {
  return (wl_link *)((char *)(end->channel) - offsetof(wl_link, channel));
}

static void *serve_lane(void *argument) {
  iso_end *end = argument;
  wl_link *link = link_of(end);
  wl_bond bond = {link, end, NULL};
  hs_name_thread("dvt-worker-call");
  bonds = &bond;
  for (;;) {
    iso_message call;
    int result = iso_await(end, UINT64_MAX, &call);
    if (result == ISO_DEAD) break;
    if (result != ISO_ARRIVED || call.head.kind != ISO_CALL || !atomic_load(&link->host)) {
      if (result == ISO_ARRIVED) iso_message_drop(&call);
      wl_fail(link, WL_GARBAGE);
      break;
    }
    start_thread(link, end->index / 2 + 1);
    wl_serve(end, &call, link);
    iso_message_drop(&call);
  }
  return NULL;
}

void wl_start(wl_link *link, const dvt_host *host) {
  wl_tables *tables = &link->tables;
  tables->log = host->get_interface(host, iso_text(DVT_LOG_INTERFACE));
  tables->config = host->get_interface(host, iso_text(DVT_CONFIG_INTERFACE));
  tables->events = host->get_interface(host, iso_text(DVT_EVENTS_INTERFACE));
  tables->services = host->get_interface(host, iso_text(DVT_SERVICES_INTERFACE));
  tables->timers = host->get_interface(host, iso_text(DVT_TIMERS_INTERFACE));
  tables->requests = host->get_interface(host, iso_text(DVT_REQUESTS_INTERFACE));
  tables->interceptors = host->get_interface(host, iso_text(DVT_INTERCEPTORS_INTERFACE));
  tables->event_types = host->get_interface(host, iso_text(DVT_EVENT_TYPES_INTERFACE));
  tables->routes = host->get_interface(host, iso_text(DVT_ROUTES_INTERFACE));
  tables->metadata = host->get_interface(host, iso_text(DVT_METADATA_INTERFACE));
  tables->metadata_r1 = host->get_interface(host, iso_text(DVT_METADATA_INTERFACE_R1));
  tables->resilience = host->get_interface(host, iso_text(DVT_RESILIENCE_INTERFACE));
  tables->validators = host->get_interface(host, iso_text(DVT_VALIDATORS_INTERFACE));
  atomic_store(&link->host, host);
}

int wl_end(wl_link *link) {
  struct timespec deadline;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec++;
  for (uint32_t i = 0; i < link->thread_count; i++)
    if (pthread_clockjoin_np(link->threads[i], NULL, CLOCK_MONOTONIC, &deadline) != 0) return 0;
  return 1;
}

void wl_free(wl_link *link) {
  while (link->proxies.next != &link->proxies) wl_proxy_free(link->proxies.next);
  iso_channel_free(&link->channel);
  munmap(link->channel.shared, ISO_SHARED_SIZE);
  close(link->memory);
  close(link->socket);
  pthread_mutex_destroy(&link->failing);
  pthread_mutex_destroy(&link->lock);
  free(link);
}

/* MARK: Failing */

/* The call that was under way: where the worker says that it faulted, the one that hangs, or the first there is. */
static void describe(wl_link *link, wl_failure *failure) {
  iso_fault fault;
  int lane = link->late;
  if (wl_fault(link, &fault)) {
    failure->op = fault.op;
    lane = fault.lane < ISO_LANES ? (int)fault.lane : -1;
  }
  for (uint32_t i = 0; lane < 0 && failure->op == 0 && i < ISO_LANES; i += 2)
    if (atomic_load(&link->doing[i].op)) lane = (int)i;
  if (lane < 0 || atomic_load(&link->doing[lane].op) == 0) return;
  failure->op = atomic_load(&link->doing[lane].op);
  memcpy(failure->subject, link->doing[lane].subject, sizeof failure->subject);
  failure->subject[sizeof failure->subject - 1] = 0;
}

static void fail(wl_link *link, int32_t why, int lane) {
  pthread_mutex_lock(&link->failing);
  if (!link->failed) {
    link->late = why == WL_HUNG ? lane : -1;
    wl_failure failure = {.why = why};
    describe(link, &failure);
    link->failed = 1;
    link->settings.failed(link->settings.user, &failure);
    iso_channel_kill(&link->channel, link->ends);
  }
  pthread_mutex_unlock(&link->failing);
}

void wl_fail(wl_link *link, int32_t why) { fail(link, why, -1); }

int wl_fault(const wl_link *link, iso_fault *fault) {
  const iso_fault *theirs = &link->channel.shared->fault;
  if (!atomic_load(&theirs->written)) return 0;
  memcpy(fault, theirs, sizeof *fault);
  if (fault->frames > 32) fault->frames = 32;
  for (int i = 0; i < 16; i++) fault->images[i].path[sizeof fault->images[i].path - 1] = 0;
  return 1;
}

/* MARK: Calling */

static wl_bond *bond_of(const wl_link *link) {
  wl_bond *bond = bonds;
  while (bond && bond->link != link) bond = bond->outer;
  return bond;
}

/* What the worker is asked: a request, or an iso_ask and what follows it. */
typedef struct asking {
  uint32_t op;
  dvt_str subject;
  uint64_t token;
  const dvt_request *request;
  const iso_ask *ask;
  const iso_items *items;
  uint32_t lists;
  uint64_t *handled; /* of several events, or NULL */
} asking;

static int exchange(wl_link *link, iso_end *end, const asking *asking, iso_message *message) {
  iso_brief brief;
  _Atomic uint32_t *handled = &link->channel.shared->handled[end->index];
  if (asking->handled) atomic_store(handled, 0);
  iso_writer writer = asking->request ? iso_pack_request(end, asking->token, asking->request, &brief)
                                      : iso_pack_call(end, asking->ask, asking->items, asking->lists);
  int result = iso_call(
      end, asking->op, asking->request ? &brief : NULL, &writer, link->settings.patience, wl_serve, link, message);
  if (asking->handled) *asking->handled = atomic_load(handled);
  if (writer.grows) iso_writer_free(&writer);
  atomic_fetch_add_explicit(&link->calls, 1, memory_order_relaxed);
  return result;
}

static int exchange_on_own_lane(wl_link *link, const asking *asking, iso_message *message, int *lane) {
  *lane = iso_lane_take(&link->channel, link->settings.patience);
  if (*lane < 0) return *lane;
  iso_end *end = &link->ends[*lane];
  wl_doing *doing = &link->doing[*lane];
  dvt_str subject = asking->subject;
  size_t length = subject.len < sizeof doing->subject - 1 ? subject.len : sizeof doing->subject - 1;
  if (length) memcpy(doing->subject, subject.ptr, length);
  doing->subject[length] = 0;
  atomic_store_explicit(&doing->op, asking->op, memory_order_release);
  wl_bond bond = {link, end, bonds};
  bonds = &bond;
  int result = exchange(link, end, asking, message);
  bonds = bond.outer;
  if (result != ISO_ARRIVED && result != ISO_TOO_LARGE) return result;
  atomic_store_explicit(&doing->op, 0, memory_order_relaxed);
  iso_lane_give(&link->channel, (uint32_t)*lane);
  return result;
}

static int32_t refuse(wl_link *link, int result, int lane, uint32_t op, const dvt_error_sink *error) {
  char text[160];
  const char *what = iso_op_name(op);
  if (result == ISO_LATE && lane >= 0) {
    fail(link, WL_HUNG, lane);
    snprintf(text, sizeof text, "its worker did not come back from %s within %llu ms and was ended", what,
             (unsigned long long)(link->settings.patience / 1000000));
    return iso_refuse(error, DVT_TIMEOUT, 1, text);
  }
  if (result == ISO_LATE)
    return iso_refuse(error, DVT_FULL, 1, "as many calls of its worker as there can be are under way");
  if (result == ISO_TOO_LARGE)
    return iso_refuse(error, DVT_TOO_LARGE, 0, "one call of an isolated plugin carries at most 256 MiB");
  fail(link, result == ISO_GARBAGE ? WL_GARBAGE : WL_ENDED, lane);
  snprintf(text, sizeof text, result == ISO_GARBAGE ? "its worker answered %s with garbage and was ended"
                                                    : "its worker ended during %s", what);
  return iso_refuse(error, DVT_CRASHED, 1, text);
}

/* Gets the answer. On any code but DVT_OK there is no message. */
static int32_t get(wl_link *link, const asking *asking, iso_reply *reply, const dvt_error_sink *error) {
  uint32_t side = hs_side_set(HS_SIDE_HOST);
  const wl_bond *bond = bond_of(link);
  int lane = bond ? (int)bond->end->index : -1;
  int result = bond ? exchange(link, bond->end, asking, &reply->message)
                    : exchange_on_own_lane(link, asking, &reply->message, &lane);
  if (result == ISO_ARRIVED && asking->request && !iso_is_reply(&reply->message)) {
    iso_message_drop(&reply->message);
    result = ISO_GARBAGE;
  } else if (result == ISO_ARRIVED && !asking->request && iso_reply_open(reply) != DVT_OK) {
    result = ISO_GARBAGE;
  }
  int32_t code = result == ISO_ARRIVED ? DVT_OK : refuse(link, result, lane, asking->op, error);
  hs_side_set(side);
  return code;
}

int32_t wl_ask(
    wl_link *link, uint32_t op, const iso_ask *ask, const iso_items *items, uint32_t item_lists, dvt_str subject,
    iso_reply *reply, const dvt_error_sink *error) {
  asking asking = {.op = op, .subject = subject, .ask = ask, .items = items, .lists = item_lists};
  return get(link, &asking, reply, error);
}

int32_t wl_on_events(
    void *context, const dvt_event *const *events, uint64_t count, uint64_t *handled, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  iso_items items = {&iso_type_event, (const void *const *)events, (uint32_t)count};
  iso_ask ask = {.token = proxy->token, .number = count};
  asking asking = {
      .op = ISO_HANDLE_EVENTS, .subject = events[0]->type, .ask = &ask, .items = &items, .lists = 1, .handled = handled};
  iso_reply reply;
  int32_t code = get(proxy->link, &asking, &reply, error);
  if (code == DVT_OK) code = iso_settle(&reply, NULL, NULL, error);
  /* What it claims is no more than a claim. */
  if (*handled > count - (code != DVT_OK)) *handled = count - (code != DVT_OK);
  return code == DVT_OK && *handled == 0 ? DVT_GONE : code;
}

int32_t wl_request(
    wl_link *link, uint64_t token, const dvt_request *request, const dvt_sink *sink, const dvt_error_sink *error) {
  asking asking = {.op = ISO_HANDLE_REQUEST, .subject = request->service, .token = token, .request = request};
  iso_reply reply;
  int32_t code = get(link, &asking, &reply, error);
  if (code != DVT_OK) return code;
  code = iso_hand_over(&reply.message, sink, error);
  iso_message_drop(&reply.message);
  return code;
}

/* MARK: The rest */

void wl_set_log_level(wl_link *link, uint32_t level) { atomic_store(&link->channel.shared->log_level, level); }
uint32_t wl_jobs(const wl_link *link) { return atomic_load(&link->channel.shared->jobs); }
uint64_t wl_calls(const wl_link *link) { return atomic_load(&link->calls); }
const dvt_plugin *wl_plugin(const wl_link *link) { return &link->plugin; }

wl_proxy *wl_proxy_make(wl_link *link, uint64_t token) {
  wl_proxy *proxy = NULL;
  pthread_mutex_lock(&link->lock);
  if (link->proxy_count < WL_MOST_PROXIES && (proxy = calloc(1, sizeof *proxy))) {
    *proxy = (wl_proxy){.link = link, .token = token, .next = link->proxies.next, .previous = &link->proxies};
    proxy->next->previous = proxy;
    link->proxies.next = proxy;
    link->proxy_count++;
  }
  pthread_mutex_unlock(&link->lock);
  return proxy;
}

/* Takes it from the lists, with the lock held; who did frees it. */
static void unlink_proxy(wl_proxy *proxy) {
  wl_link *link = proxy->link;
  iso_index_remove(&link->handles, &proxy->node);
  proxy->previous->next = proxy->next;
  proxy->next->previous = proxy->previous;
  link->proxy_count--;
}

void wl_proxy_free(wl_proxy *proxy) {
  wl_link *link = proxy->link;
  pthread_mutex_lock(&link->lock);
  unlink_proxy(proxy);
  pthread_mutex_unlock(&link->lock);
  free(proxy);
}

/* A timer may fire before the host's own call that made it has returned: whichever is later frees what is called only once. */
void wl_proxy_registered(wl_proxy *proxy, uint64_t handle) {
  wl_link *link = proxy->link;
  pthread_mutex_lock(&link->lock);
  int isOver = proxy->isOnce && proxy->isCalled;
  if (!isOver) iso_index_enter(&link->handles, &proxy->node, handle);
  pthread_mutex_unlock(&link->lock);
  if (isOver) wl_proxy_free(proxy);
}

void wl_proxy_called(wl_proxy *proxy) {
  if (!proxy->isOnce) return;
  pthread_mutex_lock(&proxy->link->lock);
  int isOver = proxy->node.key != 0;
  proxy->isCalled = 1;
  pthread_mutex_unlock(&proxy->link->lock);
  if (isOver) wl_proxy_free(proxy);
}

void wl_proxy_forget(wl_link *link, uint64_t handle) {
  pthread_mutex_lock(&link->lock);
  iso_node *node = iso_index_find(&link->handles, handle);
  wl_proxy *found = node ? (wl_proxy *)((char *)node - offsetof(wl_proxy, node)) : NULL;
  if (found) unlink_proxy(found);
  pthread_mutex_unlock(&link->lock);
  free(found);
}
