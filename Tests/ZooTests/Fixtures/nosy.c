/* A plugin that tries what its manifest does not permit: `nosy.WHAT` answers with the code and what the host said. */
#include "creature.h"

static const dvt_host *host;

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  return (void)context, (void)event, (void)error, DVT_OK;
}

static int32_t show(void *context, const dvt_record *record) { return (void)context, (void)record, DVT_OK; }

static int32_t ignore(void *context, const uint8_t *ptr, uint64_t len) {
  return (void)context, (void)ptr, (void)len, DVT_OK;
}

static int32_t publish(const dvt_error_sink *error) {
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_event event = {HEADER(dvt_event), .type = TEXT("zoo.secret")};
  return events->publish_named(host, &event, error);
}

static int32_t subscribe(const dvt_error_sink *error) {
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = TEXT("zoo.>")};
  dvt_handle handle;
  return events->subscribe(host, &options, on_event, NULL, &handle, error);
}

static int32_t put(const dvt_error_sink *error) {
  const dvt_metadata *metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  dvt_write write = {HEADER(dvt_write), .collection = TEXT("secrets"), .key = TEXT("key")};
  return metadata->put(host, &write, NULL, NULL, NULL, error);
}

static int32_t get(const dvt_error_sink *error) {
  const dvt_metadata *metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  return metadata->get(host, TEXT("secrets"), TEXT("key"), show, NULL, error);
}

static int32_t call(const dvt_error_sink *error) {
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_request request = {HEADER(dvt_request), .deadline_ms = 1000};
  dvt_sink reply = {HEADER(dvt_sink), .write = ignore};
  return services->call(host, TEXT("witness.ticks"), &request, &reply, error);
}

static const struct attempt {
  const char *service;
  int32_t (*run)(const dvt_error_sink *error);
} attempts[] = {
    {"nosy.publish", publish}, {"nosy.subscribe", subscribe}, {"nosy.put", put}, {"nosy.get", get}, {"nosy.call", call}};

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)request, (void)error;
  struct hearing hearing = {0};
  dvt_error_sink sink = HEARS(hearing);
  int32_t code = ((const struct attempt *)context)->run(&sink);
  char answer[600];
  int length = snprintf(answer, sizeof answer, "%d %s", code, hearing.message);
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  int32_t code = DVT_OK;
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts && code == DVT_OK; i++) {
    dvt_handle handle;
    code = services->provide(host, text(attempts[i].service), on_call, (void *)&attempts[i], &handle, error);
  }
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
