/* A plugin that tries what its manifest does not permit: `nosy.WHAT` answers with the code and what the host said. */
#include "creature.h"

static const dvt_host *host;

static int32_t on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  return (void)context, (void)event, (void)error, DVT_OK;
}

static int32_t show(void *context, const dvt_record *record) { return (void)context, (void)record, DVT_OK; }

static int32_t ignore(void *context, const uint8_t *ptr, uint64_t len) {
  return (void)context, (void)ptr, (void)len, DVT_OK;
}

static int32_t publish(const dvt_error_sink *error) {
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_event event = {HEADER(dvt_event), .type = TEXT("zoo.secret")};
  return events->publish_named(host, &event, error);
}

static int32_t subscribe(const dvt_error_sink *error) {
  const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
  dvt_subscription options = {HEADER(dvt_subscription), .pattern = TEXT("zoo.>")};
  dvt_handle handle;
  return events->subscribe(host, &options, on_event, NULL, &handle, error);
}

static int32_t put(const dvt_error_sink *error) {
  const dvt_metadata *metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  dvt_write write = {HEADER(dvt_write), .collection = TEXT("secrets"), .key = TEXT("key")};
  return metadata->put(host, &write, NULL, NULL, NULL, error);
}

static int32_t get(const dvt_error_sink *error) {
  const dvt_metadata *metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  return metadata->get(host, TEXT("secrets"), TEXT("key"), show, NULL, error);
}

static int32_t call(const dvt_error_sink *error) {
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_request request = {HEADER(dvt_request), .deadline_ms = 1000};
  dvt_sink reply = {HEADER(dvt_sink), .write = ignore};
  return services->call(host, TEXT("witness.ticks"), &request, &reply, error);
}

/* How each other interface is asked for what is not permitted: `name` begins a function, `table` is of the interface. */
#define ATTEMPT(name, type, interface)                                                                                  \
  static int32_t name##_with(const type *table, const dvt_error_sink *error);                                           \
  static int32_t name(const dvt_error_sink *error) { return name##_with(host->get_interface(host, TEXT(interface)), error); } \
  static int32_t name##_with(const type *table, const dvt_error_sink *error)

static int32_t serve(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  return (void)context, (void)request, (void)reply, (void)error, DVT_OK;
}

static int32_t pass(void *context, const dvt_exchange *exchange, const dvt_verdict *verdict, const dvt_error_sink *error) {
  return (void)context, (void)exchange, (void)verdict, (void)error, DVT_OK;
}

static int32_t accept_all(void *context, const dvt_review *review, const dvt_amending *amending,
                          const dvt_error_sink *error) {
  return (void)context, (void)review, (void)amending, (void)error, DVT_OK;
}

static dvt_handle handle;

ATTEMPT(topic, dvt_events, DVT_EVENTS_INTERFACE) {
  dvt_topic opened;
  return table->topic(host, TEXT("zoo.secret"), &opened, error);
}

ATTEMPT(respond, dvt_requests, DVT_REQUESTS_INTERFACE) {
  dvt_responder options = {HEADER(dvt_responder), .pattern = TEXT("zoo.>")};
  return table->respond(host, &options, serve, NULL, &handle, error);
}

ATTEMPT(intercept, dvt_interceptors, DVT_INTERCEPTORS_INTERFACE) {
  dvt_interception options = {HEADER(dvt_interception), .pattern = TEXT("zoo.>"), .stages = DVT_STAGE_EVENT};
  return table->intercept(host, &options, pass, NULL, &handle, error);
}

ATTEMPT(declare, dvt_event_types, DVT_EVENT_TYPES_INTERFACE) {
  dvt_event_type type = {HEADER(dvt_event_type), .topic = TEXT("zoo.secret")};
  return table->declare(host, &type, &handle, error);
}

ATTEMPT(route, dvt_routes, DVT_ROUTES_INTERFACE) {
  dvt_route rule = {HEADER(dvt_route), .from = TEXT("nosy.a"), .to = TEXT("zoo.secret"), .mode = DVT_ROUTE_COPY};
  return table->add(host, &rule, &handle, error);
}

ATTEMPT(take, dvt_routes, DVT_ROUTES_INTERFACE) {
  dvt_route rule = {HEADER(dvt_route), .from = TEXT("zoo.>"), .to = TEXT("nosy.a"), .mode = DVT_ROUTE_COPY};
  return table->add(host, &rule, &handle, error);
}

ATTEMPT(execute, dvt_resilience, DVT_RESILIENCE_INTERFACE) {
  dvt_execution execution = {HEADER(dvt_execution), .service = TEXT("witness.ticks")};
  dvt_request request = {HEADER(dvt_request), .deadline_ms = 1000};
  dvt_sink reply = {HEADER(dvt_sink), .write = ignore};
  return table->execute(host, &execution, &request, &reply, NULL, error);
}

ATTEMPT(validate, dvt_validators, DVT_VALIDATORS_INTERFACE) {
  dvt_validation options = {HEADER(dvt_validation), .pattern = TEXT("secrets")};
  return table->validate(host, &options, accept_all, NULL, &handle, error);
}

ATTEMPT(list, dvt_metadata, DVT_METADATA_INTERFACE) {
  return table->list(host, TEXT("secrets"), TEXT(""), show, NULL, error);
}

ATTEMPT(page, dvt_metadata, DVT_METADATA_INTERFACE) {
  dvt_listing listing = {HEADER(dvt_listing), .collection = TEXT("secrets")};
  return table->list_page(host, &listing, show, NULL, error);
}

ATTEMPT(watch, dvt_metadata, DVT_METADATA_INTERFACE) {
  dvt_watch options = {HEADER(dvt_watch), .collection = TEXT("secrets")};
  return table->watch(host, &options, show, NULL, &handle, error);
}

ATTEMPT(past, dvt_metadata, DVT_METADATA_INTERFACE) {
  return table->get_at(host, TEXT("secrets"), TEXT("key"), 1, show, NULL, error);
}

ATTEMPT(history, dvt_metadata, DVT_METADATA_INTERFACE) {
  return table->history(host, TEXT("secrets"), TEXT("key"), 0, show, NULL, error);
}

ATTEMPT(query, dvt_metadata, DVT_METADATA_INTERFACE) {
  dvt_query query = {HEADER(dvt_query), .text = TEXT("from secrets")};
  return table->query(host, &query, show, NULL, NULL, NULL, error);
}

ATTEMPT(define, dvt_metadata, DVT_METADATA_INTERFACE) {
  return table->define(host, TEXT("secrets"), TEXT("{}"), NULL, NULL, error);
}

ATTEMPT(look, dvt_metadata, DVT_METADATA_INTERFACE) {
  dvt_handle snapshot;
  int32_t code = table->snapshot_open(host, &snapshot, NULL, error);
  if (code) return code;
  code = table->snapshot_get(host, snapshot, TEXT("secrets"), TEXT("key"), show, NULL, error);
  table->snapshot_close(host, snapshot, NULL);
  return code;
}

/* A condition tells what a record is as well as reading it does. */
ATTEMPT(ask, dvt_metadata, DVT_METADATA_INTERFACE) {
  dvt_condition condition = {.collection = TEXT("secrets"), .key = TEXT("key"), .subject = DVT_IF_VERSION};
  dvt_transaction transaction = {HEADER(dvt_transaction), .conditions = &condition, .condition_count = 1};
  return table->transact(host, &transaction, NULL, NULL, NULL, NULL, error);
}

static const struct attempt {
  const char *service;
  int32_t (*run)(const dvt_error_sink *error);
} attempts[] = {
    {"nosy.publish", publish}, {"nosy.subscribe", subscribe}, {"nosy.put", put}, {"nosy.get", get}, {"nosy.call", call},
    {"nosy.topic", topic}, {"nosy.respond", respond}, {"nosy.intercept", intercept}, {"nosy.declare", declare}, {"nosy.route", route}, {"nosy.take", take},
    {"nosy.execute", execute}, {"nosy.validate", validate}, {"nosy.list", list}, {"nosy.page", page}, {"nosy.watch", watch}, {"nosy.past", past},
    {"nosy.history", history}, {"nosy.query", query}, {"nosy.define", define}, {"nosy.look", look}, {"nosy.ask", ask}};

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)request, (void)error;
  struct hearing hearing = {0};
  dvt_error_sink sink = HEARS(hearing);
  int32_t code = ((const struct attempt *)context)->run(&sink);
  char answer[600];
  int length = snprintf(answer, sizeof answer, "%d %s", code, hearing.message);
  return reply->write(reply->context, (const uint8_t *)answer, (uint64_t)length);
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  int32_t code = DVT_OK;
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts && code == DVT_OK; i++) {
    dvt_handle handle;
    code = services->provide(host, text(attempts[i].service), on_call, (void *)&attempts[i], &handle, error);
  }
  return code;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
