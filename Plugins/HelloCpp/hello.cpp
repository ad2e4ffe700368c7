// hello-cpp: who says its name on `hello.ask` is greeted on `hello.said`, and by the service `hello-cpp.greet`.
#include <dovetail.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

// The manifest, placed where a host finds it without running anything.
__attribute__((section(DVT_MANIFEST_SECTION), used)) const unsigned char manifest[] = {
#embed "plugin.json"
};

// A struct of the ABI, zeroed, with its size and revision filled in.
template <typename Struct> Struct make() {
  Struct result{};
  result.struct_size = sizeof(Struct);
  result.abi_major = DVT_ABI_MAJOR;
  result.abi_minor = DVT_ABI_MINOR;
  return result;
}

dvt_str text(std::string_view view) { return {reinterpret_cast<const uint8_t *>(view.data()), view.size()}; }

std::string_view view(dvt_bytes bytes) { return {reinterpret_cast<const char *>(bytes.ptr), bytes.len}; }

// A code of the ABI's that a call answered; the error sink has its message already.
struct Failure {
  int32_t code;
};

void check(int32_t code) {
  if (code != DVT_OK) throw Failure{code};
}

// Runs `body`; nothing that it throws crosses the boundary.
template <typename Body> int32_t guarded(const dvt_error_sink *sink, Body body) noexcept {
  auto report = [sink](int32_t code, const char *message) {
    auto error = make<dvt_error>();
    error.code = code;
    error.domain = text("hello-cpp");
    error.message = text(message);
    if (sink) sink->report(sink->context, &error);
    return code;
  };
  try {
    body();
    return DVT_OK;
  } catch (const Failure &failure) {
    return failure.code;
  } catch (const std::invalid_argument &error) {
    return report(DVT_INVALID, error.what());
  } catch (const std::exception &error) {
    return report(DVT_FAILED, error.what());
  } catch (...) {
    return report(DVT_FAILED, "an exception of unknown type");
  }
}

class Hello {
public:
  explicit Hello(const dvt_host *host) : host_(host), events_(find<dvt_events>(DVT_EVENTS_INTERFACE)) {}

  void start(const dvt_error_sink *error) {
    auto ask = make<dvt_subscription>();
    ask.pattern = text("hello.ask");
    ask.name = text("ask");
    dvt_handle handle;
    check(events_->topic(host_, text("hello.said"), &said_, error));
    check(events_->subscribe(host_, &ask, onAsk, this, &handle, error));
    check(find<dvt_services>(DVT_SERVICES_INTERFACE)
              ->provide(host_, text("hello-cpp.greet"), onGreet, this, &handle, error));
  }

  void report(const dvt_metric_sink &out) const {
    auto metric = make<dvt_metric>();
    metric.kind = DVT_METRIC_COUNTER;
    metric.name = text("greeted_total");
    metric.value = static_cast<double>(greeted_);
    out.report(out.context, &metric);
  }

private:
  template <typename Table> const Table *find(const char *name) const {
    auto table = static_cast<const Table *>(host_->get_interface(host_, text(name)));
    if (!table) throw std::runtime_error(std::string("this host has no ") + name);
    return table;
  }

  std::string greet(std::string_view name) {
    if (name.empty()) throw std::invalid_argument("the name is empty: send it as the data");
    ++greeted_;
    return "Hello, " + std::string(name) + ", says C++";
  }

  static int32_t onAsk(void *context, const dvt_event *event, const dvt_error_sink *error) {
    auto &self = *static_cast<Hello *>(context);
    return guarded(error, [&] {
      auto greeting = self.greet(view(event->data));
      auto answer = make<dvt_event>();
      answer.subject = event->id;
      answer.datacontenttype = text("text/plain");
      answer.data = {text(greeting).ptr, greeting.size()};
      check(self.events_->publish(self.host_, self.said_, &answer, error));
    });
  }

  static int32_t onGreet(void *context, const dvt_request *request, const dvt_sink *reply,
                         const dvt_error_sink *error) {
    auto &self = *static_cast<Hello *>(context);
    return guarded(error, [&] {
      auto greeting = self.greet(view(request->data));
      check(reply->write(reply->context, text(greeting).ptr, greeting.size()));
    });
  }

  const dvt_host *host_;
  const dvt_events *events_;
  dvt_topic said_ = 0;
  std::atomic<uint64_t> greeted_{0};
};

int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  return guarded(error, [&] {
    auto hello = std::make_unique<Hello>(host);
    // From here on the host may call: on failure the object stays, because a handler may be running in it.
    *instance = hello.get();
    hello.release()->start(error);
  });
}

int32_t metrics(void *instance, const dvt_metric_sink *out) {
  static_cast<const Hello *>(instance)->report(*out);
  return DVT_OK;
}

int32_t cleanup(void *instance, const dvt_error_sink *) {
  delete static_cast<Hello *>(instance);
  return DVT_OK;
}

} // namespace

extern "C" const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = [] {
    auto table = make<dvt_plugin>();
    table.init = init;
    table.metrics = metrics;
    table.cleanup = cleanup;
    return table;
  }();
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : nullptr;
}
