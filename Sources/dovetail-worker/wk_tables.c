/* The interfaces but metadata: each function asks the host. */
#include <string.h>

#include "iso_report.h"
#include "wk.h"

#define HEAD .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

/* MARK: log, config */

static int32_t log_enabled(const dvt_host *host, uint32_t level) {
  (void)host;
  return level >= atomic_load_explicit(&wk.channel.shared->log_level, memory_order_relaxed);
}

static int32_t log_write(
    const dvt_host *host, uint32_t level, dvt_str message, const dvt_attribute *fields, uint64_t field_count) {
  if (level <= DVT_LOG_ERROR && !log_enabled(host, level)) return DVT_OK;
  iso_ask ask = {.number = level, .first = message, .fields = fields, .field_count = field_count};
  return wk_ask_plain(ISO_LOG_WRITE, &ask, NULL, NULL, NULL, NULL, NULL);
}

static const dvt_log log_table = {sizeof log_table, HEAD, log_write, log_enabled};

static int32_t config_text(uint32_t op, dvt_str pointer, const dvt_sink *out, const dvt_error_sink *error) {
  iso_ask ask = {.first = pointer};
  return wk_ask_plain(op, &ask, NULL, NULL, NULL, out, error);
}

static int32_t get_json(const dvt_host *host, dvt_str pointer, const dvt_sink *out, const dvt_error_sink *error) {
  (void)host;
  return config_text(ISO_CONFIG_JSON, pointer, out, error);
}
static int32_t get_string(const dvt_host *host, dvt_str pointer, const dvt_sink *out, const dvt_error_sink *error) {
  (void)host;
  return config_text(ISO_CONFIG_STRING, pointer, out, error);
}

static int32_t config_number(uint32_t op, dvt_str pointer, iso_answer *out, const dvt_error_sink *error) {
  iso_ask ask = {.first = pointer};
  return wk_ask_plain(op, &ask, NULL, NULL, out, NULL, error);
}

static int32_t get_int(const dvt_host *host, dvt_str pointer, int64_t *out, const dvt_error_sink *error) {
  (void)host;
  iso_answer answer;
  int32_t code = config_number(ISO_CONFIG_INT, pointer, &answer, error);
  if (code == DVT_OK) *out = answer.number;
  return code;
}
static int32_t get_double(const dvt_host *host, dvt_str pointer, double *out, const dvt_error_sink *error) {
  (void)host;
  iso_answer answer;
  int32_t code = config_number(ISO_CONFIG_DOUBLE, pointer, &answer, error);
  if (code == DVT_OK) *out = answer.real;
  return code;
}
static int32_t get_bool(const dvt_host *host, dvt_str pointer, int32_t *out, const dvt_error_sink *error) {
  (void)host;
  iso_answer answer;
  int32_t code = config_number(ISO_CONFIG_BOOL, pointer, &answer, error);
  if (code == DVT_OK) *out = (int32_t)answer.number;
  return code;
}

static const dvt_config config_table = {
    sizeof config_table, HEAD, get_json, get_string, get_int, get_double, get_bool};

/* MARK: events */

static int32_t topic(const dvt_host *host, dvt_str name, dvt_topic *out, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = name};
  iso_answer answer;
  int32_t code = wk_ask_plain(ISO_EVENTS_TOPIC, &ask, NULL, NULL, &answer, NULL, error);
  if (code == DVT_OK && out) *out = (dvt_topic)answer.number;
  return code;
}

static int32_t publish_as(uint32_t op, dvt_topic topic, const dvt_event *event, const dvt_error_sink *error) {
  if (!event) return iso_refuse(error, DVT_INVALID, 0, "the event is NULL");
  iso_ask ask = {.number = topic};
  return wk_ask_plain(op, &ask, &iso_type_event, event, NULL, NULL, error);
}

static int32_t publish(const dvt_host *host, dvt_topic topic, const dvt_event *event, const dvt_error_sink *error) {
  (void)host;
  return publish_as(ISO_EVENTS_PUBLISH, topic, event, error);
}
static int32_t publish_named(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error) {
  (void)host;
  return publish_as(ISO_EVENTS_PUBLISH_NAMED, 0, event, error);
}

static int32_t subscribe(
    const dvt_host *host, const dvt_subscription *options, dvt_handler handler, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))handler, .context = context};
  /* A struct of the first revision has no `wants`. */
  if (options && options->struct_size > offsetof(dvt_subscription, wants)) entry.wants = options->wants;
  return wk_register(ISO_EVENTS_SUBSCRIBE, entry, (iso_ask){0}, &iso_type_subscription, options, out, error);
}

static int32_t unsubscribe(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_EVENTS_UNSUBSCRIBE, handle, done, context, error);
}

static const dvt_events events_table = {
    sizeof events_table, HEAD, topic, publish, publish_named, subscribe, unsubscribe};

/* MARK: services, timers */

static int32_t provide(
    const dvt_host *host, dvt_str name, dvt_service_handler handler, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))handler, .context = context};
  return wk_register(ISO_SERVICES_PROVIDE, entry, (iso_ask){.first = name}, NULL, NULL, out, error);
}

static int32_t services_withdraw(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_SERVICES_WITHDRAW, handle, done, context, error);
}

static int32_t call_service(
    const dvt_host *host, dvt_str name, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = name};
  if (!request) return iso_refuse(error, DVT_INVALID, 0, "the request is NULL");
  return wk_ask_plain(ISO_SERVICES_CALL, &ask, &iso_type_request, request, NULL, reply, error);
}

static const dvt_services services_table = {sizeof services_table, HEAD, provide, services_withdraw, call_service};

static int32_t schedule(
    const dvt_host *host, const dvt_timer *options, dvt_timer_handler handler, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))handler, .context = context};
  entry.isOnce = options && options->interval_ms == 0;
  return wk_register(ISO_TIMERS_SCHEDULE, entry, (iso_ask){0}, &iso_type_timer, options, out, error);
}

static int32_t cancel_timer(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_TIMERS_CANCEL, handle, done, context, error);
}

static const dvt_timers timers_table = {sizeof timers_table, HEAD, schedule, cancel_timer};

/* MARK: resilience */

static int32_t execute(
    const dvt_host *host, const dvt_execution *execution, const dvt_request *request, const dvt_sink *reply,
    dvt_executed *out, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {0};
  if (!execution || !request || !reply)
    return iso_refuse(error, DVT_INVALID, 0, "execution, request and reply must not be NULL");
  iso_execution given = {execution, request};
  iso_reply answer;
  int32_t code = wk_ask(ISO_RESILIENCE_EXECUTE, &ask, &iso_type_execution, &given, &answer, error);
  if (code != DVT_OK) return code;
  dvt_executed done = {.cause = (int32_t)answer.answer->number};
  wk_hand_over(out, &done, sizeof done);
  return iso_settle(&answer, reply, NULL, error);
}

static int32_t breaker(
    const dvt_host *host, dvt_str service, dvt_str name, dvt_breaker *out, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = service, .second = name};
  iso_reply reply;
  int32_t code = wk_ask(ISO_RESILIENCE_BREAKER, &ask, NULL, NULL, &reply, error);
  if (code != DVT_OK) return code;
  if (reply.answer->items == 1) wk_hand_over(out, iso_unpack(&reply.reader, &iso_type_breaker), sizeof *out);
  return iso_settle(&reply, NULL, NULL, error);
}

static const dvt_resilience resilience_table = {sizeof resilience_table, HEAD, execute, breaker};

/* MARK: requests */

static int32_t respond(
    const dvt_host *host, const dvt_responder *options, dvt_service_handler handler, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))handler, .context = context};
  return wk_register(ISO_REQUESTS_RESPOND, entry, (iso_ask){0}, &iso_type_responder, options, out, error);
}

static int32_t combine(
    const dvt_host *host, const dvt_responder *options, dvt_combiner combiner, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))combiner, .context = context};
  return wk_register(ISO_REQUESTS_COMBINE, entry, (iso_ask){0}, &iso_type_responder, options, out, error);
}

static int32_t requests_withdraw(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_REQUESTS_WITHDRAW, handle, done, context, error);
}

static int32_t request(
    const dvt_host *host, dvt_str name, const dvt_request *request, uint32_t replies, dvt_reply_handler handler,
    void *context, const dvt_error_sink *error) {
  (void)host;
  if (!request || !handler) return iso_refuse(error, DVT_INVALID, 0, "request and handler must not be NULL");
  iso_ask ask = {.first = name, .number = replies};
  iso_reply answer;
  int32_t code = wk_ask(ISO_REQUESTS_REQUEST, &ask, &iso_type_request, request, &answer, error);
  if (code != DVT_OK) return code;
  int wanted = 1;
  for (uint64_t i = 0; i < answer.answer->items; i++) {
    const dvt_reply *reply = iso_unpack(&answer.reader, &iso_type_reply);
    if (reply && wanted) wanted = handler(context, reply) == DVT_OK;
  }
  return iso_settle(&answer, NULL, NULL, error);
}

static int32_t begin_request(
    const dvt_host *host, dvt_str name, const dvt_request *request, uint32_t replies, dvt_reply_handler handler,
    dvt_completion done, void *context, dvt_handle *out, const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))handler, .done = done, .context = context};
  iso_ask ask = {.first = name, .number = replies};
  if (!done) return iso_refuse(error, DVT_INVALID, 0, "done must not be NULL");
  return wk_register(ISO_REQUESTS_BEGIN, entry, ask, &iso_type_request, request, out, error);
}

static int32_t cancel_request(const dvt_host *host, dvt_handle handle, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.handle = handle};
  return wk_ask_plain(ISO_REQUESTS_CANCEL, &ask, NULL, NULL, NULL, NULL, error);
}

static const dvt_requests requests_table = {
    sizeof requests_table, HEAD, respond, combine, requests_withdraw, request, begin_request, cancel_request};

/* MARK: interceptors, declarations, routes, validators */

static int32_t intercept(
    const dvt_host *host, const dvt_interception *options, dvt_interceptor interceptor, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))interceptor, .context = context};
  return wk_register(ISO_INTERCEPTORS_INTERCEPT, entry, (iso_ask){0}, &iso_type_interception, options, out, error);
}

static int32_t interceptors_release(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_INTERCEPTORS_RELEASE, handle, done, context, error);
}

static const dvt_interceptors interceptors_table = {
    sizeof interceptors_table, HEAD, intercept, interceptors_release};

/* A rule of the host's that calls nothing back. */
static int32_t ruling(uint32_t op, const iso_type *type, const void *rule, dvt_handle *out, const dvt_error_sink *error) {
  iso_ask ask = {0};
  iso_answer answer;
  if (!rule || !out) return iso_refuse(error, DVT_INVALID, 0, "the rule and out must not be NULL");
  int32_t code = wk_ask_plain(op, &ask, type, rule, &answer, NULL, error);
  if (code == DVT_OK) *out = answer.handle;
  return code;
}

static int32_t declare(const dvt_host *host, const dvt_event_type *type, dvt_handle *out, const dvt_error_sink *error) {
  (void)host;
  return ruling(ISO_TYPES_DECLARE, &iso_type_event_type, type, out, error);
}
static int32_t types_withdraw(const dvt_host *host, dvt_handle handle, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.handle = handle};
  return wk_ask_plain(ISO_TYPES_WITHDRAW, &ask, NULL, NULL, NULL, NULL, error);
}
static const dvt_event_types types_table = {sizeof types_table, HEAD, declare, types_withdraw};

static int32_t add_route(const dvt_host *host, const dvt_route *route, dvt_handle *out, const dvt_error_sink *error) {
  (void)host;
  return ruling(ISO_ROUTES_ADD, &iso_type_route, route, out, error);
}
static int32_t remove_route(const dvt_host *host, dvt_handle handle, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.handle = handle};
  return wk_ask_plain(ISO_ROUTES_REMOVE, &ask, NULL, NULL, NULL, NULL, error);
}
static const dvt_routes routes_table = {sizeof routes_table, HEAD, add_route, remove_route};

static int32_t validate(
    const dvt_host *host, const dvt_validation *options, dvt_validator validator, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  wk_entry entry = {.call = (void (*)(void))validator, .context = context};
  return wk_register(ISO_VALIDATORS_VALIDATE, entry, (iso_ask){0}, &iso_type_validation, options, out, error);
}
static int32_t validators_release(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_VALIDATORS_RELEASE, handle, done, context, error);
}
static const dvt_validators validators_table = {sizeof validators_table, HEAD, validate, validators_release};

/* MARK: By name */

static int is(dvt_str name, const char *text) { return name.len == strlen(text) && memcmp(name.ptr, text, name.len) == 0; }

const void *wk_interface(dvt_str name) {
  if (is(name, DVT_EVENTS_INTERFACE)) return &events_table;
  if (is(name, DVT_SERVICES_INTERFACE)) return &services_table;
  if (is(name, DVT_TIMERS_INTERFACE)) return &timers_table;
  if (is(name, DVT_LOG_INTERFACE)) return &log_table;
  if (is(name, DVT_CONFIG_INTERFACE)) return &config_table;
  if (is(name, DVT_METADATA_INTERFACE)) return &wk_metadata;
  if (is(name, DVT_METADATA_INTERFACE_R1)) return &wk_metadata_r1;
  if (is(name, DVT_EXECUTOR_INTERFACE)) return &wk_executor;
  if (is(name, DVT_REQUESTS_INTERFACE)) return &requests_table;
  if (is(name, DVT_INTERCEPTORS_INTERFACE)) return &interceptors_table;
  if (is(name, DVT_EVENT_TYPES_INTERFACE)) return &types_table;
  if (is(name, DVT_ROUTES_INTERFACE)) return &routes_table;
  if (is(name, DVT_VALIDATORS_INTERFACE)) return &validators_table;
  if (is(name, DVT_RESILIENCE_INTERFACE)) return &resilience_table;
  return NULL;
}
