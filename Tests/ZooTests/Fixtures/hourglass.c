/* A plugin that starts COUNT timers when its service `ID.turn` is called with "COUNT": every other one is called once, the others end
 * themselves in their first call. It answers with the code of the first that could not be started, and how many were called. */
#include "creature.h"

static const dvt_host *host;
static const dvt_timers *timers;
static _Atomic uint64_t called;
static struct glass {
  _Atomic int isSet;
  dvt_handle handle;
} glasses[4096];

static int32_t on_once(void *context, const dvt_error_sink *error) {
  (void)context, (void)error;
  atomic_fetch_add(&called, 1);
  return DVT_OK;
}

static int32_t on_first(void *context, const dvt_error_sink *error) {
  struct glass *glass = context;
  if (!atomic_exchange(&glass->isSet, 0)) return DVT_OK; /* its handle is not known yet, or it was ended */
  atomic_fetch_add(&called, 1);
  timers->cancel(host, glass->handle, NULL, NULL, error);
  return DVT_OK;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  char text[64] = {0};
  memcpy(text, request->data.ptr, request->data.len < 63 ? request->data.len : 63);
  int32_t code = DVT_OK;
  for (int i = 0; i < atoi(text) && i < 4096 && code == DVT_OK; i++) {
    dvt_timer timer = {HEADER(dvt_timer), .interval_ms = (uint64_t)i % 2};
    dvt_handle handle;
    if (i % 2 == 0) {
      code = timers->schedule(host, &timer, on_once, NULL, &handle, error);
      continue;
    }
    code = timers->schedule(host, &timer, on_first, &glasses[i], &glasses[i].handle, error);
    if (code == DVT_OK) atomic_store(&glasses[i].isSet, 1);
  }
  int length = snprintf(text, sizeof text, "%d %llu", code, (unsigned long long)atomic_load(&called));
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  return services->provide(host, TEXT("bad.turn"), on_call, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
