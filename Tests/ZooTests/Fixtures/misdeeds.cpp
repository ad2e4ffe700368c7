// The ways in which C++ goes wrong.
#include <dovetail.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace {
template <size_t size>
dvt_str literal(const char (&text)[size]) { return {reinterpret_cast<const uint8_t *>(text), size - 1}; }

struct Base {
  Base() { indirect(); }
  virtual ~Base() = default;
  virtual void work() = 0;
  void __attribute__((noinline)) indirect() { work(); }
};
struct Derived : Base {
  void work() override {}
};

int32_t throwing_write(void *, const uint8_t *, uint64_t) { throw std::runtime_error("out of cheese"); }

/// Calls a service with a sink that throws, and would catch it, had it not to come through the host.
int32_t through_callback(const dvt_host *host) {
  auto services = static_cast<const dvt_services *>(host->get_interface(host, literal(DVT_SERVICES_INTERFACE)));
  dvt_request request = {};
  request.struct_size = sizeof request;
  request.abi_major = DVT_ABI_MAJOR;
  request.abi_minor = DVT_ABI_MINOR;
  dvt_sink sink = {sizeof sink, DVT_ABI_MAJOR, DVT_ABI_MINOR, nullptr, throwing_write};
  try {
    return services->call(host, literal("witness.pings"), &request, &sink, nullptr);
  } catch (...) {
    std::fputs("an exception came through the host\n", stderr);
    return DVT_OK;
  }
}
}  // namespace

extern "C" __attribute__((noinline)) int32_t cplusplus(const char *deed, const dvt_host *host) {
  if (std::strcmp(deed, "throw") == 0) throw std::runtime_error("out of cheese");
  if (std::strcmp(deed, "callback") == 0) return through_callback(host);
  if (std::strcmp(deed, "terminate") == 0) std::terminate();
  if (std::strcmp(deed, "pure") == 0) Derived derived;
  return DVT_OK;
}
