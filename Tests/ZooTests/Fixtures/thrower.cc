/* A plugin in C++ whose handler of `zoo.poke` throws what it does not catch. */
#include <cstdio>
#include <stdexcept>

#include <dovetail.h>

asm(".pushsection " DVT_MANIFEST_SECTION ",\"a\"\n"
    ".ascii \"{\\\"id\\\": \\\"bad\\\", \\\"version\\\": \\\"1.0.0\\\", \\\"abi\\\": \\\"1.0\\\"}\"\n"
    ".popsection");

static dvt_str text(const char *string, uint64_t length) { return {reinterpret_cast<const uint8_t *>(string), length}; }
#define TEXT(literal) text(literal, sizeof(literal) - 1)

static int32_t on_poke(void *, const dvt_event *event, const dvt_error_sink *) {
  if (event->data.len > 0) throw std::runtime_error("out of cheese");
  return DVT_OK;
}

static int32_t init(const dvt_host *host, void **, const dvt_error_sink *error) {
  auto events = static_cast<const dvt_events *>(host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE)));
  dvt_subscription poke = {};
  poke.struct_size = sizeof poke;
  poke.abi_major = DVT_ABI_MAJOR;
  poke.pattern = TEXT("zoo.poke");
  dvt_handle handle;
  return events->subscribe(host, &poke, on_poke, nullptr, &handle, error);
}

static int32_t cleanup(void *, const dvt_error_sink *) { return DVT_OK; }

extern "C" const dvt_plugin *dovetail_plugin(const dvt_handshake *) {
  static dvt_plugin plugin = {};
  plugin.struct_size = sizeof plugin;
  plugin.abi_major = DVT_ABI_MAJOR;
  plugin.init = init;
  plugin.cleanup = cleanup;
  return &plugin;
}
