/* The plugin of which a thousand are started. Its id is patched in each copy: see PluginFolder.swift. */
#include <dovetail.h>

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"p0000\",\"version\":\"1.0.0\",\"abi\":\"1.0\"}";

static int32_t begin(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)error;
  *instance = (void *)(uintptr_t)host;
  return DVT_OK;
}

static int32_t go_on(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {.struct_size = sizeof(dvt_plugin), .abi_major = DVT_ABI_MAJOR,
                                    .abi_minor = DVT_ABI_MINOR, .pre_init = begin, .init = begin,
                                    .post_init = go_on, .cleanup = go_on};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
