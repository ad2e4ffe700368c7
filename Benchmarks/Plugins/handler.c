/* What is published to: one sync handler that stores, and tells by the service `bench.where` which file the host runs it from.
 * `bench.tick` has one handler, `bench.tick-8` eight, `bench.tick-64` sixty-four, each a function of its own; `bench.own` one that
 * counts in the event's data, so that two publishers meet nowhere. `bench.pattern.one` is met by one of 1 pattern,
 * `bench.patterns.one` by one of 100. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dovetail.h>
#include <stdio.h>
#include <string.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-handler\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.where\"]},"
    "\"permissions\":{\"subscribe\":[\"bench.>\"]}}";

static const dvt_event *volatile last;

__attribute__((visibility("default"))) int32_t bench_handler(void *context, const dvt_event *event,
                                                             const dvt_error_sink *error) {
  (void)context, (void)error;
  last = event;
  return DVT_OK;
}

/* Counts in the publisher's memory, which the event's data are. */
__attribute__((visibility("default"))) int32_t bench_count(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)error;
  ++*(volatile uint64_t *)(uintptr_t)event->data.ptr;
  return DVT_OK;
}

/* Sixty-four functions that do what bench_handler does. Each stores to a place of its own, so that none is another one. */
static const dvt_event *volatile each_last[64];
#define EACH(n)                                                                                       \
  static int32_t each_##n(void *context, const dvt_event *event, const dvt_error_sink *error) { \
    (void)context, (void)error;                                                                       \
    each_last[0##n] = event;                                                                          \
    return DVT_OK;                                                                                    \
  }
#define EIGHT(of, n) of(n##0) of(n##1) of(n##2) of(n##3) of(n##4) of(n##5) of(n##6) of(n##7)
#define ALL(of) EIGHT(of, 0) EIGHT(of, 1) EIGHT(of, 2) EIGHT(of, 3) EIGHT(of, 4) EIGHT(of, 5) EIGHT(of, 6) EIGHT(of, 7)
ALL(EACH)
#define NAME(n) each_##n,
__attribute__((visibility("default"))) const dvt_handler bench_handlers[64] = {ALL(NAME)};

static int32_t where(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  Dl_info info;
  if (!dladdr((void *)(uintptr_t)bench_handler, &info)) return DVT_FAILED;
  return reply->write(reply->context, (const uint8_t *)info.dli_fname, strlen(info.dli_fname));
}

static const dvt_host *host;
static const dvt_events *events;

static int32_t subscribe(const char *pattern, dvt_handler handler, const dvt_error_sink *error) {
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = {(const uint8_t *)pattern, strlen(pattern)}};
  dvt_handle handle;
  return events->subscribe(host, &options, handler, NULL, &handle, error);
}

static int32_t subscribe_all(const dvt_error_sink *error) {
  int32_t code = subscribe("bench.tick", bench_handler, error);
  if (code == DVT_OK) code = subscribe("bench.own", bench_count, error);
  for (int i = 0; i < 8 && code == DVT_OK; i++) code = subscribe("bench.tick-8", bench_handlers[i], error);
  for (int i = 0; i < 64 && code == DVT_OK; i++) code = subscribe("bench.tick-64", bench_handlers[i], error);
  if (code == DVT_OK) code = subscribe("bench.pattern.*", bench_handler, error);
  if (code == DVT_OK) code = subscribe("bench.patterns.*", bench_handler, error);
  for (int i = 1; i < 100 && code == DVT_OK; i++) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, "bench.patterns.*.%d", i);
    code = subscribe(pattern, bench_handler, error);
  }
  return code;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_handle handle;
  int32_t code = subscribe_all(error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.where"), where, NULL, &handle, error);
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
