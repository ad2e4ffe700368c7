/* Handles `bench.tick` by one store, and says by the service `bench.where` which file it was mapped from. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dovetail.h>
#include <string.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-handler\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.where\"]},"
    "\"permissions\":{\"subscribe\":[\"bench.tick\"]}}";

static const dvt_event *volatile last;

__attribute__((visibility("default"))) int32_t bench_handler(void *context, const dvt_event *event,
                                                             const dvt_error_sink *error) {
  (void)context, (void)error;
  last = event;
  return DVT_OK;
}

static int32_t where(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  Dl_info info;
  if (!dladdr((void *)(uintptr_t)bench_handler, &info)) return DVT_FAILED;
  return reply->write(reply->context, (const uint8_t *)info.dli_fname, strlen(info.dli_fname));
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  dvt_subscription tick = {HEADER(dvt_subscription), .pattern = TEXT("bench.tick"), .name = TEXT("tick")};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &tick, bench_handler, NULL, &handle, error);
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
