/* What a worker's plugin asks of its host, asked of the host's own tables. */
#include <stdlib.h>
#include <string.h>

#include "wl_link.h"

/* Most that one call shows of records: further ones want pages. */
#define MOST_SHOWN (64u << 20)

/* Bytes that a sink collects. */
typedef struct bytes {
  uint8_t *ptr;
  size_t length, capacity;
} bytes;

/* One call while it is carried out. */
typedef struct service {
  wl_link *link;
  iso_end *end;
  uint32_t op;
  const iso_ask *ask;
  iso_reader reader;   /* behind the ask */
  iso_writer writer;   /* of the answer */
  iso_answer answer;
  iso_texts texts;
  int isStreaming;     /* items are written already, behind the answer's place */
  bytes first, second;
  dvt_error_sink sink;
  char domain[128];
  char message[2048];
} service;

/* MARK: Receiving */

static void note_error(void *context, const dvt_error *error) {
  service *service = context;
  size_t domain = error->domain.len < sizeof service->domain ? error->domain.len : sizeof service->domain;
  size_t message = error->message.len < sizeof service->message ? error->message.len : sizeof service->message;
  if (domain) memcpy(service->domain, error->domain.ptr, domain);
  if (message) memcpy(service->message, error->message.ptr, message);
  service->texts.domain = (dvt_str){(const uint8_t *)service->domain, domain};
  service->texts.message = (dvt_str){(const uint8_t *)service->message, message};
  service->answer.retryable = error->retryable;
}

static int32_t collect(void *context, const uint8_t *ptr, uint64_t length) {
  bytes *bytes = context;
  if (length > MOST_SHOWN - bytes->length) return DVT_TOO_LARGE;
  if (bytes->length + length > bytes->capacity) {
    size_t capacity = bytes->capacity ? bytes->capacity : 512;
    while (capacity < bytes->length + length) capacity *= 2;
    uint8_t *grown = realloc(bytes->ptr, capacity);
    if (!grown) return DVT_FULL;
    bytes->ptr = grown;
    bytes->capacity = capacity;
  }
  if (length) memcpy(bytes->ptr + bytes->length, ptr, length);
  bytes->length += length;
  return DVT_OK;
}

static dvt_sink sink_of(bytes *bytes) {
  return (dvt_sink){
      .struct_size = sizeof(dvt_sink), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = bytes,
      .write = collect};
}

/* From here on items are written as they are shown. */
static void stream(service *service) {
  service->isStreaming = 1;
  service->writer = (iso_writer){.grows = 1};
  iso_pack(&service->writer, &iso_type_answer, &service->answer);
}

static int32_t show(service *service, const iso_type *type, const void *value) {
  if (service->writer.cursor > MOST_SHOWN) {
    note_error(service, &(dvt_error){.domain = wl_text("dovetail"), .message = wl_text(
        "more than 64 MiB of records for one call of an isolated plugin; ask for pages (list_page, or limit and cursor)")});
    return DVT_TOO_LARGE;
  }
  iso_pack(&service->writer, type, value);
  service->answer.items++;
  return DVT_OK;
}

static int32_t show_record(void *context, const dvt_record *record) { return show(context, &iso_type_record, record); }
static int32_t show_reply(void *context, const dvt_reply *reply) { return show(context, &iso_type_reply, reply); }

static void show_receipt(void *context, uint64_t index, const dvt_written *written) {
  iso_receipt receipt = {index, *written};
  show(context, &iso_type_receipt, &receipt);
}

/* MARK: Answering */

/* What was found is more than a message carries. */
static void answer_instead(service *service) {
  iso_answer none = {.code = DVT_TOO_LARGE};
  iso_texts texts = {
      .domain = wl_text("dovetail"), .message = wl_text("one answer to an isolated plugin carries at most 256 MiB")};
  iso_writer writer = iso_arena(service->end);
  iso_pack(&writer, &iso_type_answer, &none);
  iso_pack(&writer, &iso_type_texts, &texts);
  iso_post(service->end, ISO_ANSWER, service->op, &writer);
}

static void answer(service *service) {
  service->texts.first = (dvt_bytes){service->first.ptr, service->first.length};
  service->texts.second = (dvt_bytes){service->second.ptr, service->second.length};
  if (service->isStreaming) {
    if (service->writer.base) memcpy(service->writer.base, &service->answer, sizeof service->answer);
    iso_pack(&service->writer, &iso_type_texts, &service->texts);
  } else {
    service->writer = iso_arena(service->end);
    for (;;) {
      iso_pack(&service->writer, &iso_type_answer, &service->answer);
      iso_pack(&service->writer, &iso_type_texts, &service->texts);
      if (iso_fits(&service->writer) || service->writer.grows) break;
      service->writer = (iso_writer){.grows = 1};
    }
  }
  int result = iso_post(service->end, ISO_ANSWER, service->op, &service->writer);
  if (service->writer.grows) iso_writer_free(&service->writer);
  if (result == ISO_TOO_LARGE) answer_instead(service);
  free(service->first.ptr);
  free(service->second.ptr);
}

/* MARK: Asking */

/* The struct of the ABI that the call brought, or NULL. */
static void *item(service *service, const iso_type *type) { return iso_unpack(&service->reader, type); }

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

static int32_t publish(service *service, const dvt_host *host, int named) {
  const dvt_events *events = service->link->tables.events;
  dvt_event *event = item(service, &iso_type_event);
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

static int32_t serve_events(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_events *events = link->tables.events;
  switch (service->op) {
  case ISO_EVENTS_TOPIC: {
    dvt_topic topic = 0;
    int32_t code = events->topic(host, ask->first, &topic, &service->sink);
    service->answer.number = (int64_t)topic;
    return code;
  }
  case ISO_EVENTS_PUBLISH: return publish(service, host, 0);
  case ISO_EVENTS_PUBLISH_NAMED: return publish(service, host, 1);
  case ISO_EVENTS_SUBSCRIBE: {
    dvt_subscription *options = item(service, &iso_type_subscription);
    if (!options) return DVT_INVALID;
    options->wants = NULL; /* the worker asks it */
    REGISTERED(events->subscribe(host, options, wl_on_event, proxy, &service->answer.handle, &service->sink));
  }
  default: WITHDRAWN(events, unsubscribe);
  }
}

static int32_t serve_services(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_services *services = link->tables.services;
  switch (service->op) {
  case ISO_SERVICES_PROVIDE:
    REGISTERED(services->provide(host, ask->first, wl_on_request, proxy, &service->answer.handle, &service->sink));
  case ISO_SERVICES_CALL: {
    const dvt_request *request = item(service, &iso_type_request);
    dvt_sink reply = sink_of(&service->first);
    return request ? services->call(host, ask->first, request, &reply, &service->sink) : DVT_INVALID;
  }
  default: WITHDRAWN(services, withdraw);
  }
}

static int32_t serve_resilience(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_resilience *resilience = link->tables.resilience;
  if (service->op == ISO_RESILIENCE_EXECUTE) {
    const iso_execution *given = item(service, &iso_type_execution);
    dvt_sink reply = sink_of(&service->first);
    dvt_executed done = {.struct_size = sizeof done, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
    if (!given) return DVT_INVALID;
    int32_t code = resilience->execute(host, given->execution, given->request, &reply, &done, &service->sink);
    service->answer.number = done.cause;
    return code;
  }
  dvt_breaker breaker = {.struct_size = sizeof breaker, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  stream(service);
  int32_t code = resilience->breaker(host, ask->first, ask->second, &breaker, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_breaker, &breaker);
  return code;
}

static int32_t serve_requests(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_requests *requests = link->tables.requests;
  switch (service->op) {
  case ISO_REQUESTS_RESPOND:
  case ISO_REQUESTS_COMBINE: {
    const dvt_responder *options = item(service, &iso_type_responder);
    if (!options) return DVT_INVALID;
    REGISTERED(
        service->op == ISO_REQUESTS_RESPOND
            ? requests->respond(host, options, wl_on_request, proxy, &service->answer.handle, &service->sink)
            : requests->combine(host, options, wl_on_combine, proxy, &service->answer.handle, &service->sink));
  }
  case ISO_REQUESTS_REQUEST: {
    const dvt_request *request = item(service, &iso_type_request);
    if (!request) return DVT_INVALID;
    stream(service);
    return requests->request(
        host, ask->first, request, (uint32_t)ask->number, show_reply, service, &service->sink);
  }
  case ISO_REQUESTS_BEGIN: {
    const dvt_request *request = item(service, &iso_type_request);
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

static int32_t serve_config(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_config *config = link->tables.config;
  dvt_sink text = sink_of(&service->first);
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
static int32_t serve_registrations(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const wl_tables *tables = &link->tables;
  dvt_handle *handle = &service->answer.handle;
  switch (service->op) {
  case ISO_TIMERS_SCHEDULE: {
    const dvt_timer *options = item(service, &iso_type_timer);
    if (!options) return DVT_INVALID;
    wl_proxy *proxy = wl_proxy_make(link, ask->token);
    if (!proxy) return DVT_FULL;
    proxy->isOnce = options->interval_ms == 0;
    REGISTER(proxy, tables->timers->schedule(host, options, wl_on_timer, proxy, handle, &service->sink));
  }
  case ISO_TIMERS_CANCEL: WITHDRAWN(tables->timers, cancel);
  case ISO_INTERCEPTORS_INTERCEPT: {
    const dvt_interception *options = item(service, &iso_type_interception);
    if (!options) return DVT_INVALID;
    REGISTERED(tables->interceptors->intercept(host, options, wl_on_exchange, proxy, handle, &service->sink));
  }
  case ISO_INTERCEPTORS_RELEASE: WITHDRAWN(tables->interceptors, release);
  case ISO_TYPES_DECLARE: {
    const dvt_event_type *type = item(service, &iso_type_event_type);
    return type ? tables->event_types->declare(host, type, handle, &service->sink) : DVT_INVALID;
  }
  case ISO_TYPES_WITHDRAW: return tables->event_types->withdraw(host, ask->handle, &service->sink);
  case ISO_ROUTES_ADD: {
    const dvt_route *route = item(service, &iso_type_route);
    return route ? tables->routes->add(host, route, handle, &service->sink) : DVT_INVALID;
  }
  case ISO_ROUTES_REMOVE: return tables->routes->remove(host, ask->handle, &service->sink);
  case ISO_VALIDATORS_VALIDATE: {
    const dvt_validation *options = item(service, &iso_type_validation);
    if (!options) return DVT_INVALID;
    REGISTERED(tables->validators->validate(host, options, wl_on_review, proxy, handle, &service->sink));
  }
  default: WITHDRAWN(tables->validators, release);
  }
}

/* A put or a removal: what it wrote, or the record that was not as expected. */
static int32_t write_record(service *service, const dvt_metadata *metadata, const dvt_host *host) {
  const dvt_write *write = item(service, &iso_type_write);
  if (!write) return DVT_INVALID;
  stream(service);
  dvt_written written = {.struct_size = sizeof written, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  dvt_record_receiver conflict = service->ask->flags & ISO_HAS_CONFLICT ? show_record : NULL;
  int32_t code = service->op == ISO_METADATA_PUT
                     ? metadata->put(host, write, &written, conflict, service, &service->sink)
                     : metadata->remove(host, write, &written, conflict, service, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_written, &written);
  return code;
}

static int32_t transact(service *service, const dvt_metadata *metadata, const dvt_host *host) {
  const dvt_transaction *transaction = item(service, &iso_type_transaction);
  if (!transaction) return DVT_INVALID;
  stream(service);
  dvt_transacted done = {.struct_size = sizeof done, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR};
  uint32_t flags = service->ask->flags;
  int32_t code = metadata->transact(
      host, transaction, &done, flags & ISO_HAS_RECEIPTS ? show_receipt : NULL,
      flags & ISO_HAS_CONFLICT ? show_record : NULL, service, &service->sink);
  if (code == DVT_OK) show(service, &iso_type_transacted, &done);
  return code;
}

static int32_t read_records(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_metadata *metadata = link->tables.metadata;
  dvt_record_receiver receiver = show_record;
  stream(service);
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
    const dvt_listing *listing = item(service, &iso_type_listing);
    return listing ? metadata->list_page(host, listing, receiver, service, &service->sink) : DVT_INVALID;
  }
  default: {
    const dvt_query *query = item(service, &iso_type_query);
    dvt_sink cursor = sink_of(&service->first), plan = sink_of(&service->second);
    if (!query) return DVT_INVALID;
    return metadata->query(
        host, query, ask->flags & ISO_HAS_RECEIVER ? receiver : NULL, service, &cursor, &plan, &service->sink);
  }
  }
}

static int32_t serve_metadata(service *service, wl_link *link, const dvt_host *host, const iso_ask *ask) {
  const dvt_metadata *metadata = link->tables.metadata;
  switch (service->op) {
  case ISO_METADATA_PUT:
  case ISO_METADATA_REMOVE: return write_record(service, metadata, host);
  case ISO_METADATA_TRANSACT: return transact(service, metadata, host);
  case ISO_METADATA_WATCH: {
    const dvt_watch *options = item(service, &iso_type_watch);
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
    stream(service);
    int32_t code = metadata->stats(host, &stats, &service->sink);
    if (code == DVT_OK) show(service, &iso_type_stats, &stats);
    return code;
  }
  case ISO_METADATA_DEFINE: {
    uint64_t version = 0;
    dvt_sink text = sink_of(&service->first);
    int32_t code = metadata->define(host, ask->first, ask->second, &text, &version, &service->sink);
    service->answer.number = (int64_t)version;
    return code;
  }
  default: return read_records(service, link, host, ask);
  }
}

static int32_t carry_out(service *service) {
  wl_link *link = service->link;
  const dvt_host *host = link->host;
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
  service service;
  memset(&service, 0, offsetof(struct service, domain));
  service.link = context;
  service.end = end;
  service.op = call->head.op;
  service.reader = iso_reader_of(call);
  service.ask = iso_unpack(&service.reader, &iso_type_ask);
  service.sink = (dvt_error_sink){
      .struct_size = sizeof service.sink, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = &service,
      .report = note_error};
  if (!service.ask || service.op == 0 || service.op > ISO_LAST_OF_WORKER) {
    wl_fail(service.link, WL_GARBAGE);
    return;
  }
  service.answer.code = carry_out(&service);
  answer(&service);
}
