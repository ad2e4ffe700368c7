/* The async subscriber beside whom others are to be well: it takes `bench-async.rough` and does what the event says. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-bystander\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.rough\"]}}";

static _Atomic int is_rough; /* as the service `bench.rough` was told: 0 or 1 */

/* Keeps the processor for 50 µs. */
static void dawdle(void) {
  struct timespec began, now;
  clock_gettime(CLOCK_MONOTONIC, &began);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - began.tv_sec) * 1000000000 + now.tv_nsec - began.tv_nsec < 50000);
}

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)error;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(1, &set);
  sched_setaffinity(0, sizeof set, &set);
  switch (event->data.ptr[0]) {
  case 'h':
    while (atomic_load(&is_rough)) usleep(1000);
    break;
  case 'c': __builtin_trap();
  case 's':
    if (atomic_load(&is_rough)) dawdle();
  }
  return DVT_OK;
}

static int32_t set_rough(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)reply, (void)error;
  if (request->data.len != 1) return DVT_INVALID;
  atomic_store(&is_rough, request->data.ptr[0] == '1');
  return DVT_OK;
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_subscription rough = {HEADER(dvt_subscription), .pattern = TEXT("bench-async.rough"), .name = TEXT("rough"),
                            .delivery = DVT_DELIVERY_ASYNC, .overflow = DVT_OVERFLOW_DROP_OLDEST};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &rough, on_event, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.rough"), set_rough, NULL, &handle, error);
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
