/* A slot a thread: what the thread is doing for which owner. Publishers write their own slot and nobody else's; control
 * operations read all slots after a membarrier. The slot serves as epoch, hazard pointer, guard chain and attribution. */
#ifndef HS_SLOT_H
#define HS_SLOT_H

#include <stdatomic.h>
#include <stdint.h>

/* Deepest nesting of calls into plugins on one thread. */
#define HS_DEPTH_MAX 64
#define HS_COUNTER_CHUNK 1024u
#define HS_COUNTER_CHUNKS 64u

/* Whose code a thread runs: a fault on the host's side is never contained. */
#define HS_SIDE_HOST 0u
#define HS_SIDE_PLUGIN 1u

/* Whether a call may start. Stored in hs_entry.state. */
#define HS_LIVE 0u  /* yes */
#define HS_DEAD 1u  /* no: it was revoked */
#define HS_GATED 2u /* not now: a reload holds its gate */
#define HS_MOVED 3u /* at its successor: a reload committed */

/* One generation of a plugin (or the host itself). Freed by epoch, after everything that it registered. */
typedef struct hs_owner {
  _Atomic uint32_t gate;  /* futex word: 1 while its entries are gated */
  _Atomic uint32_t mode;  /* the bridge's: what the owner's own calls into the host may do; futex word */
  _Atomic uint32_t group; /* number of the closing reload it belongs to, 0 = none: its threads pass its own gates */
  uint32_t build;         /* index in the journal's table of builds */
  void *user;             /* the bridge's */
} hs_owner;

/* Something of an owner's that can be called: a handler, a service, a timer, a lifecycle step. Freed by epoch. */
typedef struct hs_entry {
  int32_t (*call)(void *context, void *subject, const void *error_sink); /* events only; others bring a thunk */
  void *context;
  _Atomic uint32_t state; /* HS_LIVE … */
  uint32_t side;          /* HS_SIDE_… while `call` runs */
  uint32_t counter;       /* index of its delivery counter in every slot */
  uint32_t reserved;
  hs_owner *owner;
  void *user; /* the bus's: whose handler this is */
  struct hs_entry *_Atomic successor; /* set before state becomes HS_MOVED; NULL = ended without one */
} hs_entry;

/* One call in progress. */
typedef struct hs_frame {
  hs_entry *_Atomic entry; /* hazard pointer: what runs now, NULL between two handlers */
  const void *topic;       /* hs_topic of a publish, NULL else */
  void *shared;            /* the event's counted copy once an async handler needed one */
  void *event;             /* of a publish */
  const void *table;       /* hs_table of a publish */
  int32_t *reported;       /* where a call wants its fault, or NULL */
  void *jump[5];           /* __builtin_setjmp */
  uintptr_t stack;         /* accesses of the Swift runtime below this address belong to the callee */
  uint32_t index;          /* of the handler that runs */
  int32_t fault;           /* signal that was contained, 0 = none */
  int32_t outcome;         /* what a publish returns: HS_OK until a handler was left out */
  uint32_t side;           /* of the thread before this call */
  uint32_t pins;           /* of the thread during this call */
  uintptr_t address;       /* where it faulted */
} hs_frame;

typedef struct hs_slot {
  _Alignas(64) _Atomic uint64_t epoch; /* of the outermost pin, 0 = not inside */
  _Atomic uint32_t depth;              /* frames in use */
  uint32_t pins;
  uint32_t side;      /* HS_SIDE_… */
  uint32_t number;    /* of the slot */
  void *error_sink;   /* what callees report errors to; made by the hook of hs_slots_on_create */
  uint64_t *_Atomic counters[HS_COUNTER_CHUNKS];
  hs_entry *_Atomic waits_for; /* entry whose end this thread waits for */
  _Atomic uint32_t used;       /* a thread owns it */
  int32_t thread;              /* kernel's id of the thread */
  void *alternate;             /* signal stack */
  struct hs_slot *_Atomic next;
  _Alignas(64) hs_frame frames[HS_DEPTH_MAX];
} hs_slot;

extern _Thread_local hs_slot *hs_own_slot;
extern _Atomic uint64_t hs_epoch;
extern int hs_fence_needed;

/* The slots' list, newest first; slots are reused, never freed. */
hs_slot *hs_slots_first(void);

/* Gives the calling thread a slot (and a signal stack) until it ends. NULL when there is no memory. */
hs_slot *hs_slot_claim(void);

/* Runs for every new slot, and at once for those there are: fills `error_sink`. Set once, before plugins are called. */
void hs_slots_on_create(void (*hook)(hs_slot *slot));

static inline hs_slot *hs_slot_self(void) {
  hs_slot *slot = hs_own_slot;
  return __builtin_expect(slot != NULL, 1) ? slot : hs_slot_claim();
}

/* Between pin and unpin no table or entry that the thread can reach is freed. Nests. */
static inline void hs_pin(hs_slot *slot) {
  if (slot->pins++ == 0) {
    atomic_store_explicit(&slot->epoch, atomic_load_explicit(&hs_epoch, memory_order_acquire), memory_order_relaxed);
    if (__builtin_expect(hs_fence_needed, 0)) atomic_thread_fence(memory_order_seq_cst);
    else atomic_signal_fence(memory_order_seq_cst);
  }
}

static inline void hs_unpin(hs_slot *slot) {
  if (--slot->pins == 0) atomic_store_explicit(&slot->epoch, 0, memory_order_release);
}

/* Orders what control operations wrote before what they read next of all slots. The corresponding system call is
 * `membarrier`; where the kernel lacks it, publishers fence. */
void hs_barrier(void);

/* Ends the present epoch. Returns its number: what was unlinked before may be freed when hs_oldest_epoch() is greater. */
uint64_t hs_epoch_advance(void);

/* The oldest epoch that a thread is inside of; UINT64_MAX when none is. */
uint64_t hs_oldest_epoch(void);

/* Calls in progress of one entry, of all threads but `except` (may be NULL). Call hs_barrier first. */
uint32_t hs_entry_calls(const hs_entry *entry, const hs_slot *except);

/* Whether a thread of `slot` is inside a call of `entry`. */
int hs_slot_inside(const hs_slot *slot, const hs_entry *entry);

/* Whether waiting for `entry` on the calling thread could never end: it is inside it, or a cycle of waits leads back. */
int hs_wait_would_deadlock(const hs_entry *entry);

/* Adds up a counter over all slots. */
uint64_t hs_counter_sum(uint32_t counter);

uint64_t *hs_counter_chunk(hs_slot *slot, uint32_t chunk);

static inline void hs_count(hs_slot *slot, uint32_t counter) {
  uint32_t chunk = counter / HS_COUNTER_CHUNK;
  uint64_t *values = atomic_load_explicit(&slot->counters[chunk], memory_order_relaxed);
  if (__builtin_expect(values == NULL, 0) && (values = hs_counter_chunk(slot, chunk)) == NULL) return;
  uint64_t *value = &values[counter % HS_COUNTER_CHUNK];
  __atomic_store_n(value, *value + 1, __ATOMIC_RELAXED);
}

#endif
