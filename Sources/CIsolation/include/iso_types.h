/* How the structs of the ABI are packed: the pointers of each, in order. */
#ifndef ISO_TYPES_H
#define ISO_TYPES_H

#include "iso_pack.h"

extern const iso_type iso_type_attribute;
extern const iso_type iso_type_field;
extern const iso_type iso_type_value;
extern const iso_type iso_type_event;
extern const iso_type iso_type_filter;
extern const iso_type iso_type_subscription;
extern const iso_type iso_type_request;
extern const iso_type iso_type_options_of_call;
extern const iso_type iso_type_reply;
extern const iso_type iso_type_responder;
extern const iso_type iso_type_timer;
extern const iso_type iso_type_record;
extern const iso_type iso_type_write;
extern const iso_type iso_type_written;
extern const iso_type iso_type_transaction;
extern const iso_type iso_type_listing;
extern const iso_type iso_type_query;
extern const iso_type iso_type_watch;
extern const iso_type iso_type_state;
extern const iso_type iso_type_metric;
extern const iso_type iso_type_interception;
extern const iso_type iso_type_exchange;
extern const iso_type iso_type_event_type;
extern const iso_type iso_type_route;
extern const iso_type iso_type_validation;
extern const iso_type iso_type_review;

#endif
