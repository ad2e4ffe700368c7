/* Does what its setting `deed` names whenever it hears `zoo.poke`. With `all` it does those of `contained` in turn. With
 * `rounds` it pokes everybody so often when all have started, and says by `ID.growth` how many KiB the host grew by after the first
 * hundred. Built with CPLUSPLUS it knows those of misdeeds.cpp too. */
#include "creature.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>

static const dvt_host *host;
static char id[128], deed[32], order[512];
static int64_t rounds, growth;

__attribute__((noinline)) static int32_t null_pointer(void) {
  *(volatile int *)8 = 1;
  return DVT_OK;
}

__attribute__((noinline)) static int32_t wild_jump(void) {
  ((void (*)(void))(uintptr_t)0x1230)();
  return DVT_OK;
}

/* Two pages of a file that has no byte. */
__attribute__((noinline)) static int32_t truncated(void) {
  static volatile char *mapped;
  if (!mapped) {
    int file = memfd_create("short", 0);
    mapped = mmap(NULL, 8192, PROT_READ, MAP_SHARED, file, 0);
    close(file);
  }
  return mapped[4096];
}

__attribute__((noinline)) static int32_t divide(void) {
  volatile int zero = 0;
  return 7 / zero;
}

__attribute__((noinline)) static int32_t double_free(void) {
  void *volatile block = malloc(32);
  free(block);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuse-after-free"
  free(block);
#pragma GCC diagnostic pop
  return DVT_OK;
}

/* What lies before a block is the heap's own. */
__attribute__((noinline)) static int32_t bad_heap(void) {
  static char memory[64] __attribute__((aligned(16)));
  char *volatile block = memory + 16;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfree-nonheap-object"
  free(block);
#pragma GCC diagnostic pop
  return DVT_OK;
}

__attribute__((noinline)) static int32_t recursion(volatile char *above) {
  volatile char own[256];
  own[0] = above ? above[0] : 1;
  if (own[0] == 2) return DVT_OK;
  return recursion(own) + own[0];
}

static jmp_buf place;
__attribute__((noinline)) static void remember(void) {
  volatile char room[512];
  room[0] = 0;
  if (setjmp(place) != 0) room[1] = room[0];
}
/* Into a function that has returned. */
__attribute__((noinline)) static int32_t bad_longjmp(void) {
  remember();
  longjmp(place, 1);
}

#ifdef CPLUSPLUS
int32_t cplusplus(const char *deed, const dvt_host *host);
#endif

__attribute__((noinline)) static int32_t do_deed(const char *name) {
#define IS(text) (strcmp(name, text) == 0)
  if (IS("null")) return null_pointer();
  if (IS("jump")) return wild_jump();
  if (IS("truncated")) return truncated();
  if (IS("abort")) abort();
  if (IS("divide")) return divide();
  if (IS("trap")) __builtin_trap();
  if (IS("double-free")) return double_free();
  if (IS("heap")) return bad_heap();
  if (IS("recursion")) return recursion(NULL);
  if (IS("exit")) exit(7);
  if (IS("raise")) return raise(SIGSEGV);
  if (IS("longjmp")) return bad_longjmp();
  if (IS("error")) return DVT_FAILED;
#ifdef CPLUSPLUS
  return cplusplus(name, host);
#endif
  return DVT_OK;
}

/* The next of the names in `order`, which are separated by commas. */
static const char *next_in_turn(void) {
  static const char *at;
  static char name[32];
  if (!at || !*at) at = order;
  size_t length = strcspn(at, ",");
  snprintf(name, sizeof name, "%.*s", (int)length, at);
  at += length + (at[length] == ',');
  return name;
}

static int32_t on_poke(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)event, (void)error;
  if (strcmp(deed, "all") == 0) return do_deed(next_in_turn());
  return do_deed(deed);
}

static int64_t resident(void) {
  char text[128] = {0};
  int file = open("/proc/self/statm", O_RDONLY);
  long long size = 0, pages = 0;
  if (read(file, text, sizeof text - 1) > 0) sscanf(text, "%lld %lld", &size, &pages);
  close(file);
  return pages * 4;
}

static int32_t on_growth(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  char answer[32];
  int length = snprintf(answer, sizeof answer, "%lld", (long long)growth);
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t post_init(void *instance, const dvt_error_sink *error) {
  (void)instance;
  if (!rounds) return DVT_OK;
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_topic poke;
  int32_t code = events->topic(host, TEXT("zoo.poke"), &poke, error);
  dvt_event event = {HEADER(dvt_event)};
  int64_t before = 0;
  for (int64_t i = 0; code == DVT_OK && i < rounds; i++) {
    if (i == rounds / 10) before = resident();
    code = events->publish(host, poke, &event, error);
  }
  growth = resident() - before;
  return code;
}

static int32_t keep(void *context, const uint8_t *bytes, uint64_t count) {
  snprintf(context, 32, "%.*s", (int)count, (const char *)bytes);
  return DVT_OK;
}
static int32_t keep_long(void *context, const uint8_t *bytes, uint64_t count) {
  snprintf(context, sizeof order, "%.*s", (int)count, (const char *)bytes);
  return DVT_OK;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_config *config = host->get_interface(host, TEXT(DVT_CONFIG_INTERFACE));
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_sink to_deed = {HEADER(dvt_sink), .context = deed, .write = keep};
  dvt_sink to_order = {HEADER(dvt_sink), .context = order, .write = keep_long};
  int32_t code = config->get_string(host, TEXT("/deed"), &to_deed, error);
  if (code == DVT_OK) code = config->get_string(host, TEXT("/order"), &to_order, error);
  if (code == DVT_OK) code = config->get_int(host, TEXT("/rounds"), &rounds, error);
  dvt_subscription poke = {HEADER(dvt_subscription), .pattern = TEXT("zoo.poke"), .name = TEXT("poke")};
  dvt_handle handle;
  char name[140];
  snprintf(name, sizeof name, "%s.growth", id);
  if (code == DVT_OK) code = events->subscribe(host, &poke, on_poke, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, text(name), on_growth, NULL, &handle, error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .post_init = post_init, .cleanup = cleanup};
  snprintf(id, sizeof id, "%.*s", (int)handshake->plugin_id.len, (const char *)handshake->plugin_id.ptr);
  return &plugin;
}
