/* Times calls of bench-handler's handlers: directly, by an opened topic, by the topic's name, and by a peer library.
 * The service `bench.time` takes "KIND ROUNDS THREADS HANDLERS BYTES NAME" and answers with nanoseconds:
 *   d  calls HANDLERS handlers directly; NAME is `bench_handler` or `bench_count`, when HANDLERS is 1
 *   p  publishes to the topic NAME, opened before
 *   n  publishes to the topic NAME, by its name
 *   x  has a peer, whose shared object NAME is, call HANDLERS handlers
 * The event carries BYTES bytes, at most 4,096. With 1 or 2 THREADS each runs on a processor of its own, and the time is from the
 * first one's start to the last one's end; with 0 it is the calling thread that runs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dovetail.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../Peers/peer.h"

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
#define MOST_BYTES 4096
#define MOST_THREADS 2

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-publisher\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"requires\":{\"bench-handler\":\"^1.0.0\"},"
    "\"provides\":{\"services\":[\"bench.time\"]},"
    "\"permissions\":{\"publish\":[\"bench.>\"],\"services\":[\"bench.where\"]}}";

typedef struct work {
  char kind;
  long rounds;
  int threads, handlers, bytes;
  char name[256];
  dvt_topic topic;
  bench_peer peer;
  const dvt_handler *direct;
} work;

/* One run of the work, by one thread. */
typedef struct run {
  const work *work;
  int number;
  dvt_event event;
  int64_t began, ended;
} run;

static const dvt_host *host;
static const dvt_events *events;
static const dvt_services *services;
static void *handlers; /* the image of bench-handler, as the host runs it */
/* Volatile: each direct call is a call through memory, not inlined. */
static dvt_handler volatile single;
static _Alignas(4096) uint8_t data[1 + MOST_THREADS][MOST_BYTES];
static _Atomic int ready;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int32_t keep(void *context, const uint8_t *bytes, uint64_t length) {
  char *path = context;
  if (length >= 4096) return DVT_TOO_LARGE;
  memcpy(path, bytes, length);
  path[length] = 0;
  return DVT_OK;
}

/* The functions that the host calls are those of the file that it runs. */
static int32_t find_handlers(const dvt_error_sink *error) {
  char path[4096];
  dvt_sink sink = {HEADER(dvt_sink), .context = path, .write = keep};
  dvt_request request = {HEADER(dvt_request)};
  int32_t code = services->call(host, TEXT("bench.where"), &request, &sink, error);
  if (code == DVT_OK) handlers = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  return handlers ? DVT_OK : DVT_NOT_FOUND;
}

static int64_t direct(long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++) single(NULL, event, NULL);
  return now() - began;
}

static int64_t each(long rounds, int count, const dvt_handler *volatile all, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    for (const dvt_handler *handler = all, *end = handler + count; handler < end; handler++) (*handler)(NULL, event, NULL);
  return now() - began;
}

static int64_t by_topic(long rounds, dvt_topic topic, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (events->publish(host, topic, event, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int64_t by_name(long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (events->publish_named(host, event, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int64_t time_calls(const work *work, long rounds, const dvt_event *event) {
  switch (work->kind) {
  case 'd': return work->handlers > 1 ? each(rounds, work->handlers, work->direct, event) : direct(rounds, event);
  case 'p': return by_topic(rounds, work->topic, event);
  case 'n': return by_name(rounds, event);
  default: return work->peer(rounds, work->handlers, work->direct, event);
  }
}

static void prepare(run *run, const work *work, int number) {
  run->work = work;
  run->number = number;
  run->event = (dvt_event){
      HEADER(dvt_event),
      .type = {(const uint8_t *)work->name, strlen(work->name)},
      .data = {data[number], (uint64_t)work->bytes},
  };
}

static void measure(run *run) {
  run->began = now();
  int64_t took = time_calls(run->work, run->work->rounds, &run->event);
  run->ended = took < 0 ? -1 : run->work->kind == 'x' ? run->began + took : now();
}

/* Warms up, waits until all are ready, and measures. */
static void *run_thread(void *argument) {
  run *own = argument;
  cpu_set_t processor;
  CPU_ZERO(&processor);
  CPU_SET(own->number - 1, &processor);
  sched_setaffinity(0, sizeof processor, &processor);
  time_calls(own->work, own->work->rounds / 10, &own->event);
  atomic_fetch_sub(&ready, 1);
  while (atomic_load(&ready) > 0) {}
  measure(own);
  return NULL;
}

static int64_t on_threads(const work *work) {
  run runs[MOST_THREADS];
  pthread_t threads[MOST_THREADS];
  int64_t began = INT64_MAX, ended = 0;
  atomic_store(&ready, work->threads);
  for (int i = 0; i < work->threads; i++) {
    prepare(&runs[i], work, i + 1);
    if (pthread_create(&threads[i], NULL, run_thread, &runs[i]) != 0) abort();
  }
  for (int i = 0; i < work->threads; i++) {
    pthread_join(threads[i], NULL);
    if (runs[i].ended < 0) return -1;
    if (runs[i].began < began) began = runs[i].began;
    if (runs[i].ended > ended) ended = runs[i].ended;
  }
  return ended - began;
}

static int64_t on_this_thread(const work *work) {
  run own;
  prepare(&own, work, 0);
  if (work->kind != 'x') time_calls(work, work->rounds / 10, &own.event);
  measure(&own);
  return own.ended < 0 ? -1 : own.ended - own.began;
}

/* Finds what the work is to be done with. */
static int32_t find(work *work, const dvt_error_sink *error) {
  int32_t code = handlers ? DVT_OK : find_handlers(error);
  if (code != DVT_OK) return code;
  work->direct = dlsym(handlers, "bench_handlers");
  switch (work->kind) {
  case 'd': single = work->handlers > 1 ? NULL : (dvt_handler)dlsym(handlers, work->name); break;
  case 'p': return events->topic(host, (dvt_str){(const uint8_t *)work->name, strlen(work->name)}, &work->topic, error);
  case 'x': {
    void *image = dlopen(work->name, RTLD_NOW);
    work->peer = image ? (bench_peer)dlsym(image, "bench_peer_time") : NULL;
    return work->peer ? DVT_OK : DVT_NOT_FOUND;
  }
  }
  return DVT_OK;
}

static int32_t on_time(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  char text[384] = {0};
  work work = {0};
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  if (sscanf(text, "%c %ld %d %d %d %255s", &work.kind, &work.rounds, &work.threads, &work.handlers, &work.bytes, work.name) != 6 ||
      work.threads > MOST_THREADS || work.bytes > MOST_BYTES)
    return DVT_INVALID;
  int32_t code = find(&work, error);
  if (code != DVT_OK) return code;
  int64_t took = work.threads ? on_threads(&work) : on_this_thread(&work);
  if (took < 0) return DVT_FAILED;
  int length = snprintf(text, sizeof text, "%lld", (long long)took);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_handle handle;
  return services->provide(host, TEXT("bench.time"), on_time, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
