/* A plugin of the soak that misbehaves at random: now and then, in a handler, a timer or its start, it crashes, hangs, loops, exits,
 * takes all memory, calls its host for ever, writes without end, or fills the memory that it shares with its host with garbage. */
#include "../../../ZooTests/Fixtures/creature.h"

#include <time.h>

static const dvt_host *host;
static unsigned state;

static void wreck(int oneIn) {
  static const int deeds[] = {SEGV, TRAP, ABORT, EXIT, KILL, QUICK_EXIT, OVERFLOW, HOARD, CLOSE, SCRIBBLE, HANG, SPIN};
  int count = (int)(sizeof deeds / sizeof *deeds), which = rand_r(&state) % (count + 2);
  if (rand_r(&state) % oneIn != 0) return;
  if (which < count) {
    misbehave(deeds[which], NULL);
    return;
  }
  const dvt_config *config = host->get_interface(host, TEXT(DVT_CONFIG_INTERFACE));
  int32_t out;
  for (;;) {
    if (which == count) config->get_bool(host, TEXT("/nothing"), &out, NULL);
    else fputs("a wrecker goes on and on\n", stderr);
  }
}

static int32_t on_number(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  wreck(1000);
  return DVT_OK;
}

static int32_t on_time(void *context, const dvt_error_sink *error) {
  (void)context, (void)error;
  wreck(300);
  return DVT_OK;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  state = (unsigned)getpid() ^ (unsigned)time(NULL);
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_timers *timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  dvt_subscription numbers = {
      HEADER(dvt_subscription), .pattern = TEXT("soak.>"), .delivery = DVT_DELIVERY_ASYNC, .overflow = DVT_OVERFLOW_DROP_OLDEST};
  dvt_timer timer = {HEADER(dvt_timer), .interval_ms = 2};
  dvt_handle handle;
  int32_t code = events->subscribe(host, &numbers, on_number, NULL, &handle, error);
  if (code == DVT_OK) code = timers->schedule(host, &timer, on_time, NULL, &handle, error);
  wreck(20);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  wreck(20);
  return DVT_OK;
}

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
