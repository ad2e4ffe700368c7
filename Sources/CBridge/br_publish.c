#include <hs_publish.h>

#include "CBridge.h"

#define likely(condition) __builtin_expect(!!(condition), 1)

static br_ways ways;

void br_set_ways(br_ways given) { ways = given; }

/* Of this revision and within bounds: all others go another way, which says what is wrong. */
static inline int is_ordinary(const dvt_event *event) {
  return event->struct_size == sizeof *event && event->extension_count <= BR_MOST_EXTENSIONS &&
         (event->data.len <= BR_LARGEST_DATA || event->buffer);
}

static inline int is_open(const br_path *path) { return hs_owner_mode(path->owner) == BR_MODE_OPEN; }

/* Publishes a copy of what a plugin passed, with the attributes that are the host's to say. */
static inline __attribute__((always_inline)) int32_t publish(
    const dvt_host *host, const br_path *path, const br_topic *topic, const dvt_event *event,
    const dvt_error_sink *error) {
  hs_slot *slot = hs_slot_self();
  int32_t code = HS_NO_MEMORY;
  if (likely(slot)) {
    /* Field by field: a whole copy is a call. */
    dvt_event stamped = {
        .struct_size = event->struct_size,
        .abi_major = event->abi_major,
        .abi_minor = event->abi_minor,
        .time_ns = event->time_ns,
        .id = event->id,
        .source = path->source,
        .type = topic->type,
        .subject = event->subject,
        .datacontenttype = event->datacontenttype,
        .dataschema = event->dataschema,
        .extensions = event->extensions,
        .extension_count = event->extension_count,
        .data = event->data,
        .buffer = event->buffer,
        .attempt = 1,
    };
    hs_count(slot, path->counter);
    code = hs_publish_here(slot, topic->record, &stamped);
  }
  return likely(code == HS_OK) ? DVT_OK : ways.refuse(code, host, topic, error);
}

int32_t br_publish(const dvt_host *host, dvt_topic token, const dvt_event *event, const dvt_error_sink *error) {
  if (likely(host && event)) {
    const br_path *path = &((const br_host *)host)->path;
    const br_topic *topic = br_find(path->chunks, token);
    if (likely(topic && is_open(path) && is_ordinary(event))) return publish(host, path, topic, event, error);
  }
  return ways.publish(host, token, event, error);
}

int32_t br_publish_named(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error) {
  if (likely(host && event)) {
    const br_path *path = &((const br_host *)host)->path;
    if (likely(is_open(path) && is_ordinary(event))) {
      const br_topic *topic = hs_names_find(path->names, event->type.ptr, event->type.len);
      if (likely(topic)) return publish(host, path, topic, event, error);
    }
  }
  return ways.publish_named(host, event, error);
}
