/* dovetail.routes/1: take events from topic to topic. The configuration of a host has the same rules. */
#ifndef DOVETAIL_ROUTES_H
#define DOVETAIL_ROUTES_H

#include "base.h"
#include "events.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_ROUTES_INTERFACE "dovetail.routes/1"

#define DVT_ROUTE_COPY 0u /* the handlers of the topic that an event was published to receive it too */
#define DVT_ROUTE_MOVE 1u /* they do not */

/* A rule. All zero but the header, `from` and `to` is a valid choice. */
typedef struct dvt_route_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str from;              /* a topic, or segments with `*` (one segment) and a last `>` (one or more segments) */
  dvt_str to;                /* the topic that events are taken to */
  dvt_str name;              /* unique among the plugin's routes; empty = from#ordinal. Plugin id and name outlive a reload */
  const dvt_filter *filters; /* what an event must meet, all of it */
  uint64_t filter_count;     /* 0…32 */
  uint32_t mode;             /* DVT_ROUTE_… */
  uint32_t reserved;
} dvt_route;

typedef struct dvt_routes_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Takes the events of a pattern to a topic, until `remove` or the end of the generation; at a reload the successor's routes
   * take the place of its predecessor's, all at once. An event keeps its `source`, whoever routes it, and its publisher needs
   * no permission for `to`: the plugin that routes needs `permissions.publish` for it, `permissions.subscribe` for all of
   * `from`, and for DVT_ROUTE_MOVE, which keeps events from others, `permissions.intercept` for all of `from`.
   * OWNERSHIP: the rule is borrowed until the call returns.
   * Returns: DVT_OK with `*out` set, DVT_INVALID (pattern, topic, condition, or the rule leads back to where it begins),
   * DVT_EXISTS (name), DVT_FULL (a host has at most 256), DVT_DENIED or DVT_GONE.
   * [any-thread] */
  int32_t (*add)(const dvt_host *host, const dvt_route *route, dvt_handle *out, const dvt_error_sink *error);
  /* Takes a rule away: events that are published from now on are not taken.
   * Returns: DVT_OK or DVT_GONE.
   * [any-thread] */
  int32_t (*remove)(const dvt_host *host, dvt_handle route, const dvt_error_sink *error);
} dvt_routes;

#ifdef __cplusplus
}
#endif
#endif
