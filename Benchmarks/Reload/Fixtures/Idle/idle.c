/* An ordinary small C plugin: a subscription, a service, a topic, a timer. */
#include <dovetail.h>
#include <stdlib.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

static int32_t on_ask(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  return DVT_OK;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  return reply->write(reply->context, request->data.ptr, request->data.len);
}

static int32_t on_time(void *context, const dvt_error_sink *error) {
  (void)context, (void)error;
  return DVT_OK;
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  const dvt_timers *timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  dvt_subscription ask = {HEADER(dvt_subscription), .pattern = TEXT("idle.ask"), .name = TEXT("ask")};
  dvt_timer beat = {HEADER(dvt_timer), .name = TEXT("beat"), .delay_ms = 1000, .interval_ms = 1000};
  dvt_topic said;
  dvt_handle handle;
  *instance = calloc(1, 64);
  int32_t code = events->topic(host, TEXT("idle.said"), &said, error);
  if (code == DVT_OK) code = events->subscribe(host, &ask, on_ask, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("idle.echo"), on_call, NULL, &handle, error);
  if (code == DVT_OK) code = timers->schedule(host, &beat, on_time, NULL, &handle, error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)error;
  free(instance);
  return DVT_OK;
}

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
