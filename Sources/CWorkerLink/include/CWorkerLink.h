/* The host's end of a worker: a plugin in another process that looks like one in this.
 *
 * What the worker's plugin asks of its host arrives here and is asked of the host's own tables, with the `dvt_host` of its
 * generation: permissions, modes and bounds hold as for any plugin. What it registers is registered with functions of this file,
 * which carry the call to the worker. Nothing that the worker writes is trusted: see iso_lane.h and iso_pack.h. */
#ifndef C_WORKER_LINK_H
#define C_WORKER_LINK_H

#include <stdint.h>

#include "dovetail.h"
#include "iso_lane.h"
#include "iso_ops.h"

typedef struct wl_link wl_link;

/* Why a link failed. */
#define WL_ENDED 1   /* the process has ended */
#define WL_HUNG 2    /* a call did not come back by its deadline */
#define WL_GARBAGE 3 /* what it wrote is no message */

/* What was under way when a link failed. */
typedef struct wl_failure {
  int32_t why;        /* WL_… */
  uint32_t op;        /* iso_op of the call in question, 0 when there was none */
  char subject[64];   /* the topic, service or name that it was about, NUL-terminated; empty for none */
} wl_failure;

/* Told once, on whatever thread notices, before any call that the failure ends returns. It must not wait for such a call. */
typedef void (*wl_failed)(void *user, const wl_failure *failure);

/* How a link is set up. */
typedef struct wl_settings {
  uint32_t spin;       /* nanoseconds that a wait for the other side spins at most, 0…1,000,000 */
  uint64_t patience;   /* nanoseconds after which a call that has not come back is a hang */
  uint32_t log_level;  /* DVT_LOG_…: lines below it are not sent */
  void *user;
  wl_failed failed;
} wl_settings;

/* Makes the shared memory and the socket of a worker that is still to be started, and the thread that will serve its calls.
 * OWNERSHIP: the link is ended with `wl_end`, freed with `wl_free`. `memory` and `socket` receive the descriptors for the worker, close-on-exec; they
 * are the caller's, to be closed once the worker has them.
 * Returns: NULL when the system refuses; errno says why. [any-thread] */
wl_link *wl_create(const wl_settings *settings, int *memory, int *socket);
/* Begins to serve the worker's calls as those of `host`; one that came before would be garbage. Call it once. [any-thread] */
void wl_start(wl_link *link, const dvt_host *host);
/* Notes that the process has ended, or is to be given up: all calls end. Idempotent. [any-thread] */
void wl_fail(wl_link *link, int32_t why);
/* Waits for the link's threads, which end when it has failed. One that carries out a call of the worker's which does not come back
 * within a second, because another plugin hangs in it, keeps the link: it must never be freed then.
 * Preconditions: it failed; no call of the plugin's registrations happens or will happen.
 * Returns: 1, or 0 when the link is kept. [any-thread] */
int wl_end(wl_link *link);
/* Frees an ended link with everything that belongs to it. Preconditions: `wl_end` returned 1; nobody uses it any more. [any-thread] */
void wl_free(wl_link *link);

/* Has the worker map an image and ask its entry. `error` receives why it could not.
 * Returns: DVT_OK, and the plugin's callbacks can be called through `wl_plugin`. [control] */
int32_t wl_load(
    wl_link *link, dvt_str path, dvt_str id, dvt_str host_version, uint32_t generation, const dvt_error_sink *error);
/* The callbacks of the loaded plugin; their `instance` is the link: let `*instance` be it before `pre_init`.
 * OWNERSHIP: the link's. [any-thread] */
const dvt_plugin *wl_plugin(const wl_link *link);

/* The handler that stands for a worker's, and the same for several events: `handled` of them succeed, and the code is that of the
 * one after them, DVT_OK when none failed or the worker came back before the last. `context` is the handler's. [any-thread] */
int32_t wl_on_event(void *context, const dvt_event *event, const dvt_error_sink *error);
int32_t wl_on_events(
    void *context, const dvt_event *const *events, uint64_t count, uint64_t *handled, const dvt_error_sink *error);

/* Changes what lines are sent. [any-thread] */
void wl_set_log_level(wl_link *link, uint32_t level);
/* Jobs of the plugin's executor that have not ended, as the worker tells. [any-thread] */
uint32_t wl_jobs(const wl_link *link);
/* What the worker left of the fault that it died of: 1 and a copy, or 0. [any-thread] */
int wl_fault(const wl_link *link, iso_fault *fault);
/* Calls that were carried to the worker and back. [any-thread] */
uint64_t wl_calls(const wl_link *link);

#endif
