/* Publishes ten events pump.tick every two milliseconds, each with its number as data. */
#include "creature.h"

static const dvt_host *host_;
static const dvt_events *events_;
static uint64_t number;

static int32_t on_tick(void *context, const dvt_error_sink *error) {
  (void)context;
  for (int i = 0; i < 10; i++) {
    char text[32];
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)++number);
    dvt_event event = {HEADER(dvt_event), .type = TEXT("pump.tick"), .data = {(const uint8_t *)text, (uint64_t)length}};
    int32_t code = events_->publish_named(host_, &event, error);
    if (code != DVT_OK) return code;
  }
  return DVT_OK;
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host_ = host;
  events_ = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_timers *timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  dvt_timer tick = {HEADER(dvt_timer), .name = TEXT("tick"), .delay_ms = 1, .interval_ms = 2};
  dvt_handle handle;
  return timers->schedule(host, &tick, on_tick, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
