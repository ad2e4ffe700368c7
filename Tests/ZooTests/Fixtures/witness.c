/* The healthy neighbour: counts the ticks of a timer and the pings it hears, and answers both by services. */
#include "creature.h"

static _Atomic uint64_t ticks, pings;

static int32_t on_tick(void *context, const dvt_error_sink *error) {
  (void)context, (void)error;
  atomic_fetch_add(&ticks, 1);
  return DVT_OK;
}

static int32_t on_ping(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  atomic_fetch_add(&pings, 1);
  return DVT_OK;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)request, (void)error;
  char answer[32];
  int length = snprintf(answer, sizeof answer, "%llu", (unsigned long long)atomic_load((_Atomic uint64_t *)context));
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  const dvt_timers *timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  dvt_subscription ping = {HEADER(dvt_subscription), .pattern = TEXT("zoo.>"), .name = TEXT("zoo")};
  dvt_timer tick = {HEADER(dvt_timer), .name = TEXT("tick"), .delay_ms = 1, .interval_ms = 2};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &ping, on_ping, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("witness.ticks"), on_call, &ticks, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("witness.pings"), on_call, &pings, &handle, error);
  if (code == DVT_OK) code = timers->schedule(host, &tick, on_tick, NULL, &handle, error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
