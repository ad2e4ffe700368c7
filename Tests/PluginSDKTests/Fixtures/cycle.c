/* cycle IMAGE ROUNDS: maps a plugin, takes it through its life and unmaps it, again and again; prints the heap's growth in bytes. */
#include <dovetail.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})

static int32_t topic(const dvt_host *host, dvt_str name, dvt_topic *out, const dvt_error_sink *error) {
  (void)host, (void)name, (void)error;
  *out = 1;
  return DVT_OK;
}

static int32_t schedule(const dvt_host *host, const dvt_timer *options, dvt_timer_handler handler, void *context,
                        dvt_handle *out, const dvt_error_sink *error) {
  (void)host, (void)options, (void)handler, (void)context, (void)error;
  *out = (dvt_handle){1, 1, 1};
  return DVT_OK;
}

static const dvt_events events = {HEADER(dvt_events), .topic = topic};
static const dvt_timers timers = {HEADER(dvt_timers), .schedule = schedule};

static const void *find(const dvt_host *host, dvt_str name) {
  (void)host;
  if (name.len == strlen(DVT_EVENTS_INTERFACE) && !memcmp(name.ptr, DVT_EVENTS_INTERFACE, name.len)) return &events;
  if (name.len == strlen(DVT_TIMERS_INTERFACE) && !memcmp(name.ptr, DVT_TIMERS_INTERFACE, name.len)) return &timers;
  return NULL;
}

static int32_t cycle(const char *path, const dvt_host *host) {
  dvt_handshake handshake = {HEADER(dvt_handshake), .host_version = TEXT("1.0.0-a-version-longer-than-a-small-string"),
                             .plugin_id = TEXT("an-id-longer-than-a-small-string"), .generation = 1};
  void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL), *instance = NULL;
  if (!image) return DVT_NOT_FOUND;
  const dvt_plugin *plugin = ((dvt_entry)dlsym(image, DVT_ENTRY_SYMBOL))(&handshake);
  int32_t code = plugin->pre_init(host, &instance, NULL);
  if (code == DVT_OK) code = plugin->init(host, &instance, NULL);
  if (code == DVT_OK) code = plugin->cleanup(instance, NULL);
  dlclose(image);
  return code != DVT_OK ? code : dlopen(path, RTLD_NOW | RTLD_NOLOAD) ? DVT_EXISTS : DVT_OK;
}

int main(int count, char **arguments) {
  const dvt_host host = {HEADER(dvt_host), .get_interface = find};
  size_t before = 0;
  for (int i = 0; count == 3 && i < atoi(arguments[2]); i++) {
    int32_t code = cycle(arguments[1], &host);
    if (code != DVT_OK) return code;
    if (i == 9) before = mallinfo2().uordblks;
  }
  printf("%ld\n", (long)(mallinfo2().uordblks - before));
  return 0;
}
