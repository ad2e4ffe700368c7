/* Calls `moody.get` with a fallback and a breaker of its own: `chooser.run` passes its request on, and answers "CODE CAUSE STATE REPLY". */
#include "creature.h"

static const dvt_host *host;

struct output {
  char bytes[256];
  uint64_t length;
};

static int32_t take(void *context, const uint8_t *bytes, uint64_t length) {
  struct output *output = context;
  if (length >= sizeof output->bytes - output->length) return DVT_TOO_LARGE;
  memcpy(output->bytes + output->length, bytes, length);
  output->length += length;
  return DVT_OK;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  const dvt_resilience *resilience = host->get_interface(host, TEXT(DVT_RESILIENCE_INTERFACE));
  if (!resilience) return DVT_UNSUPPORTED;
  dvt_execution wanted = {
      HEADER(dvt_execution), .service = TEXT("moody.get"), .fallback = TEXT("witness.ticks"), .breaker = TEXT("mine")};
  dvt_request passed = {HEADER(dvt_request), .data = request->data};
  dvt_executed executed = {HEADER(dvt_executed)};
  dvt_breaker breaker = {HEADER(dvt_breaker)};
  struct output output = {0};
  dvt_sink sink = {HEADER(dvt_sink), .context = &output, .write = take};
  int32_t code = resilience->execute(host, &wanted, &passed, &sink, &executed, NULL);
  resilience->breaker(host, TEXT("moody.get"), TEXT("mine"), &breaker, NULL);
  char text[320];
  int length = snprintf(text, sizeof text, "%d %d %u %.*s", code, executed.cause, breaker.state, (int)output.length, output.bytes);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  return services->provide(host, TEXT("chooser.run"), on_call, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  (void)handshake;
  return &plugin;
}
