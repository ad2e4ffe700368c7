/* Answers `my-plugin.ping` with `my-plugin.pong`. */
#include <dovetail.h>
#include <stdlib.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

struct my_plugin {
  const dvt_host *host;
  const dvt_events *events;
  dvt_topic pong;
};

static int32_t refuse(const dvt_error_sink *sink, int32_t code, dvt_str message) {
  if (sink) {
    dvt_error error = {HEADER(dvt_error), .code = code, .message = message};
    sink->report(sink->context, &error);
  }
  return code;
}

/* Runs on the publisher's thread, maybe on several at once; the event is borrowed until it returns. */
static int32_t on_ping(void *context, const dvt_event *ping, const dvt_error_sink *error) {
  const struct my_plugin *self = context;
  dvt_event pong = {HEADER(dvt_event), .data = ping->data, .datacontenttype = ping->datacontenttype};
  return self->events->publish(self->host, self->pong, &pong, error);
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = TEXT("my-plugin.ping"), .name = TEXT("ping")};
  dvt_handle subscription;
  struct my_plugin *self = calloc(1, sizeof *self);
  if (!self) return refuse(error, DVT_FULL, TEXT("no memory"));
  *instance = self;
  self->host = host;
  self->events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  if (!self->events) return refuse(error, DVT_UNSUPPORTED, TEXT("this host has no dovetail.events/1"));
  int32_t code = self->events->topic(host, TEXT("my-plugin.pong"), &self->pong, error);
  if (code != DVT_OK) return code;
  return self->events->subscribe(host, &options, on_ping, self, &subscription, error);
}

/* The host has ended the subscription, so nobody uses `instance` any more. */
static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)error;
  free(instance);
  return DVT_OK;
}

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
