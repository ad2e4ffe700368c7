/* A healthy plugin of the soak. As a pump (PUMP) it publishes numbers to `soak.ID` from a thread of its own, one after the other, until
 * `ID.stop` is called, which answers with the last. As a ledger it takes the numbers of the topics in PUMPS, and `ID.count` answers with
 * how many came of each, and how many were not the next. */
#include <dovetail.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[sizeof(MANIFEST) - 1] = MANIFEST;

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

static const dvt_host *host;
static const dvt_events *events;
static char id[64];

static dvt_str named(char *room, size_t size, const char *prefix, const char *suffix) {
  int length = snprintf(room, size, "%s%s%s", prefix, id, suffix);
  return (dvt_str){(const uint8_t *)room, (uint64_t)length};
}

#ifdef PUMP

static pthread_t thread;
static _Atomic int isStopping;
static uint64_t last;

static void *pump(void *argument) {
  (void)argument;
  char name[80];
  dvt_topic topic = 0;
  events->topic(host, named(name, sizeof name, "soak.", ""), &topic, NULL);
  while (!atomic_load(&isStopping)) {
    for (int i = 0; i < 10; i++) {
      uint64_t next = last + 1;
      dvt_event event = {HEADER(dvt_event), .data = {(const uint8_t *)&next, sizeof next}};
      /* What is refused is nobody's: it is tried again. */
      if (events->publish(host, topic, &event, NULL) == DVT_OK) last = next;
    }
    struct timespec moment = {0, 5000000};
    nanosleep(&moment, NULL);
  }
  return NULL;
}

static int32_t on_stop(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  if (!atomic_exchange(&isStopping, 1)) pthread_join(thread, NULL);
  char text[32];
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)last);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  char name[80];
  return services->provide(host, named(name, sizeof name, "", ".stop"), on_stop, NULL, &handle, error);
}

static int32_t post_init(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return pthread_create(&thread, NULL, pump, NULL) == 0 ? DVT_OK : DVT_FULL;
}

static int32_t pre_cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  if (!atomic_exchange(&isStopping, 1)) pthread_join(thread, NULL);
  return DVT_OK;
}

#else

static int32_t post_init(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }
static int32_t pre_cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

static struct count {
  _Atomic uint64_t came, last, wrong;
} counts[2];

static int32_t on_number(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)error;
  struct count *count = context;
  uint64_t number = 0;
  if (event->data.len == sizeof number) memcpy(&number, event->data.ptr, sizeof number);
  if (number != count->last + 1) count->wrong++;
  count->last = number;
  count->came++;
  return DVT_OK;
}

static int32_t on_count(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  char text[128];
  int length = snprintf(
      text, sizeof text, "%llu %llu %llu %llu", (unsigned long long)counts[0].came, (unsigned long long)counts[0].wrong,
      (unsigned long long)counts[1].came, (unsigned long long)counts[1].wrong);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  char name[80];
  static const dvt_str topics[] = {{(const uint8_t *)"soak.pump-in", 12}, {(const uint8_t *)"soak.pump-out", 13}};
  for (int i = 0; i < 2; i++) {
    dvt_subscription numbers = {
        HEADER(dvt_subscription), .pattern = topics[i], .delivery = DVT_DELIVERY_ASYNC, .overflow = DVT_OVERFLOW_BLOCK,
        .capacity = 4096, .block_ms = 60000};
    int32_t code = events->subscribe(host, &numbers, on_number, &counts[i], &handle, error);
    if (code != DVT_OK) return code;
  }
  return services->provide(host, named(name, sizeof name, "", ".count"), on_count, NULL, &handle, error);
}

#endif

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {
      HEADER(dvt_plugin), .init = init, .post_init = post_init, .pre_cleanup = pre_cleanup, .cleanup = cleanup};
  snprintf(id, sizeof id, "%.*s", (int)handshake->plugin_id.len, (const char *)handshake->plugin_id.ptr);
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
