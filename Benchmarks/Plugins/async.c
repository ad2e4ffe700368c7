/* Times the way of `rounds` events of 64 bytes from one thread through the queue of an async handler to another, as
 * Benchmarks/Peers/async.cpp does. The service `bench.hop` takes "ROUNDS" and answers with nanoseconds from before the first
 * publish until the last event was handled.
 *
 * The service `bench.pace` takes "ROUNDS KIND", publishes an event some 5 µs after the other, and answers with the 99th percentile
 * of the nanoseconds from the publish until the last of four sync handlers has begun. KIND is what bench-bystander is to do with
 * the events, n when it is to get none. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-async\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.hop\",\"bench.pace\"]}}";

typedef struct message {
  uint64_t number;
  uint8_t bytes[56];
} message;

static const dvt_host *host;
static const dvt_events *events;
static dvt_topic hop, rough, calm;
static int64_t reached;
static _Alignas(64) _Atomic uint64_t handled;
static uint64_t sum;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Keeps the calling thread on one processor. */
static void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

static int32_t on_hop(void *context, const dvt_event *event, const dvt_error_sink *error) {
  static _Thread_local int is_pinned;
  (void)context, (void)error;
  if (!is_pinned) pin(is_pinned = 1);
  message taken;
  memcpy(&taken, event->data.ptr, sizeof taken);
  sum += taken.number;
  atomic_store_explicit(&handled, atomic_load_explicit(&handled, memory_order_relaxed) + 1, memory_order_release);
  return DVT_OK;
}

static int64_t time_hops(uint64_t rounds) {
  message message = {0};
  dvt_event event = {HEADER(dvt_event), .data = {(const uint8_t *)&message, sizeof message}};
  atomic_store(&handled, 0);
  sum = 0;
  int64_t began = now();
  for (uint64_t i = 0; i < rounds; i++) {
    message.number = i;
    if (events->publish(host, hop, &event, NULL) != DVT_OK) return -1;
  }
  while (atomic_load_explicit(&handled, memory_order_acquire) < rounds) __builtin_ia32_pause();
  int64_t took = now() - began;
  return sum == rounds * (rounds - 1) / 2 ? took : -1;
}

static int32_t on_pace(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  reached = now();
  return DVT_OK;
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

/* The 99th percentile, or -1. A hang and a crash come with the first event only. */
static int64_t time_pace(uint64_t rounds, char kind) {
  int64_t *took = malloc(rounds * sizeof *took);
  if (!took || rounds == 0) return -1;
  uint8_t what = (uint8_t)kind;
  dvt_event event = {HEADER(dvt_event), .data = {&what, 1}};
  for (uint64_t i = 0; i < rounds; i++) {
    int64_t began = now();
    int32_t code = events->publish(host, kind == 'n' ? calm : rough, &event, NULL);
    took[i] = code == DVT_OK ? reached - began : INT32_MAX;
    if (kind != 's') what = 'n';
    while (now() - began < 5000) __builtin_ia32_pause();
  }
  qsort(took, rounds, sizeof *took, compare);
  int64_t result = took[rounds - 1 - rounds / 100];
  free(took);
  return result;
}

static int32_t on_time_pace(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char text[32] = {0}, kind = 0;
  unsigned long long rounds = 0;
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  if (sscanf(text, "%llu %c", &rounds, &kind) != 2) return DVT_INVALID;
  cpu_set_t former;
  sched_getaffinity(0, sizeof former, &former);
  pin(0);
  int64_t took = time_pace(rounds, kind);
  sched_setaffinity(0, sizeof former, &former);
  if (took < 0) return DVT_FAILED;
  int length = snprintf(text, sizeof text, "%lld", (long long)took);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t on_time(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char text[32] = {0};
  unsigned long long rounds = 0;
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  if (sscanf(text, "%llu", &rounds) != 1) return DVT_INVALID;
  cpu_set_t former;
  sched_getaffinity(0, sizeof former, &former);
  pin(0);
  time_hops(rounds);
  int64_t took = time_hops(rounds);
  sched_setaffinity(0, sizeof former, &former);
  if (took < 0) return DVT_FAILED;
  int length = snprintf(text, sizeof text, "%lld", (long long)took);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

/* The four that are to be well, of one topic. */
static int32_t subscribe_pace(dvt_str topic, const dvt_error_sink *error) {
  dvt_subscription pace = {HEADER(dvt_subscription), .pattern = topic};
  dvt_handle handle;
  for (int i = 0; i < 4; i++) {
    int32_t code = events->subscribe(host, &pace, on_pace, NULL, &handle, error);
    if (code != DVT_OK) return code;
  }
  return DVT_OK;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_subscription hops = {HEADER(dvt_subscription), .pattern = TEXT("bench-async.hop"), .name = TEXT("hop"),
                           .delivery = DVT_DELIVERY_ASYNC, .capacity = 1024, .block_ms = 60000};
  dvt_handle handle;
  int32_t code = events->topic(host, TEXT("bench-async.hop"), &hop, error);
  if (code == DVT_OK) code = events->subscribe(host, &hops, on_hop, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.hop"), on_time, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.pace"), on_time_pace, NULL, &handle, error);
  if (code == DVT_OK) code = events->topic(host, TEXT("bench-async.rough"), &rough, error);
  if (code == DVT_OK) code = events->topic(host, TEXT("bench-async.calm"), &calm, error);
  if (code == DVT_OK) code = subscribe_pace(TEXT("bench-async.rough"), error);
  if (code == DVT_OK) code = subscribe_pace(TEXT("bench-async.calm"), error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
