/* A plugin of paired handlers of `zoo.load`: each call ends the handler's peer, then the handler itself, and subscribes a new
 * pair. `cutter.counts` answers CALLS LATE ENDED PENDING COMPLETED, where a late call is one that was made, or went on, after
 * its subscription was said to have ended; `cutter.once` ends one subscription from outside and answers with the code. */
#include "creature.h"

struct half {
  struct half *peer;
  dvt_handle handle;
  _Atomic bool is_ready, is_over, is_renewed; /* the last counts in the first half of a pair */
  struct half *first;
};

static const dvt_host *host;
static const dvt_events *events;
static _Atomic uint64_t calls, late, ended, pending, completed;

static int32_t on_load(void *context, const dvt_event *event, const dvt_error_sink *error);

static int32_t subscribe(struct half *half, const dvt_error_sink *error) {
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = TEXT("zoo.load")};
  int32_t code = events->subscribe(host, &options, on_load, half, &half->handle, error);
  if (code == DVT_OK) atomic_store(&half->is_ready, true);
  return code;
}

/* Halves are never freed: a late call must find its own. */
static int32_t subscribe_pair(const dvt_error_sink *error) {
  struct half *pair = calloc(2, sizeof *pair);
  if (!pair) return refuse(error, DVT_FAILED, "no memory");
  pair[0].peer = &pair[1];
  pair[1].peer = pair[0].first = pair[1].first = &pair[0];
  int32_t code = subscribe(&pair[0], error);
  return code == DVT_OK ? subscribe(&pair[1], error) : code;
}

static void on_end(void *context, int32_t code) {
  struct half *half = context;
  if (code == DVT_OK) atomic_store(&half->is_over, true);
  atomic_fetch_add(&completed, 1);
}

static void end(struct half *half) {
  if (!atomic_load(&half->is_ready)) return;
  switch (events->unsubscribe(host, half->handle, on_end, half, NULL)) {
  case DVT_OK:
    atomic_store(&half->is_over, true);
    atomic_fetch_add(&ended, 1);
    break;
  case DVT_PENDING: atomic_fetch_add(&pending, 1); break;
  default: break; /* another thread was faster */
  }
}

static int32_t on_load(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)event;
  struct half *half = context;
  atomic_fetch_add(&calls, 1);
  if (atomic_load(&half->is_over)) atomic_fetch_add(&late, 1);
  if (!atomic_load(&half->is_ready)) return DVT_OK;
  end(half->peer);
  end(half);
  int32_t code = atomic_exchange(&half->first->is_renewed, true) ? DVT_OK : subscribe_pair(error);
  if (atomic_load(&half->is_over)) atomic_fetch_add(&late, 1);
  return code;
}

static int32_t answer(const dvt_sink *reply, const char *words) {
  return reply->write(reply->context, (const uint8_t *)words, strlen(words));
}

static int32_t on_counts(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  char words[128];
  snprintf(words, sizeof words, "%llu %llu %llu %llu %llu", (unsigned long long)atomic_load(&calls),
           (unsigned long long)atomic_load(&late), (unsigned long long)atomic_load(&ended),
           (unsigned long long)atomic_load(&pending), (unsigned long long)atomic_load(&completed));
  return answer(reply, words);
}

static int32_t on_poke(void *context, const dvt_event *event, const dvt_error_sink *error) {
  return (void)context, (void)event, (void)error, DVT_OK;
}

static int32_t on_once(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request;
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = TEXT("zoo.poke")};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &options, on_poke, NULL, &handle, error);
  if (code == DVT_OK) code = events->unsubscribe(host, handle, NULL, NULL, error);
  char words[16];
  snprintf(words, sizeof words, "%d", code);
  return answer(reply, words);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  int32_t code = services->provide(host, TEXT("cutter.counts"), on_counts, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("cutter.once"), on_once, NULL, &handle, error);
  for (int i = 0; i < 4 && code == DVT_OK; i++) code = subscribe_pair(error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
