/* A plugin that calls the service `hung.poke` when it hears `zoo.poke`: in its handler, or with THREAD on a thread of its own. */
#include "creature.h"

#include <pthread.h>

static const dvt_host *host;

static void *wait_for_it(void *argument) {
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_request request = {HEADER(dvt_request), .data = {(const uint8_t *)"now", 3}, .deadline_ms = 600000};
  services->call(host, TEXT("hung.poke"), &request, NULL, NULL);
  return argument;
}

static int32_t on_poke(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
#ifdef THREAD
  pthread_t thread;
  return pthread_create(&thread, NULL, wait_for_it, NULL) == 0 && pthread_detach(thread) == 0 ? DVT_OK : DVT_FULL;
#else
  wait_for_it(NULL);
  return DVT_OK;
#endif
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_subscription poke = {HEADER(dvt_subscription), .pattern = TEXT("zoo.poke"), .delivery = DVT_DELIVERY_ASYNC};
  dvt_handle handle;
  return events->subscribe(host, &poke, on_poke, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
