#include <hs_publish.h>
#include <stddef.h>

#include "br_ways.h"

#define likely(condition) __builtin_expect(!!(condition), 1)

br_ways br_the_ways;

void br_set_ways(br_ways given) { br_the_ways = given; }

/* Of this revision and within bounds: all others go another way, which says what is wrong. */
static inline int is_ordinary(const dvt_event *event) {
  return event->struct_size == sizeof *event && event->extension_count <= BR_MOST_EXTENSIONS &&
         (event->data.len <= BR_LARGEST_DATA || event->buffer);
}

static inline int is_open(const br_path *path) { return hs_owner_mode(path->owner) == BR_MODE_OPEN; }

typedef uint64_t word __attribute__((may_alias));
typedef word pair __attribute__((vector_size(16)));

/* The words of an event, by number. */
enum { HEADER, SEQUENCE, TIME, ID, SOURCE = 5, TYPE = 7, SUBJECT = 9, EXTENSIONS = 15, DATA = 17, BUFFER = 19, FLAGS, WORDS };
#define IS_AT(field, number) (offsetof(dvt_event, field) == 8 * (number))
_Static_assert(
    IS_AT(sequence, SEQUENCE) && IS_AT(time_ns, TIME) && IS_AT(id, ID) && IS_AT(source, SOURCE) && IS_AT(type, TYPE) &&
        IS_AT(subject, SUBJECT) && IS_AT(extensions, EXTENSIONS) && IS_AT(data, DATA) && IS_AT(buffer, BUFFER) &&
        IS_AT(flags, FLAGS) && offsetof(dvt_event, attempt) == 8 * FLAGS + 4 && sizeof(dvt_event) == 8 * WORDS,
    "stamp() knows every field of an event");
/* The last word: no flags, and `attempt` is 1. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FIRST_ATTEMPT ((word)1 << 32)
#else
#define FIRST_ATTEMPT ((word)1)
#endif

/* Room for an event that begins half way between two multiples of 16, so that its pairs of words begin at multiples. */
typedef struct copy {
  _Alignas(16) word before;
  dvt_event event;
} copy;

static inline void put(word *to, word first, word second) { *(pair *)to = (pair){first, second}; }

/* Copies what a plugin passed, with the attributes that are the host's to say. In as few stores as there can be: nothing else
 * of a publish takes as long. No wider ones: a load of what the plugin wrote in pieces just before would wait for them. */
static inline __attribute__((always_inline)) void stamp(
    copy *copy, const dvt_event *event, const br_path *path, const br_topic *topic) {
  word *to = (word *)&copy->event;
  const word *from = (const word *)event;
  put(&to[HEADER - 1], 0, from[HEADER]);
  put(&to[SEQUENCE], 0, from[TIME]);
  put(&to[ID], from[ID], from[ID + 1]);
  copy->event.source = path->source;
  copy->event.type = topic->type;
  for (int i = SUBJECT; i < BUFFER; i += 2) put(&to[i], from[i], from[i + 1]);
  put(&to[BUFFER], from[BUFFER], FIRST_ATTEMPT);
}

static inline __attribute__((always_inline)) int32_t publish(
    const dvt_host *host, const br_path *path, const br_topic *topic, const dvt_event *event,
    const dvt_error_sink *error) {
  hs_slot *slot = hs_slot_self();
  int32_t code = HS_NO_MEMORY;
  if (likely(slot)) {
    copy stamped;
    stamp(&stamped, event, path, topic);
    hs_count(slot, topic->counter);
    code = hs_publish_here(slot, topic->record, &stamped.event);
  }
  return likely(code == HS_OK) ? DVT_OK : br_the_ways.refuse(code, host, topic, error);
}

int32_t br_publish(const dvt_host *host, dvt_topic token, const dvt_event *event, const dvt_error_sink *error) {
  if (likely(host && event)) {
    const br_path *path = &((const br_host *)host)->path;
    const br_topic *topic = br_find(path->chunks, token);
    if (likely(topic && is_open(path) && is_ordinary(event))) return publish(host, path, topic, event, error);
  }
  return br_the_ways.publish(host, token, event, error);
}

int32_t br_publish_named(const dvt_host *host, const dvt_event *event, const dvt_error_sink *error) {
  if (likely(host && event)) {
    const br_path *path = &((const br_host *)host)->path;
    if (likely(is_open(path) && is_ordinary(event))) {
      const br_topic *topic = hs_names_find(path->names, event->type.ptr, event->type.len);
      if (likely(topic)) return publish(host, path, topic, event, error);
    }
  }
  return br_the_ways.publish_named(host, event, error);
}
