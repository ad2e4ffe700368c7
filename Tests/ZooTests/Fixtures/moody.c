/* A service, `moody.get`, that does what each request says: "fail", "slow", "trap", "hang"; anything else it answers. */
#include "creature.h"

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  char word[16] = {0};
  if (request->data.len >= sizeof word) return DVT_INVALID;
  memcpy(word, request->data.ptr, request->data.len);
  if (!strcmp(word, "slow")) usleep(100000);
  if (!strcmp(word, "fail")) return misbehave(ERROR, error);
  if (!strcmp(word, "trap")) return misbehave(TRAP, error);
  if (!strcmp(word, "hang")) return misbehave(HANG, error);
  return reply->write(reply->context, (const uint8_t *)"well", 4);
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  return services->provide(host, TEXT("moody.get"), on_call, NULL, &handle, error);
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
