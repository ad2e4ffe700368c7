/* The fast paths of publishing and of calling services: from a plugin's call of the ABI to the handlers, without a lock or an
 * allocation. In C, because a publish is jumped back into when a handler traps. Everything here begins with br_. */
#ifndef CBRIDGE_H
#define CBRIDGE_H

#include <dovetail.h>
#include <hs_dispatch.h>
#include <hs_entry.h>
#include <hs_names.h>
#include <hs_services.h>

#define BR_CHUNK 64u      /* topics in a chunk */
#define BR_CHUNKS 64u     /* chunks that a generation may fill */
#define BR_MODE_OPEN 0u   /* hs_owner.mode of a generation whose publishes are simply carried out */
#define BR_MOST_EXTENSIONS 64u
#define BR_LARGEST_DATA (16u << 20)
#define BR_LARGEST_REQUEST (16u << 20)
#define BR_LARGEST_REPLY (64u << 20)
#define BR_USUAL_DEADLINE 5000u /* milliseconds, of a call that asks for none */

/* A topic that a generation opened. Written before its token is handed out, and never changed. */
typedef struct br_topic {
  hs_topic *record; /* NULL = not opened */
  dvt_str type;
  uint32_t counter; /* of the generation's publishes to it */
} br_topic;

/* Who offers a service: the user of its entry. */
typedef struct br_provider {
  dvt_service_handler handler;
  void *context;
  void *object; /* the host's */
} br_provider;

/* A service that a generation called when neither a policy nor an interceptor stood before the call, and its permissions allowed
 * it. Holds while hs_services_version() is `version`. */
typedef struct br_service {
  hs_entry *_Atomic entry;
  _Atomic uint64_t version;
} br_service;

/* What publishing and calling need of a generation; immutable. */
typedef struct br_path {
  hs_owner *owner;
  br_topic **chunks;  /* BR_CHUNKS of them, NULL where nothing was opened yet */
  hs_names *names;    /* of br_topic */
  hs_names *services; /* of br_service */
  dvt_str source;
} br_path;

/* What a plugin's pointer to its host points at. */
typedef struct br_host {
  dvt_host host;
  void *instance;
  br_path path;
} br_host;

/* What is beside the ordinary course: the same arguments, and nothing was done yet. `refuse` turns one of HS_… into a code. */
typedef struct br_ways {
  int32_t (*publish)(const dvt_host *host, dvt_topic topic, const dvt_event *event, const dvt_error_sink *error);
  int32_t (*publish_named)(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error);
  int32_t (*refuse)(int32_t code, const dvt_host *host, const br_topic *topic, const dvt_error_sink *error);
  int32_t (*call)(
      const dvt_host *host, dvt_str name, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error);
  /* Says why a call failed that was made: with the provider's code, HS_CRASHED and a signal, or after its deadline. */
  int32_t (*call_failed)(
      const dvt_host *host, dvt_str name, const br_provider *provider, int32_t code, int32_t fault, int32_t is_late,
      const dvt_error_sink *error);
} br_ways;

/* Call it once, before plugins can publish. */
void br_set_ways(br_ways given);

/* dvt_events.publish and dvt_events.publish_named: no lock, no allocation. */
int32_t br_publish(const dvt_host *host, dvt_topic topic, const dvt_event *event, const dvt_error_sink *error);
int32_t br_publish_named(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error);

/* dvt_services.call. A deadline of a second or more is kept to within 10 ms. */
int32_t br_call(
    const dvt_host *host, dvt_str name, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error);

/* One call of a service, and what makes it as a call of the service's entry. */
typedef struct br_request {
  dvt_request request;
  const dvt_sink *reply;
} br_request;
int32_t br_answer(void *request);

/* Notes what was found of a service, at a version of hs_services_version() that was read before. One caller at a time. */
void br_service_set(br_service *service, hs_entry *entry, uint64_t version);

/* The topic of a token, or NULL. */
static inline const br_topic *br_find(br_topic *const *chunks, dvt_topic token) {
  uint64_t index = token - 1;
  if (index >= BR_CHUNK * BR_CHUNKS) return NULL;
  const br_topic *chunk = chunks[index / BR_CHUNK];
  if (!chunk || !chunk[index % BR_CHUNK].record) return NULL;
  return &chunk[index % BR_CHUNK];
}

/* Callbacks that a plugin passed to a call, called while that call is in progress: on the plugin's side, and no exception gets out.
 * What is called must not be NULL. */
int32_t br_sink_write(const dvt_sink *sink, const uint8_t *bytes, uint64_t count);
void br_error_report(const dvt_error_sink *sink, const dvt_error *error);
int32_t br_record_receive(dvt_record_receiver receiver, void *context, const dvt_record *record);
void br_written_receive(dvt_written_receiver receiver, void *context, uint64_t index, const dvt_written *written);
int32_t br_reply_receive(dvt_reply_handler handler, void *context, const dvt_reply *reply);

#endif
