// Answers `my-plugin.ping` with `my-plugin.pong`.
#include <dovetail.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace {

template <typename Struct> Struct make() {
  Struct result{};
  result.struct_size = sizeof(Struct);
  result.abi_major = DVT_ABI_MAJOR;
  result.abi_minor = DVT_ABI_MINOR;
  return result;
}

dvt_str text(std::string_view view) { return {reinterpret_cast<const uint8_t *>(view.data()), view.size()}; }

// Nothing may unwind into the host: what `body` throws becomes a code and a message.
template <typename Body> int32_t guarded(const dvt_error_sink *sink, Body body) noexcept {
  try {
    return body();
  } catch (const std::exception &error) {
    auto report = make<dvt_error>();
    report.code = DVT_FAILED;
    report.message = text(error.what());
    if (sink) sink->report(sink->context, &report);
  } catch (...) {
  }
  return DVT_FAILED;
}

struct MyPlugin {
  const dvt_host *host;
  const dvt_events *events;
  dvt_topic pong = 0;

  explicit MyPlugin(const dvt_host *host)
      : host(host), events(static_cast<const dvt_events *>(host->get_interface(host, text(DVT_EVENTS_INTERFACE)))) {
    if (!events) throw std::runtime_error("this host has no dovetail.events/1");
  }

  int32_t start(const dvt_error_sink *error) {
    auto options = make<dvt_subscription>();
    options.pattern = text("my-plugin.ping");
    options.name = text("ping");
    dvt_handle subscription;
    if (auto code = events->topic(host, text("my-plugin.pong"), &pong, error)) return code;
    return events->subscribe(host, &options, onPing, this, &subscription, error);
  }

  // Runs on the publisher's thread, maybe on several at once; the event is borrowed until it returns.
  static int32_t onPing(void *context, const dvt_event *ping, const dvt_error_sink *error) {
    auto &self = *static_cast<MyPlugin *>(context);
    auto answer = make<dvt_event>();
    answer.data = ping->data;
    answer.datacontenttype = ping->datacontenttype;
    return self.events->publish(self.host, self.pong, &answer, error);
  }
};

int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  return guarded(error, [&] {
    auto plugin = std::make_unique<MyPlugin>(host);
    *instance = plugin.get();
    // Released before it starts: if that fails, a handler may still be running in it.
    return plugin.release()->start(error);
  });
}

int32_t cleanup(void *instance, const dvt_error_sink *) {
  delete static_cast<MyPlugin *>(instance);
  return DVT_OK;
}

} // namespace

extern "C" const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static dvt_plugin plugin = make<dvt_plugin>();
  plugin.init = init;
  plugin.cleanup = cleanup;
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : nullptr;
}
