/* What a worker's plugin asks of its host, asked of the host's own tables. */
#include <string.h>

#include "iso_report.h"
#include "iso_service.h"
#include "wl_link.h"

/* MARK: Showing */

static int32_t show(iso_service *service, const iso_type *type, const void *value) {
  if (service->writer.cursor > ISO_LARGEST_OUTPUT)
    return iso_refuse(
        &service->sink, DVT_TOO_LARGE, 0,
        "more than 64 MiB of records for one call of an isolated plugin; ask for pages (list_page, or limit and cursor)");
  iso_service_show(service, type, value);
  return DVT_OK;
}

static int32_t show_record(void *context, const dvt_record *record) { return show(context, &iso_type_record, record); }
static int32_t show_reply(void *context, const dvt_reply *reply) { return show(context, &iso_type_reply, reply); }

static void show_receipt(void *context, uint64_t index, const dvt_written *written) {
  iso_receipt receipt = {index, *written};
  show(context, &iso_type_receipt, &receipt);
}

/* MARK: Asking */

/* The data of an event that travelled in a buffer, in one of the host's. The caller releases it. */
static const dvt_buffer *rebuffer(const dvt_host *host, dvt_event *event) {
  const dvt_buffer *buffer = NULL;
  if (!event->buffer) return NULL;
  event->buffer = NULL;
  if (event->data.len == 0 || host->buffer_create(host, event->data.len, &buffer) != DVT_OK) return NULL;
  memcpy(buffer->ptr, event->data.ptr, event->data.len);
  event->buffer = buffer;
  event->data.ptr = buffer->ptr;
  return buffer;
}

static int32_t publish(iso_service *service, const dvt_events *events, const dvt_host *host, int named) {
  dvt_event *event = iso_service_item(service, &iso_type_event);
  if (!event) return DVT_INVALID;
  const dvt_buffer *buffer = rebuffer(host, event);
  int32_t code = named ? events->publish_named(host, event, &service->sink)
                       : events->publish(host, service->ask->number, event, &service->sink);
  if (buffer) host->buffer_release(buffer);
  return code;
}

/* Registers something. */
#define REGISTER(proxy, table_call)                                            \
  do {                                                                         \
    int32_t code = (table_call);                                               \
    if (code == DVT_OK) wl_proxy_registered(proxy, service->answer.handle.token); \
    else wl_proxy_free(proxy);                                                 \
    return code;                                                               \
  } while (0)

/* The same: `proxy` stands for the worker's. */
#define REGISTERED(table_call)                                                 \
  do {                                                                         \
    wl_proxy *proxy = wl_proxy_make(link, ask->token);                         \
    if (!proxy) return DVT_FULL;                                               \
    REGISTER(proxy, table_call);                                               \
  } while (0)

/* Ends a registration: what stood for it is freed when no call of it happens any more. */
#define WITHDRAWN(table, function)                                                                \
  do {                                                                                            \
    wl_proxy *done = wl_proxy_make(link, ask->flags & ISO_HAS_DONE ? ask->token : 0);             \
    if (!done) return DVT_FULL;                                                                   \
    uint64_t token = done->ends = ask->handle.token;                                              \
    int32_t code = (table)->function(host, ask->handle, wl_on_completion, done, &service->sink); \
    if (code == DVT_OK) wl_proxy_forget(link, token);                                             \
    if (code != DVT_PENDING) wl_proxy_free(done);                                                 \
    return code;                                                                                  \
  } while (0)

static int32_t serve_events(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_events *events = link->tables.events;
  switch (service->op) {
  case ISO_EVENTS_TOPIC: {
    dvt_topic topic = 0;
    int32_t code = events->topic(host, ask->first, &topic, &service->sink);
    service->answer.number = (int64_t)topic;
    return code;
  }
  case ISO_EVENTS_PUBLISH: return publish(service, events, host, 0);
  case ISO_EVENTS_PUBLISH_NAMED: return publish(service, events, host, 1);
  case ISO_EVENTS_SUBSCRIBE: {
    dvt_subscription *options = iso_service_item(service, &iso_type_subscription);
    if (!options) return DVT_INVALID;
    options->wants = NULL; /* the worker asks it */
    REGISTERED(events->subscribe(host, options, wl_on_event, proxy, &service->answer.handle, &service->sink));
  }
  default: WITHDRAWN(events, unsubscribe);
  }
}

static int32_t serve_services(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_services *services = link->tables.services;
  switch (service->op) {
  case ISO_SERVICES_PROVIDE:
    REGISTERED(services->provide(host, ask->first, wl_on_request, proxy, &service->answer.handle, &service->sink));
  case ISO_SERVICES_CALL: {
    const dvt_request *request = iso_service_item(service, &iso_type_request);
    dvt_sink reply = iso_sink_of(&service->first);
    return request ? services->call(host, ask->first, request, &reply, &service->sink) : DVT_INVALID;
  }
  default: WITHDRAWN(services, withdraw);
  }
}

static int32_t serve_resilience(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_resilience *resilience = link->tables.resilience;
  if (service->op == ISO_RESILIENCE_EXECUTE) {
    const iso_execution *given = iso_service_item(service, &iso_type_execution);
    dvt_sink reply = iso_sink_of(&service->first);
    dvt_executed done = {.struct_size = sizeof done, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
    if (!given) return DVT_INVALID;
    int32_t code = resilience->execute(host, given->execution, given->request, &reply, &done, &service->sink);
    service->answer.number = done.cause;
    return code;
  }
  dvt_breaker breaker = {.struct_size = sizeof breaker, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  iso_service_stream(service);
  int32_t code = resilience->breaker(host, ask->first, ask->second, &breaker, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_breaker, &breaker);
  return code;
}

static int32_t serve_requests(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_requests *requests = link->tables.requests;
  switch (service->op) {
  case ISO_REQUESTS_RESPOND:
  case ISO_REQUESTS_COMBINE: {
    const dvt_responder *options = iso_service_item(service, &iso_type_responder);
    if (!options) return DVT_INVALID;
    REGISTERED(
        service->op == ISO_REQUESTS_RESPOND
            ? requests->respond(host, options, wl_on_request, proxy, &service->answer.handle, &service->sink)
            : requests->combine(host, options, wl_on_combine, proxy, &service->answer.handle, &service->sink));
  }
  case ISO_REQUESTS_REQUEST: {
    const dvt_request *request = iso_service_item(service, &iso_type_request);
    if (!request) return DVT_INVALID;
    iso_service_stream(service);
    return requests->request(
        host, ask->first, request, (uint32_t)ask->number, show_reply, service, &service->sink);
  }
  case ISO_REQUESTS_BEGIN: {
    const dvt_request *request = iso_service_item(service, &iso_type_request);
    wl_proxy *proxy = request ? wl_proxy_make(link, ask->token) : NULL;
    if (!proxy) return request ? DVT_FULL : DVT_INVALID;
    int32_t code = requests->begin(
        host, ask->first, request, (uint32_t)ask->number, wl_on_reply, wl_on_replies_done, proxy,
        &service->answer.handle, &service->sink);
    if (code != DVT_OK) wl_proxy_free(proxy); /* else its end frees it */
    return code;
  }
  case ISO_REQUESTS_CANCEL: return requests->cancel(host, ask->handle, &service->sink);
  default: WITHDRAWN(requests, withdraw);
  }
}

static int32_t serve_config(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_config *config = link->tables.config;
  dvt_sink text = iso_sink_of(&service->first);
  int32_t flag = 0;
  switch (service->op) {
  case ISO_CONFIG_JSON: return config->get_json(host, ask->first, &text, &service->sink);
  case ISO_CONFIG_STRING: return config->get_string(host, ask->first, &text, &service->sink);
  case ISO_CONFIG_INT: return config->get_int(host, ask->first, &service->answer.number, &service->sink);
  case ISO_CONFIG_DOUBLE: return config->get_double(host, ask->first, &service->answer.real, &service->sink);
  default: {
    int32_t code = config->get_bool(host, ask->first, &flag, &service->sink);
    service->answer.number = flag;
    return code;
  }
  }
}

/* Timers, interceptors, declarations, routes, validators: what is registered and withdrawn, and no more. */
static int32_t serve_registrations(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const wl_tables *tables = &link->tables;
  dvt_handle *handle = &service->answer.handle;
  switch (service->op) {
  case ISO_TIMERS_SCHEDULE: {
    const dvt_timer *options = iso_service_item(service, &iso_type_timer);
    if (!options) return DVT_INVALID;
    wl_proxy *proxy = wl_proxy_make(link, ask->token);
    if (!proxy) return DVT_FULL;
    proxy->isOnce = options->interval_ms == 0;
    REGISTER(proxy, tables->timers->schedule(host, options, wl_on_timer, proxy, handle, &service->sink));
  }
  case ISO_TIMERS_CANCEL: WITHDRAWN(tables->timers, cancel);
  case ISO_INTERCEPTORS_INTERCEPT: {
    const dvt_interception *options = iso_service_item(service, &iso_type_interception);
    if (!options) return DVT_INVALID;
    REGISTERED(tables->interceptors->intercept(host, options, wl_on_exchange, proxy, handle, &service->sink));
  }
  case ISO_INTERCEPTORS_RELEASE: WITHDRAWN(tables->interceptors, release);
  case ISO_TYPES_DECLARE: {
    const dvt_event_type *type = iso_service_item(service, &iso_type_event_type);
    return type ? tables->event_types->declare(host, type, handle, &service->sink) : DVT_INVALID;
  }
  case ISO_TYPES_WITHDRAW: return tables->event_types->withdraw(host, ask->handle, &service->sink);
  case ISO_ROUTES_ADD: {
    const dvt_route *route = iso_service_item(service, &iso_type_route);
    return route ? tables->routes->add(host, route, handle, &service->sink) : DVT_INVALID;
  }
  case ISO_ROUTES_REMOVE: return tables->routes->remove(host, ask->handle, &service->sink);
  case ISO_VALIDATORS_VALIDATE: {
    const dvt_validation *options = iso_service_item(service, &iso_type_validation);
    if (!options) return DVT_INVALID;
    REGISTERED(tables->validators->validate(host, options, wl_on_review, proxy, handle, &service->sink));
  }
  default: WITHDRAWN(tables->validators, release);
  }
}

/* A put or a removal: what it wrote, or the record that was not as expected. */
static int32_t write_record(iso_service *service, const dvt_metadata *metadata, const dvt_host *host) {
  const dvt_write *write = iso_service_item(service, &iso_type_write);
  if (!write) return DVT_INVALID;
  iso_service_stream(service);
  dvt_written written = {.struct_size = sizeof written, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  dvt_record_receiver conflict = service->ask->flags & ISO_HAS_CONFLICT ? show_record : NULL;
  int32_t code = service->op == ISO_METADATA_PUT
                     ? metadata->put(host, write, &written, conflict, service, &service->sink)
                     : metadata->remove(host, write, &written, conflict, service, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_written, &written);
  return code;
}

static int32_t transact(iso_service *service, const dvt_metadata *metadata, const dvt_host *host) {
  const dvt_transaction *transaction = iso_service_item(service, &iso_type_transaction);
  if (!transaction) return DVT_INVALID;
  iso_service_stream(service);
  dvt_transacted done = {.struct_size = sizeof done, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  uint32_t flags = service->ask->flags;
  int32_t code = metadata->transact(
      host, transaction, &done, flags & ISO_HAS_RECEIPTS ? show_receipt : NULL,
      flags & ISO_HAS_CONFLICT ? show_record : NULL, service, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_transacted, &done);
  return code;
}

static int32_t read_records(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_metadata *metadata = link->tables.metadata;
  dvt_record_receiver receiver = show_record;
  iso_service_stream(service);
  switch (service->op) {
  case ISO_METADATA_GET: return metadata->get(host, ask->first, ask->second, receiver, service, &service->sink);
  case ISO_METADATA_LIST: return metadata->list(host, ask->first, ask->second, receiver, service, &service->sink);
  case ISO_METADATA_GET_AT:
    return metadata->get_at(host, ask->first, ask->second, ask->number, receiver, service, &service->sink);
  case ISO_METADATA_HISTORY:
    return metadata->history(host, ask->first, ask->second, ask->number, receiver, service, &service->sink);
  case ISO_METADATA_SNAPSHOT_GET:
    return metadata->snapshot_get(host, ask->handle, ask->first, ask->second, receiver, service, &service->sink);
  case ISO_METADATA_LIST_PAGE: {
    const dvt_listing *listing = iso_service_item(service, &iso_type_listing);
    return listing ? metadata->list_page(host, listing, receiver, service, &service->sink) : DVT_INVALID;
  }
  default: {
    const dvt_query *query = iso_service_item(service, &iso_type_query);
    dvt_sink cursor = iso_sink_of(&service->first), plan = iso_sink_of(&service->second);
    if (!query) return DVT_INVALID;
    return metadata->query(
        host, query, ask->flags & ISO_HAS_RECEIVER ? receiver : NULL, service, &cursor, &plan, &service->sink);
  }
  }
}

static int32_t serve_metadata(iso_service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_metadata *metadata = link->tables.metadata;
  switch (service->op) {
  case ISO_METADATA_PUT:
  case ISO_METADATA_REMOVE: return write_record(service, metadata, host);
  case ISO_METADATA_TRANSACT: return transact(service, metadata, host);
  case ISO_METADATA_WATCH: {
    const dvt_watch *options = iso_service_item(service, &iso_type_watch);
    const dvt_metadata *table = ask->flags & ISO_FIRST_REVISION ? link->tables.metadata_r1 : metadata;
    if (!options || !table) return DVT_INVALID;
    REGISTERED(table->watch(host, options, wl_on_record, proxy, &service->answer.handle, &service->sink));
  }
  case ISO_METADATA_UNWATCH: WITHDRAWN(metadata, unwatch);
  case ISO_METADATA_SNAPSHOT_OPEN: {
    uint64_t revision = 0;
    int32_t code = metadata->snapshot_open(host, &service->answer.handle, &revision, &service->sink);
    service->answer.number = (int64_t)revision;
    return code;
  }
  case ISO_METADATA_SNAPSHOT_CLOSE: return metadata->snapshot_close(host, ask->handle, &service->sink);
  case ISO_METADATA_FLUSH: return metadata->flush(host, (uint32_t)ask->number, &service->sink);
  case ISO_METADATA_STATS: {
    dvt_metadata_stats stats = {.struct_size = sizeof stats, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
    iso_service_stream(service);
    int32_t code = metadata->stats(host, &stats, &service->sink);
    if (code == DVT_OK) show(service, &iso_type_stats, &stats);
    return code;
  }
  case ISO_METADATA_DEFINE: {
    uint64_t version = 0;
    dvt_sink text = iso_sink_of(&service->first);
    int32_t code = metadata->define(host, ask->first, ask->second, &text, &version, &service->sink);
    service->answer.number = (int64_t)version;
    return code;
  }
  default: return read_records(service, link, host, ask);
  }
}

static int32_t carry_out(iso_service *service, wl_link *link) {
  const dvt_host *host = atomic_load(&link->host);
  const iso_ask *ask = service->ask;
  uint32_t op = service->op;
  if (op == ISO_LOG_WRITE)
    return link->tables.log->write(host, (uint32_t)ask->number, ask->first, ask->fields, ask->field_count);
  if (op >= ISO_CONFIG_JSON && op <= ISO_CONFIG_BOOL) return serve_config(service, link, host, ask);
  if (op >= ISO_EVENTS_TOPIC && op <= ISO_EVENTS_UNSUBSCRIBE) return serve_events(service, link, host, ask);
  if (op >= ISO_SERVICES_PROVIDE && op <= ISO_SERVICES_CALL) return serve_services(service, link, host, ask);
  if (op >= ISO_REQUESTS_RESPOND && op <= ISO_REQUESTS_CANCEL) return serve_requests(service, link, host, ask);
  if (op >= ISO_METADATA_GET && op <= ISO_METADATA_DEFINE) return serve_metadata(service, link, host, ask);
  if (op == ISO_RESILIENCE_EXECUTE || op == ISO_RESILIENCE_BREAKER) return serve_resilience(service, link, host, ask);
  return serve_registrations(service, link, host, ask);
}

void wl_serve(iso_end *end, iso_message *call, void *context) {
  iso_service service;
  wl_link *link = context;
  if (!iso_service_begin(&service, end, call) || service.op == 0 || service.op > ISO_LAST_OF_WORKER) {
    wl_fail(link, WL_GARBAGE);
    return;
  }
  service.answer.code = carry_out(&service, link);
  iso_service_answer(&service, "one answer to an isolated plugin carries at most 256 MiB");
}
