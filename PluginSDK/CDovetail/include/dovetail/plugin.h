/* What a plugin gives the host: its entry point and its callbacks. */
#ifndef DOVETAIL_PLUGIN_H
#define DOVETAIL_PLUGIN_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* State that travels from one generation to the next. */
typedef struct dvt_state_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str schema;   /* `state.schema` of the manifest that saved it */
  uint64_t version; /* `state.version` of the manifest that saved it */
  dvt_bytes data;   /* what `save_state` wrote */
} dvt_state;

#define DVT_METRIC_COUNTER 1 /* only ever grows within a generation */
#define DVT_METRIC_GAUGE 2   /* goes up and down */

/* One figure of a plugin's. */
typedef struct dvt_metric_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  uint32_t kind; /* DVT_METRIC_… */
  uint32_t reserved;
  double value;
  dvt_str name; /* lower case with underscores, unit last, such as "lines_read_total" */
  const dvt_attribute *labels;
  uint64_t label_count; /* 0…16 */
} dvt_metric;

/* Receives a plugin's figures. OWNERSHIP: the metric is borrowed until `report` returns. [any-thread] */
typedef struct dvt_metric_sink_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context;
  void (*report)(void *context, const dvt_metric *metric);
} dvt_metric_sink;

/* A plugin's callbacks. All but `init` and `cleanup` may be NULL. The host makes one call at a time into one generation's
 * lifecycle, on threads of its own, each with a deadline (default 10,000 ms; `lifecycleDeadline` in the configuration).
 * Every callback returns DVT_OK, or any other code with a message in `error`, which fails that step.
 * `instance` is what `pre_init` or `init` stored; the host only carries it. */
typedef struct dvt_plugin_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Prepares without outside effects; on a reload it runs while the old generation still serves.
   * Preconditions: first call of the generation. When it succeeded and `init` is never tried, `cleanup` follows.
   * OWNERSHIP: `*instance` stays the plugin's.
   * Returns: DVT_OK, or a code that fails the plugin.
   * [control] */
  int32_t (*pre_init)(const dvt_host *host, void **instance, const dvt_error_sink *error);
  /* Starts: subscribes, registers services, opens what it needs.
   * Preconditions: `init` of everything that it requires has succeeded.
   * OWNERSHIP: `*instance` stays the plugin's.
   * Returns: DVT_OK, or a code that fails the plugin; then its registrations are revoked and `cleanup` is not called.
   * [control] */
  int32_t (*init)(const dvt_host *host, void **instance, const dvt_error_sink *error);
  /* Runs when every plugin of this start has been through `init`: the place for first publishes and calls.
   * Returns: DVT_OK, or a code that unwinds the plugin through `cleanup`.
   * [control] */
  int32_t (*post_init)(void *instance, const dvt_error_sink *error);
  /* Comes to rest before a hand-over. When it returns, no thread of the plugin's own calls the host until `resume`.
   * Returns: DVT_OK, or a code that cancels the reload.
   * [control] */
  int32_t (*quiesce)(void *instance, const dvt_error_sink *error);
  /* Goes on after a reload that was cancelled or rolled back.
   * Preconditions: `quiesce` returned.
   * Returns: DVT_OK, or a code that fails the plugin.
   * [control] */
  int32_t (*resume)(void *instance, const dvt_error_sink *error);
  /* Writes the state that the next generation starts from (0…64 MiB); the manifest's `state` names its schema and version.
   * Preconditions: quiesced, no call into the plugin in flight.
   * Returns: DVT_OK, or a code that cancels the reload.
   * [control] */
  int32_t (*save_state)(void *instance, const dvt_sink *out, const dvt_error_sink *error);
  /* Takes over the state of the former generation.
   * Preconditions: `init` returned; the manifest's `state.accepts` lists the version.
   * OWNERSHIP: `state` is borrowed until the call returns.
   * Returns: DVT_OK, or a code that rolls the reload back.
   * [control] */
  int32_t (*restore_state)(void *instance, const dvt_state *state, const dvt_error_sink *error);
  /* Says how the plugin is, now and then (`health.interval` of the configuration, default every 10,000 ms), within a deadline of
   * its own (`health.deadline`, default 2,000 ms); while a call has not returned there is no other.
   * Returns: DVT_OK when it is healthy. Any other code, with the reason in `error`: degraded when that is retryable (it works,
   * and expects to recover), unhealthy when it is not.
   * [any-thread] */
  int32_t (*health)(void *instance, const dvt_error_sink *error);
  /* Reports the plugin's own figures, collected by `dovetail metrics`.
   * Returns: DVT_OK, or a code that drops this collection.
   * [any-thread] */
  int32_t (*metrics)(void *instance, const dvt_metric_sink *out);
  /* Runs for all plugins, in reverse order, before the first `cleanup`: the last moment at which others still answer.
   * Returns: DVT_OK; any other code is logged and does not stop the shutdown.
   * [control] */
  int32_t (*pre_cleanup)(void *instance, const dvt_error_sink *error);
  /* Ends: joins its threads, closes what it opened, frees `instance`. Registrations are revoked already.
   * Returns: DVT_OK; any other code is logged and keeps the image mapped.
   * [control] */
  int32_t (*cleanup)(void *instance, const dvt_error_sink *error);
} dvt_plugin;

/* What the host tells a plugin before it is asked for its callbacks. */
typedef struct dvt_handshake_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor; /* of the host */
  dvt_str host_version;          /* semver */
  dvt_str plugin_id;             /* as the manifest has it */
  uint32_t generation;           /* 1… */
  uint32_t reserved;
} dvt_handshake;

/* The one symbol that a plugin exports: `dovetail_plugin`.
 * Preconditions: called once for each mapped image and each `init` of it; must not start threads or call the host.
 * OWNERSHIP: the handshake is borrowed until the call returns; the result is the plugin's, immutable, and lives as long as
 * the image is mapped.
 * Returns: the callbacks, or NULL to refuse this host.
 * [control] */
typedef const dvt_plugin *(*dvt_entry)(const dvt_handshake *handshake);

#define DVT_ENTRY_SYMBOL "dovetail_plugin"
#define DVT_MANIFEST_SECTION "dovetail_manifest"

#ifdef __cplusplus
}
#endif
#endif
