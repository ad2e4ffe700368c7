/* dovetail.event-types/1: say what the events of a topic are, so that the host can show it and keep it.
 * What the host's own events are (plugin.failed, metadata.changed, bus.lag, ...) stands in PluginSDK/EVENTS.md. */
#ifndef DOVETAIL_EVENT_TYPES_H
#define DOVETAIL_EVENT_TYPES_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_EVENT_TYPES_INTERFACE "dovetail.event-types/1"

/* What the events of a topic are. All zero but the header and `topic` is a valid choice. What a manifest's `events` declares
 * needs no call. */
typedef struct dvt_event_type_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str topic;           /* a topic, or segments with `*` (one segment) and a last `>` (one or more segments) */
  dvt_str summary;         /* what the events say, in a sentence */
  dvt_str datacontenttype; /* media type that their data must have; empty = any */
  dvt_str schema;          /* JSON Schema that their data fit, as JSON text; they are JSON then. Empty = anything */
  dvt_str dataschema;      /* URI of the schema, as events have it; shown only */
} dvt_event_type;

typedef struct dvt_event_types_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Declares what the events of a topic are, until `withdraw` or the end of the generation; at a reload the successor's
   * declarations take the place of its predecessor's, all at once. Events that are published to the topic from now on, by anybody, and
   * do not fit are told or refused, as `events.enforceSchemas` of the host's configuration says; a refused publish answers
   * DVT_INVALID. To declare the same as somebody else is no conflict. A plugin has at most 256 declarations.
   * OWNERSHIP: the type is borrowed until the call returns.
   * Returns: DVT_OK with `*out` set, DVT_INVALID (topic; schema, with the keyword that the host would not keep), DVT_EXISTS
   * (somebody declared the same topic otherwise; the message has who), DVT_FULL, DVT_DENIED (`permissions.publish`) or DVT_GONE.
   * [any-thread] */
  int32_t (*declare)(const dvt_host *host, const dvt_event_type *type, dvt_handle *out, const dvt_error_sink *error);
  /* Takes a declaration back.
   * Returns: DVT_OK or DVT_GONE.
   * [any-thread] */
  int32_t (*withdraw)(const dvt_host *host, dvt_handle type, const dvt_error_sink *error);
} dvt_event_types;

#ifdef __cplusplus
}
#endif
#endif
