/* A plugin that logs what its service `ID.note` gets, at the level `debug`. */
#include "creature.h"

static const dvt_host *host;

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)reply, (void)error;
  const dvt_log *log = host->get_interface(host, TEXT(DVT_LOG_INTERFACE));
  return log->write(host, DVT_LOG_DEBUG, (dvt_str){request->data.ptr, request->data.len}, NULL, 0);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  return services->provide(host, TEXT("bad.note"), on_call, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
