/* Calls services. Offers `bench.plain` and `bench.guarded`, which do the same: nothing. The service `bench.calls` takes "NAME ROUNDS",
 * calls the one named so often, and answers with nanoseconds. */
#define _GNU_SOURCE
#include <dovetail.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-services\",\"version\":\"1.0.0\",\"abi\":\"1.0\","
    "\"provides\":{\"services\":[\"bench.plain\",\"bench.guarded\",\"bench.calls\"]},"
    "\"permissions\":{\"services\":[\"bench.*\"]}}";

static const dvt_host *host;
static const dvt_services *services;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int32_t nothing(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)request, (void)reply, (void)error;
  return DVT_OK;
}

static int32_t ignore(void *context, const uint8_t *bytes, uint64_t length) {
  (void)context, (void)bytes, (void)length;
  return DVT_OK;
}

static int64_t call(const char *name, long rounds) {
  dvt_str service = {(const uint8_t *)name, strlen(name)};
  dvt_request request = {HEADER(dvt_request), .data = {(const uint8_t *)"x", 1}};
  dvt_sink sink = {HEADER(dvt_sink), .write = ignore};
  int64_t began = now();
  for (long i = 0; i < rounds; i++)
    if (services->call(host, service, &request, &sink, NULL) != DVT_OK) return -1;
  return now() - began;
}

static int32_t on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char text[64], name[32];
  long rounds;
  snprintf(text, sizeof text, "%.*s", (int)request->data.len, (const char *)request->data.ptr);
  if (sscanf(text, "%31s %ld", name, &rounds) != 2) return DVT_INVALID;
  int length = snprintf(text, sizeof text, "%lld", (long long)call(name, rounds));
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  int32_t code = services->provide(host, TEXT("bench.plain"), nothing, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.guarded"), nothing, NULL, &handle, error);
  if (code == DVT_OK) code = services->provide(host, TEXT("bench.calls"), on_request, NULL, &handle, error);
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  (void)handshake;
  return &plugin;
}
