/* Publishes on `bench.tick` from a thread of its own, LANE as the publisher's number, at RATE events a second.
 * Services: source-N.start; source-N.stop replies with the events that were published and those that were refused. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
#define STRING(x) STRING_(x)
#define STRING_(x) #x
#ifndef RATE
#define RATE 50000
#endif

static const dvt_host *host;
static const dvt_events *events;
static dvt_topic topic;
static pthread_t thread;
static _Atomic int running;
static _Atomic uint64_t counts[2]; /* published, refused */

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void publish(uint64_t sequence) {
  uint64_t data[3] = {LANE, sequence, now()};
  dvt_event event = {HEADER(dvt_event), .data = {(const uint8_t *)data, sizeof data}};
  if (events->publish(host, topic, &event, NULL) != DVT_OK) atomic_fetch_add(&counts[1], 1);
  atomic_store(&counts[0], sequence);
}

/* What is due since the start is published a millisecond's worth at a time; what a pause held up is made up for. */
static void *work(void *unused) {
  uint64_t begin = now(), sequence = 0;
  while (atomic_load(&running)) {
    uint64_t due = (now() - begin) / 1000 * RATE / 1000000;
    while (sequence < due && atomic_load(&running)) publish(++sequence);
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
  return unused;
}

static int32_t start(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)reply, (void)error;
  atomic_store(&running, 1);
  return pthread_create(&thread, NULL, work, NULL) == 0 ? DVT_OK : DVT_FAILED;
}

static int32_t stop(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  if (atomic_exchange(&running, 0)) pthread_join(thread, NULL);
  return reply->write(reply->context, (const uint8_t *)counts, sizeof counts);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  dvt_handle handle;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  int32_t code = events->topic(host, TEXT("bench.tick"), &topic, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("source-" STRING(LANE) ".start"), start, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("source-" STRING(LANE) ".stop"), stop, NULL, &handle, error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  if (atomic_exchange(&running, 0)) pthread_join(thread, NULL);
  return DVT_OK;
}

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
