#include "iso_types.h"

#include "dovetail.h"

#define TEXT(struct, member) {ISO_TEXT, offsetof(struct, member), 0, NULL}
#define ONE(struct, member, of) {ISO_ONE, offsetof(struct, member), 0, &of}
#define MANY(struct, member, counted, of) {ISO_MANY, offsetof(struct, member), offsetof(struct, counted), &of}
#define POINTERS(struct, member, counted, of) {ISO_POINTERS, offsetof(struct, member), offsetof(struct, counted), &of}
#define VALUE(struct, member) {ISO_VALUE, offsetof(struct, member), 0, NULL}
#define PRESENCE(struct, member) {ISO_PRESENCE, offsetof(struct, member), 0, NULL}
#define NOTHING(struct, member) {ISO_NOTHING, offsetof(struct, member), 0, NULL}

#define COUNT(fields) (sizeof(fields) / sizeof *(fields))
/* A struct that begins with its size, and one that does not. */
#define SIZED(name, struct, fields) const iso_type name = {sizeof(struct), 1, fields, COUNT(fields)}
#define PLAIN(name, struct, fields) const iso_type name = {sizeof(struct), 0, fields, COUNT(fields)}

static const iso_field attribute[] = {TEXT(dvt_attribute, name), TEXT(dvt_attribute, value)};
PLAIN(iso_type_attribute, dvt_attribute, attribute);

static const iso_field field[] = {TEXT(dvt_field, name), VALUE(dvt_field, value)};
PLAIN(iso_type_field, dvt_field, field);

static const iso_field value[] = {{ISO_VALUE, 0, 0, NULL}};
PLAIN(iso_type_value, dvt_value, value);

static const iso_field event[] = {
    TEXT(dvt_event, id),
    TEXT(dvt_event, source),
    TEXT(dvt_event, type),
    TEXT(dvt_event, subject),
    TEXT(dvt_event, datacontenttype),
    TEXT(dvt_event, dataschema),
    MANY(dvt_event, extensions, extension_count, iso_type_attribute),
    TEXT(dvt_event, data),
    PRESENCE(dvt_event, buffer),
};
SIZED(iso_type_event, dvt_event, event);

static const iso_field filter[] = {TEXT(dvt_filter, field), TEXT(dvt_filter, value)};
PLAIN(iso_type_filter, dvt_filter, filter);

static const iso_field subscription[] = {
    TEXT(dvt_subscription, pattern),
    TEXT(dvt_subscription, name),
    MANY(dvt_subscription, filters, filter_count, iso_type_filter),
    PRESENCE(dvt_subscription, wants),
    TEXT(dvt_subscription, key),
};
SIZED(iso_type_subscription, dvt_subscription, subscription);

static const iso_field request[] = {
    TEXT(dvt_request, service), TEXT(dvt_request, caller), TEXT(dvt_request, datacontenttype), TEXT(dvt_request, data)};
SIZED(iso_type_request, dvt_request, request);

static const iso_field options_of_call[] = {
    TEXT(dvt_execution, service), TEXT(dvt_execution, fallback), TEXT(dvt_execution, breaker)};
SIZED(iso_type_options_of_call, dvt_execution, options_of_call);

static const iso_field reply[] = {
    TEXT(dvt_reply, responder), TEXT(dvt_reply, name), TEXT(dvt_reply, message), TEXT(dvt_reply, data)};
SIZED(iso_type_reply, dvt_reply, reply);

static const iso_field responder[] = {TEXT(dvt_responder, pattern), TEXT(dvt_responder, name)};
SIZED(iso_type_responder, dvt_responder, responder);

static const iso_field timer[] = {TEXT(dvt_timer, name)};
SIZED(iso_type_timer, dvt_timer, timer);

static const iso_field record[] = {TEXT(dvt_record, collection), TEXT(dvt_record, key), VALUE(dvt_record, value)};
SIZED(iso_type_record, dvt_record, record);

static const iso_field write[] = {TEXT(dvt_write, collection), TEXT(dvt_write, key), VALUE(dvt_write, value)};
SIZED(iso_type_write, dvt_write, write);

const iso_type iso_type_written = {sizeof(dvt_written), 1, NULL, 0};

static const iso_field condition[] = {
    TEXT(dvt_condition, collection), TEXT(dvt_condition, key), TEXT(dvt_condition, field), VALUE(dvt_condition, value)};
static PLAIN(type_condition, dvt_condition, condition);

static const iso_field transaction[] = {
    MANY(dvt_transaction, conditions, condition_count, type_condition),
    POINTERS(dvt_transaction, writes, write_count, iso_type_write),
    POINTERS(dvt_transaction, otherwise, otherwise_count, iso_type_write),
};
SIZED(iso_type_transaction, dvt_transaction, transaction);

static const iso_field listing[] = {
    TEXT(dvt_listing, collection), TEXT(dvt_listing, prefix), TEXT(dvt_listing, after)};
SIZED(iso_type_listing, dvt_listing, listing);

static const iso_field query[] = {TEXT(dvt_query, text), VALUE(dvt_query, parameters), TEXT(dvt_query, cursor)};
SIZED(iso_type_query, dvt_query, query);

static const iso_field watch[] = {
    TEXT(dvt_watch, name), TEXT(dvt_watch, collection), TEXT(dvt_watch, prefix),
    TEXT(dvt_watch, key),  TEXT(dvt_watch, condition),  VALUE(dvt_watch, parameters),
};
SIZED(iso_type_watch, dvt_watch, watch);

static const iso_field state[] = {TEXT(dvt_state, schema), TEXT(dvt_state, data)};
SIZED(iso_type_state, dvt_state, state);

static const iso_field metric[] = {
    TEXT(dvt_metric, name), MANY(dvt_metric, labels, label_count, iso_type_attribute)};
SIZED(iso_type_metric, dvt_metric, metric);

static const iso_field interception[] = {TEXT(dvt_interception, pattern), TEXT(dvt_interception, name)};
SIZED(iso_type_interception, dvt_interception, interception);

static const iso_field exchange[] = {
    TEXT(dvt_exchange, name),
    TEXT(dvt_exchange, caller),
    ONE(dvt_exchange, event, iso_type_event),
    TEXT(dvt_exchange, datacontenttype),
    TEXT(dvt_exchange, data),
};
SIZED(iso_type_exchange, dvt_exchange, exchange);

static const iso_field event_type[] = {
    TEXT(dvt_event_type, topic),  TEXT(dvt_event_type, summary),    TEXT(dvt_event_type, datacontenttype),
    TEXT(dvt_event_type, schema), TEXT(dvt_event_type, dataschema),
};
SIZED(iso_type_event_type, dvt_event_type, event_type);

static const iso_field route[] = {
    TEXT(dvt_route, from), TEXT(dvt_route, to), TEXT(dvt_route, name),
    MANY(dvt_route, filters, filter_count, iso_type_filter)};
SIZED(iso_type_route, dvt_route, route);

static const iso_field validation[] = {TEXT(dvt_validation, pattern), TEXT(dvt_validation, name)};
SIZED(iso_type_validation, dvt_validation, validation);

static const iso_field proposal[] = {
    TEXT(dvt_proposal, collection), TEXT(dvt_proposal, key), ONE(dvt_proposal, record, iso_type_record),
    ONE(dvt_proposal, value, iso_type_value)};
static PLAIN(type_proposal, dvt_proposal, proposal);

static const iso_field review[] = {MANY(dvt_review, proposals, proposal_count, type_proposal)};
SIZED(iso_type_review, dvt_review, review);
