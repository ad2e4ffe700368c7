#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CBridge.h"
#include "br_ways.h"

#define likely(condition) __builtin_expect(!!(condition), 1)

/* From here on, in milliseconds, the clock that ticks every few of them will do: it takes a sixth of the time of the other. */
#define LONG_DEADLINE 1000u

static uint64_t read_clock(uint64_t milliseconds) {
  struct timespec time;
  clock_gettime(milliseconds >= LONG_DEADLINE ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* MARK: The reply */

/* What a provider writes, until it is known whether its caller gets it. */
typedef struct reply {
  dvt_sink sink;
  uint8_t *bytes; /* `near`, or from malloc */
  uint64_t length, capacity;
  uint8_t near[512];
} reply;

static int32_t grow(reply *reply, uint64_t length) {
  uint64_t capacity = reply->capacity;
  while (capacity < length) capacity *= 2;
  uint8_t *former = reply->bytes == reply->near ? NULL : reply->bytes;
  uint8_t *bytes = realloc(former, capacity);
  if (!bytes) return DVT_FULL;
  if (!former) memcpy(bytes, reply->near, reply->length);
  reply->bytes = bytes;
  reply->capacity = capacity;
  return DVT_OK;
}

static int32_t keep(void *context, const uint8_t *ptr, uint64_t length) {
  reply *reply = context;
  uint32_t side = hs_side_set(HS_SIDE_HOST);
  int32_t code = length > BR_LARGEST_REPLY - reply->length ? DVT_TOO_LARGE : DVT_OK;
  if (code == DVT_OK && length > reply->capacity - reply->length) code = grow(reply, reply->length + length);
  if (code == DVT_OK && length) {
    memcpy(reply->bytes + reply->length, ptr, length);
    reply->length += length;
  }
  hs_side_set(side);
  return code;
}

static void begin(reply *reply) {
  reply->sink = (dvt_sink){
      .struct_size = sizeof(dvt_sink), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = reply, .write = keep};
  reply->bytes = reply->near;
  reply->length = 0;
  reply->capacity = sizeof reply->near;
}

/* MARK: The call */

int32_t br_answer(void *argument) {
  const br_request *call = argument;
  hs_slot *slot = hs_own_slot;
  /* It may be the successor of the entry that was found: it names its own provider. */
  const br_provider *provider = hs_entry_user(hs_top(slot)->entry);
  if (!provider) return DVT_GONE;
  int32_t code = provider->handler(provider->context, &call->request, call->reply, slot->error_sink);
  return code < 0 ? DVT_FAILED : code;
}

void br_service_set(br_service *service, hs_entry *entry, uint64_t version) {
  /* Who reads between two entries finds no version. */
  atomic_store(&service->version, 0);
  atomic_store(&service->entry, entry);
  atomic_store(&service->version, version);
}

/* What came of a call. */
typedef struct outcome {
  int32_t code, fault;
  int32_t is_late;
} outcome;

static outcome make(hs_entry *entry, const br_path *path, dvt_str name, const dvt_request *given, reply *reply) {
  uint64_t milliseconds = given->deadline_ms ? given->deadline_ms : BR_USUAL_DEADLINE;
  br_request call = {
      .request =
          {.struct_size = sizeof call.request,
           .abi_major = DVT_ABI_MAJOR,
           .abi_minor = DVT_ABI_MINOR,
           .service = name,
           .caller = path->source,
           .datacontenttype = given->datacontenttype,
           .data = given->data,
           .deadline_ms = milliseconds},
      .reply = &reply->sink};
  outcome outcome = {0};
  uint64_t began = read_clock(milliseconds);
  outcome.code = hs_call(entry, br_answer, &call, 0, &outcome.fault);
  if (outcome.code == DVT_OK) outcome.is_late = (read_clock(milliseconds) - began) / 1000000 >= milliseconds;
  return outcome;
}

/* Calls a service that was found before. Returns 0 when the call was not made: what was found does not hold any more, or the entry
 * does not take calls just now. */
static int call_known(
    hs_slot *slot, const dvt_host *host, br_service *service, dvt_str name, const dvt_request *request, const dvt_sink *sink,
    const dvt_error_sink *error, int32_t *code) {
  hs_pin(slot);
  uint64_t version = atomic_load(&service->version);
  hs_entry *entry = atomic_load(&service->entry);
  if (version != hs_services_version() || version != atomic_load(&service->version)) {
    hs_unpin(slot);
    return 0;
  }
  reply reply;
  begin(&reply);
  outcome outcome = make(entry, &((const br_host *)host)->path, name, request, &reply);
  int made = outcome.code >= 0 || outcome.code == HS_CRASHED;
  if (likely(outcome.code == DVT_OK && !outcome.is_late)) {
    hs_unpin(slot);
    *code = br_sink_write(sink, reply.bytes, reply.length);
  } else {
    if (made)
      *code = br_the_ways.call_failed(
          host, name, hs_entry_user(entry), outcome.code, outcome.fault, outcome.is_late, error);
    hs_unpin(slot);
  }
  if (reply.bytes != reply.near) free(reply.bytes);
  return made;
}

int32_t br_call(
    const dvt_host *host, dvt_str name, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  if (likely(host && request && reply && reply->write)) {
    const br_path *path = &((const br_host *)host)->path;
    if (likely(hs_owner_mode(path->owner) == BR_MODE_OPEN && request->struct_size == sizeof *request &&
               request->data.len <= BR_LARGEST_REQUEST)) {
      br_service *service = (br_service *)hs_names_find(path->services, name.ptr, name.len);
      hs_slot *slot = service ? hs_slot_self() : NULL;
      int32_t code = DVT_OK;
      if (likely(slot)) {
        uint32_t side = hs_side_set(HS_SIDE_HOST);
        int made = call_known(slot, host, service, name, request, reply, error, &code);
        hs_side_set(side);
        if (likely(made)) return code;
      }
    }
  }
  return br_the_ways.call(host, name, request, reply, error);
}
