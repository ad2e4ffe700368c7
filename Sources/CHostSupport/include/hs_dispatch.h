/* Calls into plugins: the dispatch loop of events, and single calls. Each runs under the crash guard. */
#ifndef HS_DISPATCH_H
#define HS_DISPATCH_H

#include "hs_slot.h"

#define HS_OK 0
#define HS_CRASHED (-1)     /* the callee crashed and was contained */
#define HS_TOO_DEEP (-2)    /* the thread is too many calls deep already */
#define HS_NOT_LIVE (-3)    /* the entry was revoked */
#define HS_GATE_CLOSED (-4) /* a reload held its gate past the deadline */
#define HS_NO_MEMORY (-5)   /* the thread could not be given a slot */
#define HS_REFUSED (-7)     /* an interceptor refused the event */
#define HS_UNFIT (-8)       /* the event does not fit what was declared of its topic */

/* The handlers of one topic, in order. Immutable once published; freed by epoch. */
typedef struct hs_table {
  uint64_t sequenced; /* 1 when an event needs its number before it is delivered */
  hs_entry *entries[]; /* ends with NULL */
} hs_table;

/* What a bus does outside the fast path. Called on the publisher's thread, on the host's side. */
typedef struct hs_hooks {
  void (*stamp)(void *event, uint64_t sequence);
  void (*release)(void *shared);                                            /* gives back hs_frame.shared */
  void (*failed)(hs_entry *entry, void *event, int32_t code, int32_t fault); /* code, or the contained signal */
  uint64_t sequence_at; /* where in an event its number lies, in bytes */
} hs_hooks;

typedef struct hs_topic {
  hs_table *_Atomic table;
  _Atomic uint64_t sequence; /* of the last event that was numbered */
  const hs_hooks *hooks;
  const char *name; /* NUL-terminated, for attribution */
  void *user;       /* the bus's */
  hs_table *_Atomic behind; /* the handlers, where `table` has but who stands before them; NULL until somebody did */
} hs_topic;

/* Sets how many calls may be nested on a thread, 1…HS_DEPTH_MAX, and how many nanoseconds a call waits at a closed gate.
 * Before the first publish. */
void hs_set_limits(uint32_t depth, uint64_t patience);
/* Nanoseconds on the monotonic clock. */
uint64_t hs_now(void);
/* How many nanoseconds a call waits at a closed gate. */
uint64_t hs_patience(void);

/* Delivers an event to every live entry of the topic's table, in order.
 * Returns HS_OK, HS_TOO_DEEP, HS_NO_MEMORY, or HS_GATE_CLOSED when at least one handler was left out by a gate. */
int32_t hs_publish(hs_topic *topic, void *event);

/* Delivers an event to the handlers behind who stands before them. */
int32_t hs_publish_behind(hs_topic *topic, void *event);

/* As hs_publish, and counts the publish. */
int32_t hs_publish_counted(hs_topic *topic, void *event, uint32_t counter);

/* Runs `thunk(argument)` as a call of `entry`, with the same gate, hazard and guard as an event handler.
 * `fault` (may be NULL) receives the contained signal. Returns the thunk's result, or one of HS_…. */
int32_t hs_call(hs_entry *entry, int32_t (*thunk)(void *argument), void *argument, uint64_t patience, int32_t *fault);

/* Delivers one event to one entry: what hs_publish does for a table of one. Waits at a closed gate for `patience` nanoseconds;
 * with 0 it returns HS_NOT_LIVE also for an entry that moved. */
int32_t hs_deliver(hs_entry *entry, const hs_topic *topic, void *event, uint64_t patience, int32_t *fault);

/* A handler of several events: handles one after another until one fails, or it has been at it for some time. `*handled` receives
 * how many succeeded; returns the code of the one after them, 0 when none failed. */
typedef int32_t (*hs_batch_handler)(
    void *context, void *const *events, uint64_t count, uint64_t *handled, const void *error_sink);

/* Delivers events to one entry, with its context, as one call; at a closed gate or of an entry that moved it returns at once, and
 * none was handled. */
int32_t hs_deliver_batch(
    hs_entry *entry, hs_batch_handler handler, void *const *events, uint64_t count, uint64_t *handled, int32_t *fault);

/* The frame that the calling thread's present call runs in, or NULL. */
hs_frame *hs_present_frame(void);

/* The entry that the calling thread's innermost plugin call belongs to, or NULL. */
hs_entry *hs_present_entry(void);

/* Waits until *word differs from `seen` or `nanoseconds` pass. */
void hs_futex_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t nanoseconds);
void hs_futex_wake(_Atomic uint32_t *word);

#endif
