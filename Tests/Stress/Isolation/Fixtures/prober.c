/* A plugin that calls every function of every interface with arguments at random, whenever the service `ID.probe` is called with
 * "SEED COUNT". Its pointers are valid, as the ABI demands; everything else is as it comes. It answers with how many calls were
 * DVT_OK. */
#include <stdatomic.h>
#include <string.h>

#include "dovetail.h"
#include "specimen.h"

#ifdef MANIFEST
__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[sizeof(MANIFEST) - 1] = MANIFEST;
#endif

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})

static const dvt_host *host;
static char id[128];

static struct {
  const dvt_log *log;
  const dvt_config *config;
  const dvt_events *events;
  const dvt_services *services;
  const dvt_timers *timers;
  const dvt_requests *requests;
  const dvt_interceptors *interceptors;
  const dvt_event_types *types;
  const dvt_routes *routes;
  const dvt_metadata *metadata;
  const dvt_validators *validators;
  const dvt_executor *executor;
} tables;

/* MARK: What the host calls */

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  return (void)context, (void)event, (void)error, DVT_OK;
}
static int32_t wants(void *context, const dvt_event *event) { return (void)context, (void)event, 1; }
static int32_t on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  return reply->write(reply->context, request->data.ptr, request->data.len);
}
static int32_t on_combine(
    void *context, const dvt_request *request, const dvt_reply *replies, uint64_t count, const dvt_sink *reply,
    const dvt_error_sink *error) {
  (void)context, (void)request, (void)error;
  return reply->write(reply->context, count ? replies[0].data.ptr : NULL, count ? replies[0].data.len : 0);
}
static int32_t on_time(void *context, const dvt_error_sink *error) { return (void)context, (void)error, DVT_OK; }
static int32_t on_reply(void *context, const dvt_reply *reply) { return (void)context, (void)reply, DVT_OK; }
static int32_t on_record(void *context, const dvt_record *record) { return (void)context, (void)record, DVT_OK; }
static void on_written(void *context, uint64_t index, const dvt_written *written) { (void)context, (void)index, (void)written; }
static int32_t on_exchange(
    void *context, const dvt_exchange *exchange, const dvt_verdict *verdict, const dvt_error_sink *error) {
  return (void)context, (void)exchange, (void)verdict, (void)error, DVT_OK;
}
static int32_t on_review(
    void *context, const dvt_review *review, const dvt_amending *amending, const dvt_error_sink *error) {
  return (void)context, (void)review, (void)amending, (void)error, DVT_OK;
}
static void on_done(void *context, int32_t code) { (void)context, (void)code; }
static void on_job(void *context) { (void)context; }
static int32_t take(void *context, const uint8_t *ptr, uint64_t length) { return (void)context, (void)ptr, (void)length, DVT_OK; }
static void hear(void *context, const dvt_error *error) {
  /* Whoever reads it touches all of it. */
  uint64_t sum = 0;
  for (uint64_t i = 0; i < error->message.len; i++) sum += error->message.ptr[i];
  *(volatile uint64_t *)context += sum;
}

/* MARK: Arguments */

typedef struct probe {
  dice dice;
  dvt_handle handles[64];
  uint32_t handle_count;
  dvt_topic topics[8];
  uint32_t topic_count;
  specimen specimen;
  int hasSpecimen;
  dvt_error_sink error;
  uint64_t heard;
} probe;

static uint64_t number(probe *probe) {
  static const uint64_t numbers[] = {0, 1, 2, 3, 5, 64, 1000, 65536, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
  return dice_below(&probe->dice, 4) ? numbers[dice_below(&probe->dice, sizeof numbers / sizeof *numbers)] : dice_roll(&probe->dice);
}

static void *value(probe *probe, const iso_type *type) {
  if (probe->hasSpecimen) specimen_free(&probe->specimen);
  probe->hasSpecimen = 1;
  uint32_t nesting = (uint32_t)dice_below(&probe->dice, dice_below(&probe->dice, 30) ? 4 : 40);
  if (dice_below(&probe->dice, 4)) specimen_make_tame(&probe->specimen, &probe->dice, type, nesting);
  else specimen_make(&probe->specimen, &probe->dice, type, nesting);
  return probe->specimen.given;
}

/* Whether a struct, which may be of any revision, has a member. */
#define HAS(struct, member) \
  ((struct)->struct_size >= (size_t)((const uint8_t *)(&(struct)->member + 1) - (const uint8_t *)(struct)))

/* No member of a function's type may point nowhere. */
static dvt_subscription *subscription(probe *probe) {
  dvt_subscription *made = value(probe, &iso_type_subscription);
  if (HAS(made, wants) && made->wants) made->wants = wants;
  if (HAS(made, block_ms)) made->block_ms = 1;
  return made;
}

/* Nor may a buffer be none of the host's. */
static dvt_event *event(probe *probe) {
  dvt_event *made = value(probe, &iso_type_event);
  if (HAS(made, buffer)) made->buffer = NULL;
  return made;
}

static dvt_request *request(probe *probe) {
  dvt_request *made = value(probe, &iso_type_request);
  if (HAS(made, deadline_ms)) made->deadline_ms = 1 + dice_below(&probe->dice, 5);
  return made;
}

static dvt_str name(probe *probe) {
  if (dice_below(&probe->dice, 4)) return specimen_name(&probe->dice);
  return (dvt_str){dice_below(&probe->dice, 2) ? (const uint8_t *)"x" : NULL, 0};
}

/* The service by which the prober is asked, which it must not take back by chance. */
static dvt_handle own;

static dvt_handle handle(probe *probe) {
  dvt_handle handle = probe->handles[dice_below(&probe->dice, 64)];
  if (dice_below(&probe->dice, 4) == 0) handle.token += dice_below(&probe->dice, 9) - 4;
  if (dice_below(&probe->dice, 8) == 0) handle.plugin = (uint32_t)number(probe);
  if (dice_below(&probe->dice, 8) == 0) handle.generation = (uint32_t)number(probe);
  if (handle.token == own.token) handle.token = 0;
  return handle;
}

static int32_t keep(probe *probe, int32_t code, dvt_handle handle) {
  if (code == DVT_OK) probe->handles[probe->handle_count++ % 64] = handle;
  return code;
}

/* MARK: Calls */

static int32_t call_events(probe *probe, const dvt_error_sink *error) {
  const dvt_events *events = tables.events;
  dvt_handle made = {0};
  switch (dice_below(&probe->dice, 6)) {
  case 0: {
    dvt_topic topic = 0;
    int32_t code = events->topic(host, name(probe), &topic, error);
    if (code == DVT_OK) probe->topics[probe->topic_count++ % 8] = topic;
    return code;
  }
  case 1: {
    dvt_topic topic = dice_below(&probe->dice, 2) ? probe->topics[dice_below(&probe->dice, 8)] : number(probe);
    return events->publish(host, topic, event(probe), error);
  }
  case 2: return events->publish_named(host, event(probe), error);
  case 3: return keep(probe, events->subscribe(host, subscription(probe), on_event, NULL, &made, error), made);
  default: return events->unsubscribe(host, handle(probe), dice_below(&probe->dice, 2) ? on_done : NULL, NULL, error);
  }
}

static int32_t call_requests(probe *probe, const dvt_error_sink *error) {
  const dvt_requests *requests = tables.requests;
  dvt_handle made = {0};
  switch (dice_below(&probe->dice, 6)) {
  case 0: return keep(probe, requests->respond(host, value(probe, &iso_type_responder), on_request, NULL, &made, error), made);
  case 1: return keep(probe, requests->combine(host, value(probe, &iso_type_responder), on_combine, NULL, &made, error), made);
  case 2: return requests->withdraw(host, handle(probe), on_done, NULL, error);
  case 3: return requests->request(host, name(probe), request(probe), (uint32_t)dice_below(&probe->dice, 5), on_reply, NULL, error);
  case 4:
    return keep(
        probe,
        requests->begin(
            host, name(probe), request(probe), (uint32_t)dice_below(&probe->dice, 5), on_reply, on_done, NULL, &made, error),
        made);
  default: return requests->cancel(host, handle(probe), error);
  }
}

static int32_t call_metadata(probe *probe, const dvt_error_sink *error) {
  const dvt_metadata *metadata = tables.metadata;
  dvt_handle made = {0};
  dvt_written written = {.struct_size = sizeof written};
  dvt_transacted transacted = {.struct_size = sizeof transacted};
  dvt_metadata_stats stats = {.struct_size = sizeof stats};
  dvt_sink sink = {.struct_size = sizeof sink, .abi_major = DVT_ABI_MAJOR, .write = take};
  uint64_t revision = 0;
  switch (dice_below(&probe->dice, 17)) {
  case 0: return metadata->get(host, name(probe), name(probe), on_record, NULL, error);
  case 1: return metadata->put(host, value(probe, &iso_type_write), &written, on_record, NULL, error);
  case 2: return metadata->remove(host, value(probe, &iso_type_write), NULL, NULL, NULL, error);
  case 3: return metadata->list(host, name(probe), name(probe), on_record, NULL, error);
  case 4: return keep(probe, metadata->watch(host, value(probe, &iso_type_watch), on_record, NULL, &made, error), made);
  case 5: return metadata->unwatch(host, handle(probe), on_done, NULL, error);
  case 6:
    return metadata->transact(host, value(probe, &iso_type_transaction), &transacted, on_written, on_record, NULL, error);
  case 7: return metadata->get_at(host, name(probe), name(probe), number(probe), on_record, NULL, error);
  case 8: return metadata->history(host, name(probe), name(probe), number(probe), on_record, NULL, error);
  case 9: return keep(probe, metadata->snapshot_open(host, &made, &revision, error), made);
  case 10: return metadata->snapshot_close(host, handle(probe), error);
  case 11: return metadata->snapshot_get(host, handle(probe), name(probe), name(probe), on_record, NULL, error);
  case 12: return metadata->list_page(host, value(probe, &iso_type_listing), on_record, NULL, error);
  case 13: return metadata->flush(host, (uint32_t)number(probe), error);
  case 14: return metadata->stats(host, &stats, error);
  case 15:
    return metadata->query(
        host, value(probe, &iso_type_query), dice_below(&probe->dice, 4) ? on_record : NULL, NULL, &sink, &sink, error);
  default: return metadata->define(host, name(probe), name(probe), &sink, &revision, error);
  }
}

static int32_t call_others(probe *probe, const dvt_error_sink *error) {
  dvt_handle made = {0};
  dvt_sink sink = {.struct_size = sizeof sink, .abi_major = DVT_ABI_MAJOR, .write = take};
  int64_t integer;
  double real;
  int32_t flag;
  switch (dice_below(&probe->dice, 22)) {
  case 0: {
    dvt_attribute fields[4];
    for (int i = 0; i < 4; i++) fields[i] = (dvt_attribute){name(probe), name(probe)};
    return tables.log->write(host, DVT_LOG_TRACE + (uint32_t)(number(probe) % 3 ? 0 : number(probe)), name(probe), fields, dice_below(&probe->dice, 5));
  }
  case 1: return tables.log->enabled(host, (uint32_t)number(probe)) ? DVT_OK : DVT_FAILED;
  case 2: return tables.config->get_json(host, name(probe), &sink, error);
  case 3: return tables.config->get_string(host, name(probe), &sink, error);
  case 4: return tables.config->get_int(host, name(probe), &integer, error);
  case 5: return tables.config->get_double(host, name(probe), &real, error);
  case 6: return tables.config->get_bool(host, name(probe), &flag, error);
  case 7: return keep(probe, tables.services->provide(host, name(probe), on_request, NULL, &made, error), made);
  case 8: return tables.services->withdraw(host, handle(probe), on_done, NULL, error);
  case 9: return tables.services->call(host, name(probe), request(probe), &sink, error);
  case 10: return keep(probe, tables.timers->schedule(host, value(probe, &iso_type_timer), on_time, NULL, &made, error), made);
  case 11: return tables.timers->cancel(host, handle(probe), on_done, NULL, error);
  case 12:
    return keep(
        probe, tables.interceptors->intercept(host, value(probe, &iso_type_interception), on_exchange, NULL, &made, error), made);
  case 13: return tables.interceptors->release(host, handle(probe), on_done, NULL, error);
  case 14: return keep(probe, tables.types->declare(host, value(probe, &iso_type_event_type), &made, error), made);
  case 15: return tables.types->withdraw(host, handle(probe), error);
  case 16: return keep(probe, tables.routes->add(host, value(probe, &iso_type_route), &made, error), made);
  case 17: return tables.routes->remove(host, handle(probe), error);
  case 18:
    return keep(probe, tables.validators->validate(host, value(probe, &iso_type_validation), on_review, NULL, &made, error), made);
  case 19: return tables.validators->release(host, handle(probe), on_done, NULL, error);
  case 20: return tables.executor->submit(host, on_job, NULL);
  default: {
    const dvt_buffer *buffer = NULL;
    int32_t code = host->buffer_create(host, number(probe) & ~(UINT64_MAX >> 1 & ~UINT64_C(0xfffff)), &buffer);
    if (code != DVT_OK) return code;
    dvt_event carried = {.struct_size = sizeof carried, .abi_major = DVT_ABI_MAJOR, .type = name(probe), .buffer = buffer,
                         .data = {buffer->ptr, buffer->len}};
    host->buffer_retain(buffer);
    code = tables.events->publish_named(host, &carried, error);
    host->buffer_release(buffer);
    host->buffer_release(buffer);
    return code;
  }
  }
}

static int32_t on_probe(void *context, const dvt_request *given, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char text[64] = {0}, *next;
  memcpy(text, given->data.ptr, given->data.len < sizeof text - 1 ? given->data.len : sizeof text - 1);
  probe probe = {.dice = {strtoull(text, &next, 10)}};
  uint64_t calls = strtoull(next, NULL, 10), fine = 0;
  probe.error = (dvt_error_sink){.struct_size = sizeof probe.error, .abi_major = DVT_ABI_MAJOR, .context = &probe.heard, .report = hear};
  for (uint64_t i = 0; i < calls; i++) {
    const dvt_error_sink *sink = dice_below(&probe.dice, 8) ? &probe.error : NULL;
    int32_t code;
    switch (dice_below(&probe.dice, 4)) {
    case 0: code = call_events(&probe, sink); break;
    case 1: code = call_requests(&probe, sink); break;
    case 2: code = call_metadata(&probe, sink); break;
    default: code = call_others(&probe, sink);
    }
    if (code == DVT_OK) fine++;
  }
  if (probe.hasSpecimen) specimen_free(&probe.specimen);
  /* What it holds it gives back, so that the next probe has room. */
  for (int i = 0; i < 64; i++) {
    if (!probe.handles[i].token) continue;
    tables.events->unsubscribe(host, probe.handles[i], NULL, NULL, NULL);
    tables.services->withdraw(host, probe.handles[i], NULL, NULL, NULL);
    tables.timers->cancel(host, probe.handles[i], NULL, NULL, NULL);
    tables.requests->withdraw(host, probe.handles[i], NULL, NULL, NULL);
    tables.interceptors->release(host, probe.handles[i], NULL, NULL, NULL);
    tables.types->withdraw(host, probe.handles[i], NULL);
    tables.routes->remove(host, probe.handles[i], NULL);
    tables.validators->release(host, probe.handles[i], NULL, NULL, NULL);
    tables.metadata->unwatch(host, probe.handles[i], NULL, NULL, NULL);
    tables.metadata->snapshot_close(host, probe.handles[i], NULL);
  }
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)fine);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

/* MARK: Life */

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  tables.log = host->get_interface(host, TEXT(DVT_LOG_INTERFACE));
  tables.config = host->get_interface(host, TEXT(DVT_CONFIG_INTERFACE));
  tables.events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  tables.services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  tables.timers = host->get_interface(host, TEXT(DVT_TIMERS_INTERFACE));
  tables.requests = host->get_interface(host, TEXT(DVT_REQUESTS_INTERFACE));
  tables.interceptors = host->get_interface(host, TEXT(DVT_INTERCEPTORS_INTERFACE));
  tables.types = host->get_interface(host, TEXT(DVT_EVENT_TYPES_INTERFACE));
  tables.routes = host->get_interface(host, TEXT(DVT_ROUTES_INTERFACE));
  tables.metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  tables.validators = host->get_interface(host, TEXT(DVT_VALIDATORS_INTERFACE));
  tables.executor = host->get_interface(host, TEXT(DVT_EXECUTOR_INTERFACE));
  char service[140];
  int length = snprintf(service, sizeof service, "%s.probe", id);
  return tables.services->provide(host, (dvt_str){(const uint8_t *)service, (uint64_t)length}, on_probe, NULL, &own, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {
      .struct_size = sizeof plugin, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .init = init, .cleanup = cleanup};
  snprintf(id, sizeof id, "%.*s", (int)handshake->plugin_id.len, (const char *)handshake->plugin_id.ptr);
  return &plugin;
}
