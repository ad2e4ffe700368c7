/* Publishes to many topics. Subscribes a thousand expressions of which two meet a topic `sensor.…`, and one exact topic,
 * `plain.exact`. The service `bench.topics` takes "KIND ROUNDS" and answers with nanoseconds:
 *   c  first events of new topics        r  the same names held against the same expressions by regexec
 *   w  later events of one such topic    e  events of the exact topic
 *   f  events of so many distinct topics, each once */
#define _GNU_SOURCE
#include <dovetail.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
#define EXPRESSIONS 1000

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-topics\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.topics\"]},"
    "\"permissions\":{\"publish\":[\"sensor.>\",\"plain.>\",\"flood.>\"],\"subscribe\":[\"sensor.>\",\"plain.>\"]}}";

static const dvt_host *host;
static const dvt_events *events;
static dvt_topic warm, exact;
static regex_t compiled[EXPRESSIONS];
static const void *volatile last;

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  (void)context, (void)error;
  last = event;
  return DVT_OK;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static dvt_str text(const char *bytes) { return (dvt_str){(const uint8_t *)bytes, strlen(bytes)}; }

/* Names that were never used before, in turn for each kind. */
static void fresh_name(char *name, size_t size, char kind) {
  static long count[256];
  long number = count[(unsigned char)kind]++;
  snprintf(name, size, "sensor.%s.unit%ld.room-%c%ld", number % 2 ? "temp" : "rh", number % 998, kind, number);
}

static int64_t publish_fresh(long rounds) {
  char name[128];
  dvt_event event = {HEADER(dvt_event)};
  int64_t took = 0;
  for (long i = 0; i < rounds; i++) {
    fresh_name(name, sizeof name, 'c');
    event.type = text(name);
    int64_t began = now();
    if (events->publish_named(host, &event, NULL) != DVT_OK) return -1;
    took += now() - began;
  }
  return took;
}

static int64_t match_fresh(long rounds) {
  char name[128];
  int64_t took = 0;
  for (long i = 0; i < rounds; i++) {
    fresh_name(name, sizeof name, 'r');
    int matches = 0;
    int64_t began = now();
    for (int n = 0; n < EXPRESSIONS; n++) matches += regexec(&compiled[n], name, 0, NULL, 0) == 0;
    took += now() - began;
    if (matches != 2) return -1;
  }
  return took;
}

static int64_t publish_again(long rounds, dvt_topic topic) {
  dvt_event event = {HEADER(dvt_event)};
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (events->publish(host, topic, &event, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int64_t flood(long rounds) {
  static long number;
  char name[64];
  dvt_event event = {HEADER(dvt_event)};
  int64_t began = now();
  for (long i = 0; i < rounds; i++) {
    snprintf(name, sizeof name, "flood.%ld", number++);
    event.type = text(name);
    if (events->publish_named(host, &event, NULL) != DVT_OK) return -1;
  }
  return now() - began;
}

static int32_t on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char words[64] = {0}, kind;
  long rounds;
  if (request->data.len >= sizeof words) return DVT_INVALID;
  memcpy(words, request->data.ptr, request->data.len);
  if (sscanf(words, "%c %ld", &kind, &rounds) != 2) return DVT_INVALID;
  int64_t took = kind == 'c'   ? publish_fresh(rounds)
                 : kind == 'r' ? match_fresh(rounds)
                 : kind == 'w' ? publish_again(rounds, warm)
                 : kind == 'e' ? publish_again(rounds, exact)
                               : flood(rounds);
  if (took < 0) return DVT_FAILED;
  snprintf(words, sizeof words, "%lld", (long long)took);
  return reply->write(reply->context, (const uint8_t *)words, strlen(words));
}

/* Each unit's expression, and one for either kind of sensor: two meet a topic, as `exact` has two handlers. */
static int32_t subscribe(uint32_t kind, const char *pattern, const char *name, const dvt_error_sink *error) {
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = text(pattern), .pattern_kind = kind, .name = text(name)};
  dvt_handle handle;
  return events->subscribe(host, &options, on_event, NULL, &handle, error);
}

static int32_t on_init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!events || !services) return DVT_UNSUPPORTED;
  int32_t code = DVT_OK;
  for (int n = 0; n < EXPRESSIONS && code == DVT_OK; n++) {
    char pattern[64], name[16];
    snprintf(name, sizeof name, "%d", n);
    if (n < 998) snprintf(pattern, sizeof pattern, "^sensor\\.[a-z]+\\.unit%d\\.(room|hall)-", n);
    else snprintf(pattern, sizeof pattern, "^sensor\\.%s\\..*[0-9]$", n == 998 ? "temp" : "rh");
    if (regcomp(&compiled[n], pattern, REG_EXTENDED | REG_NOSUB) != 0) return DVT_FAILED;
    code = subscribe(DVT_PATTERN_REGEX, pattern, name, error);
  }
  if (code == DVT_OK) code = subscribe(DVT_PATTERN_GLOB, "plain.exact", "first", error);
  if (code == DVT_OK) code = subscribe(DVT_PATTERN_GLOB, "plain.exact", "second", error);
  if (code == DVT_OK) code = events->topic(host, TEXT("sensor.temp.unit7.room-warm1"), &warm, error);
  if (code == DVT_OK) code = events->topic(host, TEXT("plain.exact"), &exact, error);
  dvt_handle handle;
  return code == DVT_OK ? services->provide(host, TEXT("bench.topics"), on_request, NULL, &handle, error) : code;
}

static int32_t on_cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  for (int n = 0; n < EXPRESSIONS; n++) regfree(&compiled[n]);
  return DVT_OK;
}

static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = on_init, .cleanup = on_cleanup};

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  (void)handshake;
  return &plugin;
}
