/* A plugin whose thread goes on after `cleanup` and calls the host for ever. Once every call is refused it prints the codes
 * and the message of the first, with its generation. With EXITS the thread ends the process when it hears `zoo.poke`. */
#include "creature.h"
#include <pthread.h>

#define OPTION(type, ...) (&(const type){HEADER(type), __VA_ARGS__})

static const dvt_host *host;
static const dvt_events *events;
static const dvt_services *services;
static const dvt_timers *timers;
static const dvt_metadata *metadata;
static dvt_topic topic;
static uint32_t generation;
static _Atomic uint64_t rounds;
static _Atomic bool poked;

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  atomic_store(&poked, true);
  return DVT_OK;
}

static int32_t on_time(void *context, const dvt_error_sink *error) { return (void)context, (void)error, DVT_OK; }

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  char answer[32];
  int length = snprintf(answer, sizeof answer, "%llu", (unsigned long long)atomic_load(&rounds));
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t write_nothing(void *context, const uint8_t *ptr, uint64_t len) {
  return (void)context, (void)ptr, (void)len, DVT_OK;
}

static int32_t show(void *context, const dvt_record *record) { return (void)context, (void)record, DVT_OK; }

enum { CALLS = 10 };

/* Makes every kind of call once; what succeeds is taken back. */
static void call_all(int32_t codes[CALLS], const dvt_error_sink *error) {
  dvt_handle handle = {0};
  dvt_topic opened;
  const dvt_sink reply = {HEADER(dvt_sink), .write = write_nothing};
  int next = 0;
  codes[next++] = events->publish(host, topic, OPTION(dvt_event, .subject = TEXT("late")), error);
  codes[next++] = events->publish_named(host, OPTION(dvt_event, .type = TEXT("straggler.named")), NULL);
  codes[next++] = events->topic(host, TEXT("straggler.other"), &opened, NULL);
  codes[next] = events->subscribe(host, OPTION(dvt_subscription, .pattern = TEXT("zoo.late")), on_event, NULL, &handle, NULL);
  if (codes[next++] == DVT_OK) events->unsubscribe(host, handle, NULL, NULL, NULL);
  codes[next] = services->provide(host, TEXT("straggler.late"), on_call, NULL, &handle, NULL);
  if (codes[next++] == DVT_OK) services->withdraw(host, handle, NULL, NULL, NULL);
  codes[next++] = services->call(host, TEXT("witness.ticks"), OPTION(dvt_request, .deadline_ms = 1000), &reply, NULL);
  codes[next] = timers->schedule(host, OPTION(dvt_timer, .delay_ms = 60000), on_time, NULL, &handle, NULL);
  if (codes[next++] == DVT_OK) timers->cancel(host, handle, NULL, NULL, NULL);
  codes[next++] = metadata->put(
      host, OPTION(dvt_write, .collection = TEXT("straggler"), .key = TEXT("key"), .value = {.kind = DVT_VALUE_NULL}), NULL,
      NULL, NULL, NULL);
  codes[next++] = metadata->get(host, TEXT("straggler"), TEXT("key"), show, NULL, NULL);
  codes[next++] = metadata->watch(host, OPTION(dvt_watch, .collection = TEXT("straggler")), show, NULL, &handle, NULL);
  if (codes[next - 1] == DVT_OK) metadata->unwatch(host, handle, NULL, NULL, NULL);
}

static void *straggle(void *unused) {
  bool told = false;
  for (;; atomic_fetch_add(&rounds, 1)) {
    struct hearing hearing = {0};
    dvt_error_sink error = HEARS(hearing);
    int32_t codes[CALLS];
    call_all(codes, &error);
    bool all_gone = true;
    for (int i = 0; i < CALLS; i++) all_gone &= codes[i] == DVT_GONE;
    if (all_gone && !told) {
      told = true;
      fprintf(stderr, "straggler %u: all refused: %s\n", generation, hearing.message);
    }
#ifdef EXITS
    if (atomic_load(&poked)) exit(7);
#endif
    usleep(1000);
  }
  return unused;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  dvt_subscription poke = {HEADER(dvt_subscription), .pattern = TEXT("zoo.poke"), .name = TEXT("poke")};
  dvt_handle handle;
  int32_t code = events->topic(host, TEXT("straggler.event"), &topic, error);
  if (code == DVT_OK) code = events->subscribe(host, &poke, on_event, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("straggler.rounds"), on_call, NULL, &handle, error);
  return code;
}

static int32_t post_init(void *instance, const dvt_error_sink *error) {
  (void)instance;
  pthread_t thread;
  if (pthread_create(&thread, NULL, straggle, NULL) != 0) return refuse(error, DVT_FAILED, "no thread");
  pthread_detach(thread);
  return DVT_OK;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .post_init = post_init, .cleanup = cleanup};
  generation = handshake->generation;
  return &plugin;
}
