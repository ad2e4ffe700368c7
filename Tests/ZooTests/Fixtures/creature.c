/* A plugin that does DO at the place AT and is well-behaved elsewhere. It subscribes to `zoo.poke`, answers the service
 * `ID.poke` with its generation's TAG and what it counted, and hands its count to its successor. With HELPER its tag is
 * what the library that it brings says. With WHEN_ASKED it misbehaves in a handler or service only when it is sent something. */
#include "creature.h"

#ifdef HELPER
const char *helper(void);
#define TAG helper()
#endif

enum {
  NOWHERE, CONSTRUCTOR, ENTRY, PRE_INIT, INIT, POST_INIT, QUIESCE, RESUME, SAVE, RESTORE, PRE_CLEANUP, CLEANUP,
  HANDLER, SERVICE, TIMER, METRICS, HEALTH
};

#ifndef AT
#define AT NOWHERE
#endif
#ifndef DO
#define DO NOTHING
#endif
#ifndef TAG
#define TAG "one"
#endif
#ifndef MAJOR
#define MAJOR DVT_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR DVT_ABI_MINOR
#endif
#ifndef SIZE
#define SIZE sizeof(dvt_plugin)
#endif

static const dvt_host *host;

static int32_t act(int place, const dvt_error_sink *error) {
  if (place == AT && DO == CHATTER) {
    const dvt_config *config = host->get_interface(host, TEXT(DVT_CONFIG_INTERFACE));
    int32_t out;
    for (;;) config->get_bool(host, TEXT("/nothing"), &out, NULL);
  }
  return place == AT ? misbehave(DO, error) : DVT_OK;
}

static int32_t act_on(int place, dvt_bytes data, const dvt_error_sink *error) {
#ifdef WHEN_ASKED
  if (data.len == 0) return DVT_OK;
#endif
  (void)data;
  return act(place, error);
}

static const dvt_services *services;
static char id[128];
static _Atomic int64_t pokes;

static int32_t on_poke(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context;
  atomic_fetch_add(&pokes, 1);
  return act_on(HANDLER, event->data, error);
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  int32_t code = act_on(SERVICE, request->data, error);
  if (code != DVT_OK) return code;
  char answer[64];
  int length = snprintf(answer, sizeof answer, "%s %lld", TAG, (long long)atomic_load(&pokes));
#ifdef BAD_POINTER
  return reply->write(reply->context, (const uint8_t *)8, 64);
#endif
#ifdef BAD_LENGTH
  dvt_handle handle;
  return services->provide(host, (dvt_str){(const uint8_t *)id, UINT64_MAX}, on_call, NULL, &handle, error);
#endif
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t on_time(void *context, const dvt_error_sink *error) {
  (void)context;
  return act(TIMER, error);
}

static int32_t pre_init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)given, (void)instance;
  return act(PRE_INIT, error);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_timers *timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  dvt_subscription poke = {HEADER(dvt_subscription), .pattern = TEXT("zoo.poke"), .name = TEXT("poke")};
#ifdef ASYNC
  poke.delivery = DVT_DELIVERY_ASYNC;
#endif
  dvt_timer timer = {HEADER(dvt_timer), .name = TEXT("timer"), .delay_ms = 1, .interval_ms = 5};
  dvt_handle handle;
  char name[140];
  snprintf(name, sizeof name, "%s.poke", id);
  int32_t code = events->subscribe(host, &poke, on_poke, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, text(name), on_call, NULL, &handle, error);
  if (code == DVT_OK) code = timers->schedule(host, &timer, on_time, NULL, &handle, error);
  return code == DVT_OK ? act(INIT, error) : code;
}

static int32_t post_init(void *instance, const dvt_error_sink *error) { return (void)instance, act(POST_INIT, error); }
static int32_t quiesce(void *instance, const dvt_error_sink *error) { return (void)instance, act(QUIESCE, error); }
static int32_t resume(void *instance, const dvt_error_sink *error) { return (void)instance, act(RESUME, error); }

static int32_t save(void *instance, const dvt_sink *out, const dvt_error_sink *error) {
  (void)instance;
  int32_t code = act(SAVE, error);
  int64_t count = atomic_load(&pokes);
  return code == DVT_OK ? out->write(out->context, (const uint8_t *)&count, sizeof count) : code;
}

static int32_t restore(void *instance, const dvt_state *state, const dvt_error_sink *error) {
  (void)instance;
  int64_t count = 0;
  if (state->data.len != sizeof count) return refuse(error, DVT_INVALID, "the state has another size");
  memcpy(&count, state->data.ptr, sizeof count);
  atomic_store(&pokes, count);
  return act(RESTORE, error);
}

static int32_t metrics(void *instance, const dvt_metric_sink *out) {
  (void)instance;
  dvt_metric figure = {HEADER(dvt_metric), .kind = DVT_METRIC_COUNTER, .name = TEXT("pokes_total"),
                       .value = (double)atomic_load(&pokes)};
  out->report(out->context, &figure);
  return act(METRICS, NULL);
}

static int32_t health(void *instance, const dvt_error_sink *error) { return (void)instance, act(HEALTH, error); }

static int32_t pre_cleanup(void *instance, const dvt_error_sink *error) {
  return (void)instance, act(PRE_CLEANUP, error);
}
static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, act(CLEANUP, error); }

#ifdef CONSTRUCTS
__attribute__((constructor)) static void construct(void) { act(CONSTRUCTOR, NULL); }
#endif

#ifndef NO_ENTRY
const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {
      .struct_size = SIZE, .abi_major = MAJOR, .abi_minor = MINOR, .pre_init = pre_init, .init = init,
      .post_init = post_init, .quiesce = quiesce, .resume = resume, .save_state = save, .restore_state = restore,
      .health = health, .metrics = metrics, .pre_cleanup = pre_cleanup, .cleanup = cleanup};
  snprintf(id, sizeof id, "%.*s", (int)handshake->plugin_id.len, (const char *)handshake->plugin_id.ptr);
  act(ENTRY, NULL);
#ifdef NULL_ENTRY
  return NULL;
#endif
  return &plugin;
}
#endif
