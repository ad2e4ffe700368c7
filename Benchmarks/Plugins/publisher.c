/* Times `rounds` calls of bench-handler's handler: directly, by an opened topic, and by the topic's name.
 * The service `bench.time` takes "ROUNDS KIND" (d, p or n) and answers with nanoseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dovetail.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-publisher\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"requires\":{\"bench-handler\":\"^1.0.0\"},"
    "\"provides\":{\"services\":[\"bench.time\"]},"
    "\"permissions\":{\"publish\":[\"bench.tick\"],\"services\":[\"bench.where\"]}}";

static const dvt_host *host;
static const dvt_events *events;
static const dvt_services *services;
static dvt_topic tick;
/* Volatile: each direct call is a call through memory, not inlined. */
static dvt_handler volatile handler;

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

/* The function that the host calls, by way of dlsym on the image that it runs. */
static int32_t find_handler(const dvt_error_sink *error) {
  char path[4096];
  dvt_sink sink = {HEADER(dvt_sink), .context = path, .write = keep};
  dvt_request request = {HEADER(dvt_request)};
  int32_t code = services->call(host, TEXT("bench.where"), &request, &sink, error);
  if (code != DVT_OK) return code;
  void *image = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (!image) return DVT_NOT_FOUND;
  handler = (dvt_handler)dlsym(image, "bench_handler");
  return handler ? DVT_OK : DVT_NOT_FOUND;
}

static int64_t direct(long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++) handler(NULL, event, NULL);
  return now() - began;
}

static int64_t by_topic(long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (events->publish(host, tick, event, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int64_t by_name(long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (events->publish_named(host, event, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int64_t time_calls(char kind, long rounds, const dvt_event *event) {
  if (kind == 'd') return direct(rounds, event);
  return kind == 'p' ? by_topic(rounds, event) : by_name(rounds, event);
}

static int32_t on_time(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  char text[32] = {0}, kind = 0;
  long rounds = 0;
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  if (sscanf(text, "%ld %c", &rounds, &kind) != 2) return DVT_INVALID;
  if (!handler) {
    int32_t code = find_handler(error);
    if (code != DVT_OK) return code;
  }
  dvt_event event = {HEADER(dvt_event), .type = TEXT("bench.tick")};
  time_calls(kind, rounds / 10, &event);
  int64_t took = time_calls(kind, rounds, &event);
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
  int32_t code = events->topic(host, TEXT("bench.tick"), &tick, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.time"), on_time, NULL, &handle, error);
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
