/* Times calls of a plugin in another process, from one in the host's. Each service takes "ROUNDS" and answers with nanoseconds:
 * `bench.call` with the median of one call of `bench.echo` with 64 bytes, `bench.stream` with those an event of 64 bytes takes from
 * the first publish until the last was handled, divided by their number, `bench.revive` with those from a crash of `bench.echo`'s
 * provider until the next one answers. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-caller\",\"version\":\"1.0.0\",\"abi\":\"1.0\","
    "\"provides\":{\"services\":[\"bench.call\",\"bench.stream\",\"bench.revive\"]},"
    "\"permissions\":{\"services\":[\"bench.*\"]}}";

static const dvt_host *host;
static const dvt_events *events;
static const dvt_services *services;
static dvt_topic stream;
static uint8_t payload[64];

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int32_t keep(void *context, const uint8_t *ptr, uint64_t length) {
  memcpy(context, ptr, length < sizeof payload ? length : sizeof payload);
  return DVT_OK;
}

static int32_t call(dvt_str name, void *reply) {
  dvt_request request = {HEADER(dvt_request), .data = {payload, sizeof payload}, .deadline_ms = 60000};
  dvt_sink sink = {HEADER(dvt_sink), .context = reply, .write = keep};
  return services->call(host, name, &request, &sink, NULL);
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static int64_t time_calls(uint64_t rounds) {
  uint8_t reply[64];
  int64_t *took = malloc(rounds * sizeof *took);
  for (uint64_t i = 0; i < rounds; i++) {
    int64_t began = now();
    if (call(TEXT("bench.echo"), reply) != DVT_OK) return -1;
    took[i] = now() - began;
  }
  qsort(took, rounds, sizeof *took, compare);
  int64_t median = took[rounds / 2];
  free(took);
  return median;
}

static int64_t time_stream(uint64_t rounds) {
  dvt_event event = {HEADER(dvt_event), .data = {payload, sizeof payload}};
  uint64_t before = 0, after = 0;
  if (call(TEXT("bench.kept"), &before) != DVT_OK) return -1;
  int64_t began = now();
  for (uint64_t i = 0; i < rounds; i++)
    if (events->publish(host, stream, &event, NULL) != DVT_OK) return -1;
  do {
    if (call(TEXT("bench.kept"), &after) != DVT_OK) return -1;
  } while (after - before < rounds);
  return (now() - began);
}

static int64_t time_revival(uint64_t rounds) {
  int64_t *took = malloc(rounds * sizeof *took);
  uint8_t reply[64];
  for (uint64_t i = 0; i < rounds; i++) {
    int64_t began = now();
    call(TEXT("bench.crash"), reply);
    while (call(TEXT("bench.echo"), reply) != DVT_OK) continue;
    took[i] = now() - began;
  }
  qsort(took, rounds, sizeof *took, compare);
  int64_t median = took[rounds / 2];
  free(took);
  return median;
}

static int32_t on_time(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)error;
  char text[32] = {0};
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  uint64_t rounds = strtoull(text, NULL, 10);
  cpu_set_t former, set;
  sched_getaffinity(0, sizeof former, &former);
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  const char *what = context;
  if (*what != 'r') sched_setaffinity(0, sizeof set, &set);
  int64_t took = rounds == 0 ? -1 : *what == 'c' ? time_calls(rounds) : *what == 's' ? time_stream(rounds) : time_revival(rounds);
  sched_setaffinity(0, sizeof former, &former);
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
  int32_t code = events->topic(host, TEXT("bench-caller.stream"), &stream, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.call"), on_time, "c", &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.stream"), on_time, "s", &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.revive"), on_time, "r", &handle, error);
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
