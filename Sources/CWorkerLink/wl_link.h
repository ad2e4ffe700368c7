/* What the files of this target share. */
#ifndef WL_LINK_H
#define WL_LINK_H

#include <pthread.h>
#include <stdatomic.h>

#include "CWorkerLink.h"
#include "iso_index.h"
#include "iso_reply.h"
#include "iso_types.h"

/* Registrations that a worker may have at once. */
#define WL_MOST_PROXIES 65536u

/* What the host calls in the place of one registration of the worker's. */
typedef struct wl_proxy {
  wl_link *link;
  iso_node node;  /* its key is the host's handle, once it is registered */
  uint64_t token; /* the worker's */
  uint64_t ends;  /* of a completion: the handle of what ended */
  int isOnce;     /* a timer without an interval: its one call ends it */
  int isCalled;   /* it was */
  struct wl_proxy *next, *previous;
} wl_proxy;

/* The tables of the host. */
typedef struct wl_tables {
  const dvt_log *log;
  const dvt_config *config;
  const dvt_events *events;
  const dvt_services *services;
  const dvt_timers *timers;
  const dvt_requests *requests;
  const dvt_interceptors *interceptors;
  const dvt_event_types *event_types;
  const dvt_routes *routes;
  const dvt_metadata *metadata;
  const dvt_metadata *metadata_r1;
  const dvt_validators *validators;
  const dvt_resilience *resilience;
} wl_tables;

/* The call that is under way on a lane. Written by the thread that makes it, read when the link fails. */
typedef struct wl_doing {
  _Atomic uint32_t op;
  char subject[64];
} wl_doing;

struct wl_link {
  iso_channel channel;
  iso_end ends[ISO_LANES];
  wl_doing doing[ISO_LANES];
  wl_settings settings;
  int memory, socket;
  const dvt_host *_Atomic host; /* NULL before wl_start */
  wl_tables tables;
  dvt_plugin plugin;
  pthread_mutex_t failing;
  int failed;
  int late; /* lane whose call hangs, -1 for none */
  pthread_mutex_t lock; /* of what follows */
  wl_proxy proxies;     /* the list's head */
  uint32_t proxy_count;
  iso_index handles;    /* of those that are registered */
  pthread_t threads[ISO_LANES / 2];
  _Atomic uint32_t thread_count;
  _Atomic uint64_t calls;
};

/* A host's thread that is bound to a lane: calls into its worker go on it while it is. */
typedef struct wl_bond {
  wl_link *link;
  iso_end *end;
  struct wl_bond *outer;
} wl_bond;

/* Calls the worker. On DVT_OK the caller reads the items, then settles; on any other code there is none, and
 * `error` was told. Takes the host's side of the thread's slot. */
int32_t wl_ask(
    wl_link *link, uint32_t op, const iso_ask *ask, const iso_items *items, uint32_t item_lists, dvt_str subject,
    iso_reply *reply, const dvt_error_sink *error);

/* Has a handler of the worker's answer a request. Returns: its code, or why there is none, which `error` was told. */
int32_t wl_request(
    wl_link *link, uint64_t token, const dvt_request *request, const dvt_sink *sink, const dvt_error_sink *error);

/* Carries out a call of the worker's. */
void wl_serve(iso_end *end, iso_message *call, void *link);

wl_proxy *wl_proxy_make(wl_link *link, uint64_t token);
void wl_proxy_free(wl_proxy *proxy);
/* Notes that it was registered, and that a call of it has returned: what is called only once is freed by then. */
void wl_proxy_registered(wl_proxy *proxy, uint64_t handle);
void wl_proxy_called(wl_proxy *proxy);
/* Frees the one that was registered under a handle. */
void wl_proxy_forget(wl_link *link, uint64_t handle);

/* Callbacks in the place of the worker's; `context` is a wl_proxy. */
int32_t wl_on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error);
int32_t wl_on_timer(void *context, const dvt_error_sink *error);
void wl_on_completion(void *context, int32_t code);
int32_t wl_on_record(void *context, const dvt_record *record);
int32_t wl_on_reply(void *context, const dvt_reply *reply);
void wl_on_replies_done(void *context, int32_t code);
int32_t wl_on_combine(
    void *context, const dvt_request *request, const dvt_reply *replies, uint64_t count, const dvt_sink *reply,
    const dvt_error_sink *error);
int32_t wl_on_exchange(
    void *context, const dvt_exchange *exchange, const dvt_verdict *verdict, const dvt_error_sink *error);
int32_t wl_on_review(
    void *context, const dvt_review *review, const dvt_amending *amending, const dvt_error_sink *error);

#endif
