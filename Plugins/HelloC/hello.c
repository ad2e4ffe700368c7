/* hello-c: who says its name on `hello.ask` is greeted on `hello.said`, and by the service `hello-c.greet`. */
#include <dovetail.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The manifest, placed where a host finds it without running anything. */
__attribute__((section(DVT_MANIFEST_SECTION), used)) static const unsigned char manifest[] = {
#embed "plugin.json"
};

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

enum { GREETING_MAX = 256 };

struct hello {
  const dvt_host *host;
  const dvt_events *events;
  dvt_topic said;
  _Atomic uint64_t greeted;
};

/* Writes "Hello, NAME, says C" and returns its length, or 0 when the name is empty or too long. */
static uint64_t greet(dvt_bytes name, uint8_t out[GREETING_MAX]) {
  static const char before[] = "Hello, ", after[] = ", says C";
  uint64_t length = sizeof before - 1;
  if (name.len == 0 || name.len > GREETING_MAX - sizeof before - sizeof after) return 0;
  memcpy(out, before, length);
  memcpy(out + length, name.ptr, name.len);
  length += name.len;
  memcpy(out + length, after, sizeof after - 1);
  return length + sizeof after - 1;
}

static int32_t refuse(const dvt_error_sink *sink, int32_t code, dvt_str message) {
  if (sink) {
    dvt_error error = {HEADER(dvt_error), .code = code, .domain = TEXT("hello-c"), .message = message};
    sink->report(sink->context, &error);
  }
  return code;
}

static int32_t on_ask(void *context, const dvt_event *event, const dvt_error_sink *error) {
  struct hello *hello = context;
  uint8_t text[GREETING_MAX];
  uint64_t length = greet(event->data, text);
  if (length == 0) return refuse(error, DVT_INVALID, TEXT("a name has 1 to 238 bytes: publish it as the data"));
  dvt_event answer = {HEADER(dvt_event), .subject = event->id, .datacontenttype = TEXT("text/plain"),
                      .data = {text, length}};
  atomic_fetch_add(&hello->greeted, 1);
  return hello->events->publish(hello->host, hello->said, &answer, error);
}

static int32_t on_greet(void *context, const dvt_request *request, const dvt_sink *reply,
                        const dvt_error_sink *error) {
  struct hello *hello = context;
  uint8_t text[GREETING_MAX];
  uint64_t length = greet(request->data, text);
  if (length == 0) return refuse(error, DVT_INVALID, TEXT("a name has 1 to 238 bytes: send it as the data"));
  atomic_fetch_add(&hello->greeted, 1);
  return reply->write(reply->context, text, length);
}

static int32_t start(struct hello *hello, const dvt_error_sink *error) {
  const dvt_services *services = hello->host->get_interface(hello->host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_subscription ask = {HEADER(dvt_subscription), .pattern = TEXT("hello.ask"), .name = TEXT("ask")};
  dvt_handle handle;
  if (!hello->events || !services) return refuse(error, DVT_UNSUPPORTED, TEXT("this host has no events or services"));
  int32_t code = hello->events->topic(hello->host, TEXT("hello.said"), &hello->said, error);
  if (code == DVT_OK) code = hello->events->subscribe(hello->host, &ask, on_ask, hello, &handle, error);
  if (code == DVT_OK) code = services->provide(hello->host, TEXT("hello-c.greet"), on_greet, hello, &handle, error);
  return code;
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  struct hello *hello = calloc(1, sizeof *hello);
  if (!hello) return refuse(error, DVT_FULL, TEXT("no memory"));
  hello->host = host;
  hello->events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  *instance = hello;
  /* On failure `hello` stays allocated: a handler may be running until the host has revoked it. */
  return start(hello, error);
}

static int32_t metrics(void *instance, const dvt_metric_sink *out) {
  struct hello *hello = instance;
  dvt_metric greeted = {HEADER(dvt_metric), .kind = DVT_METRIC_COUNTER, .name = TEXT("greeted_total"),
                        .value = (double)atomic_load(&hello->greeted)};
  out->report(out->context, &greeted);
  return DVT_OK;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)error;
  free(instance);
  return DVT_OK;
}

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .metrics = metrics, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
