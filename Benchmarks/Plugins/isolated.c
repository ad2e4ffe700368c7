/* What runs in a worker: the service `bench.echo` answers with its request, `bench.kept` says how many events of
 * `bench-caller.stream` the async handler has had, `bench.crash` dies. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-isolated\",\"version\":\"1.0.0\",\"abi\":\"1.0\","
    "\"provides\":{\"services\":[\"bench.echo\",\"bench.kept\",\"bench.crash\"]}}";

static _Atomic uint64_t kept, sum;

/* The caller is on the first processor, every thread that answers on the second. */
static void pin(void) {
  static _Thread_local int is_pinned;
  if (is_pinned) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(1, &set);
  sched_setaffinity(0, sizeof set, &set);
  is_pinned = 1;
}

static int32_t on_echo(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  pin();
  return reply->write(reply->context, request->data.ptr, request->data.len);
}

static int32_t on_kept(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  uint64_t count = atomic_load(&kept);
  return reply->write(reply->context, (const uint8_t *)&count, sizeof count);
}

static int32_t on_crash(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)reply, (void)error;
  abort();
}

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)error;
  pin();
  sum += event->data.ptr[0];
  atomic_fetch_add_explicit(&kept, 1, memory_order_relaxed);
  return DVT_OK;
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_subscription stream = {HEADER(dvt_subscription), .pattern = TEXT("bench-caller.stream"), .name = TEXT("stream"),
                             .delivery = DVT_DELIVERY_ASYNC, .capacity = 4096, .block_ms = 60000};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &stream, on_event, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.echo"), on_echo, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.kept"), on_kept, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.crash"), on_crash, NULL, &handle, error);
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
