/* A plugin whose thread publishes `zoo.load` as fast as it can, from post_init to pre_cleanup. */
#include "creature.h"
#include <pthread.h>

static const dvt_host *host;
static const dvt_events *events;
static dvt_topic topic;
static pthread_t thread;
static _Atomic bool is_over;

static void *publish(void *unused) {
  dvt_event event = {HEADER(dvt_event), .subject = TEXT("load")};
  while (!atomic_load(&is_over)) events->publish(host, topic, &event, NULL);
  return unused;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  return events->topic(host, TEXT("zoo.load"), &topic, error);
}

static int32_t post_init(void *instance, const dvt_error_sink *error) {
  (void)instance;
  return pthread_create(&thread, NULL, publish, NULL) == 0 ? DVT_OK : refuse(error, DVT_FAILED, "no thread");
}

static int32_t pre_cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  atomic_store(&is_over, true);
  pthread_join(thread, NULL);
  return DVT_OK;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {
      HEADER(dvt_plugin), .init = init, .post_init = post_init, .pre_cleanup = pre_cleanup, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
