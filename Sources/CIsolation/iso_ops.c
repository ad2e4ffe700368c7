#include "iso_ops.h"

#include "iso_types.h"

static const iso_field ask[] = {
    {ISO_TEXT, offsetof(iso_ask, first), 0, NULL},
    {ISO_TEXT, offsetof(iso_ask, second), 0, NULL},
    {ISO_MANY, offsetof(iso_ask, fields), offsetof(iso_ask, field_count), &iso_type_attribute},
};
const iso_type iso_type_ask = {sizeof(iso_ask), 0, ask, 3};

const iso_type iso_type_answer = {sizeof(iso_answer), 0, NULL, 0};

static const iso_field texts[] = {
    {ISO_TEXT, offsetof(iso_texts, domain), 0, NULL},
    {ISO_TEXT, offsetof(iso_texts, message), 0, NULL},
    {ISO_TEXT, offsetof(iso_texts, first), 0, NULL},
    {ISO_TEXT, offsetof(iso_texts, second), 0, NULL},
};
const iso_type iso_type_texts = {sizeof(iso_texts), 0, texts, 4};

const iso_type iso_type_receipt = {sizeof(iso_receipt), 0, NULL, 0};

static const iso_field amendment[] = {{ISO_VALUE, offsetof(iso_amendment, value), 0, NULL}};
const iso_type iso_type_amendment = {sizeof(iso_amendment), 0, amendment, 1};

const iso_type iso_type_transacted = {sizeof(dvt_transacted), 1, NULL, 0};
static const iso_field execution[] = {
    {ISO_ONE, offsetof(iso_execution, execution), 0, &iso_type_options_of_call},
    {ISO_ONE, offsetof(iso_execution, request), 0, &iso_type_request},
};
const iso_type iso_type_execution = {sizeof(iso_execution), 0, execution, 2};
const iso_type iso_type_breaker = {sizeof(dvt_breaker), 1, NULL, 0};

const iso_type iso_type_stats = {sizeof(dvt_metadata_stats), 1, NULL, 0};

const char *iso_op_name(uint32_t op) {
  static const char *const calls[] = {
      [ISO_LOG_WRITE] = "log.write",
      [ISO_CONFIG_JSON] = "config.get_json",
      [ISO_CONFIG_STRING] = "config.get_string",
      [ISO_CONFIG_INT] = "config.get_int",
      [ISO_CONFIG_DOUBLE] = "config.get_double",
      [ISO_CONFIG_BOOL] = "config.get_bool",
      [ISO_EVENTS_TOPIC] = "events.topic",
      [ISO_EVENTS_PUBLISH] = "events.publish",
      [ISO_EVENTS_PUBLISH_NAMED] = "events.publish_named",
      [ISO_EVENTS_SUBSCRIBE] = "events.subscribe",
      [ISO_EVENTS_UNSUBSCRIBE] = "events.unsubscribe",
      [ISO_SERVICES_PROVIDE] = "services.provide",
      [ISO_SERVICES_WITHDRAW] = "services.withdraw",
      [ISO_SERVICES_CALL] = "services.call",
      [ISO_TIMERS_SCHEDULE] = "timers.schedule",
      [ISO_TIMERS_CANCEL] = "timers.cancel",
      [ISO_REQUESTS_RESPOND] = "requests.respond",
      [ISO_REQUESTS_COMBINE] = "requests.combine",
      [ISO_REQUESTS_WITHDRAW] = "requests.withdraw",
      [ISO_REQUESTS_REQUEST] = "requests.request",
      [ISO_REQUESTS_BEGIN] = "requests.begin",
      [ISO_REQUESTS_CANCEL] = "requests.cancel",
      [ISO_INTERCEPTORS_INTERCEPT] = "interceptors.intercept",
      [ISO_INTERCEPTORS_RELEASE] = "interceptors.release",
      [ISO_TYPES_DECLARE] = "event-types.declare",
      [ISO_TYPES_WITHDRAW] = "event-types.withdraw",
      [ISO_ROUTES_ADD] = "routes.add",
      [ISO_ROUTES_REMOVE] = "routes.remove",
      [ISO_METADATA_GET] = "metadata.get",
      [ISO_METADATA_PUT] = "metadata.put",
      [ISO_METADATA_REMOVE] = "metadata.remove",
      [ISO_METADATA_LIST] = "metadata.list",
      [ISO_METADATA_WATCH] = "metadata.watch",
      [ISO_METADATA_UNWATCH] = "metadata.unwatch",
      [ISO_METADATA_TRANSACT] = "metadata.transact",
      [ISO_METADATA_GET_AT] = "metadata.get_at",
      [ISO_METADATA_HISTORY] = "metadata.history",
      [ISO_METADATA_SNAPSHOT_OPEN] = "metadata.snapshot_open",
      [ISO_METADATA_SNAPSHOT_CLOSE] = "metadata.snapshot_close",
      [ISO_METADATA_SNAPSHOT_GET] = "metadata.snapshot_get",
      [ISO_METADATA_LIST_PAGE] = "metadata.list_page",
      [ISO_METADATA_FLUSH] = "metadata.flush",
      [ISO_METADATA_STATS] = "metadata.stats",
      [ISO_METADATA_QUERY] = "metadata.query",
      [ISO_METADATA_DEFINE] = "metadata.define",
      [ISO_VALIDATORS_VALIDATE] = "validators.validate",
      [ISO_VALIDATORS_RELEASE] = "validators.release",
      [ISO_RESILIENCE_EXECUTE] = "resilience.execute",
      [ISO_RESILIENCE_BREAKER] = "resilience.breaker",
  };
  static const char *const callbacks[] = {
      "load",        "pre_init", "init",    "post_init", "quiesce",    "resume", "save_state", "restore_state", "health", "metrics",
      "pre_cleanup", "cleanup",  "handler", "handler", "service",   "timer", "completion", "watch", "reply", "combiner", "interceptor",
      "validator",
  };
  if (op >= ISO_LOAD && op <= ISO_HANDLE_REVIEW) return callbacks[op - ISO_LOAD];
  return op >= 1 && op <= ISO_LAST_OF_WORKER ? calls[op] : "unknown";
}
