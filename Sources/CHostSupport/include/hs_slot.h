/* A slot a thread: what the thread is doing for which owner. Publishers write their own slot and nobody else's; control
 * operations read all slots after a membarrier. The slot serves as epoch, hazard pointer, guard chain and attribution. */
#ifndef HS_SLOT_H
#define HS_SLOT_H

#include <stdatomic.h>
#include <stdint.h>

#include "hs_block.h"
#include "hs_crash.h"

/* Deepest nesting of calls into plugins on one thread. */
#define HS_DEPTH_MAX 64
#define HS_COUNTERS 65536u

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
  _Atomic uint32_t contain; /* 1 + HS_CONTAIN_… for this owner's code; 0 = as the host */
  void *user;             /* the bridge's */
} hs_owner;

typedef int32_t (*hs_handler)(void *context, void *subject, const void *error_sink);

/* Something of an owner's that can be called: a handler, a service, a timer, a lifecycle step. Freed by epoch. */
typedef struct hs_entry {
  hs_handler _Atomic call; /* events only; others bring a thunk. `plain`, or what times one call of it */
  union {
    void *context;
    const char *label; /* of an entry without `plain`: what it is, for crash reports; NULL of lifecycle steps */
  };
  _Atomic uint32_t state; /* HS_LIVE … */
  uint32_t side;          /* HS_SIDE_… while `call` runs */
  uint32_t counter;       /* index of its delivery counter in every slot */
  uint32_t reserved;
  hs_owner *owner;
  void *user; /* the bus's: whose handler this is */
  struct hs_entry *_Atomic successor; /* set before state becomes HS_MOVED; NULL = ended without one */
  hs_handler plain;
  struct hs_times *times; /* of calls that are timed, or NULL */
} hs_entry;

static inline hs_handler hs_handler_of(const hs_entry *entry) {
  return atomic_load_explicit(&entry->call, memory_order_relaxed);
}

/* One call in progress. What a publish stores lies in one cache line. The fields marked so are zero while the frame is not in
 * use: whoever sets one sees to that, so that a call that needs none of them does not pay for them. */
typedef struct hs_frame {
  _Alignas(64) hs_entry *_Atomic entry; /* hazard pointer: what runs now, NULL while nothing does */
  const void *topic;                    /* hs_topic of a publish, NULL else */
  void *event;                          /* of a publish */
  hs_entry *const *position;            /* of a publish: where in the table `entry` is from; NULL of a single call */
  uint32_t side;                        /* HS_SIDE_…, of what runs in this call now */
  uint32_t pins;                        /* that this call took; zero */
  void *jump[5];                        /* __builtin_setjmp; the first is the address of the stack frame of who set it */
  void *shared;                         /* the event's counted copy once an async handler needed one; zero */
  int32_t *reported;                    /* where a call wants its fault, or NULL */
  int32_t fault;                        /* signal that was contained; zero */
  int32_t outcome;                      /* what a publish returns: HS_OK until a handler was left out; zero */
  uint32_t leaves;                      /* 1 once `shared` or `outcome` was set; zero */
} hs_frame;

typedef struct hs_slot {
  _Alignas(64) _Atomic uint64_t epoch; /* of the outermost pin, 0 = not inside */
  hs_frame *_Atomic top;               /* of the present call; the first frame is the thread's own, outside of all calls */
  void *error_sink;                    /* what callees report errors to; made by the hook of hs_slots_on_create */
  hs_entry *_Atomic waits_for;         /* entry whose end this thread waits for */
  void *alternate;                     /* signal stack */
  struct hs_slot *_Atomic next;
  _Atomic uint32_t used;               /* a thread owns it */
  int32_t thread;                      /* kernel's id of the thread */
  uint32_t number;                     /* of the slot */
  uint32_t ours;                       /* 1 when the host made the thread */
  hs_frame frames[1 + HS_DEPTH_MAX];
  hs_crash crash;                          /* the last on the thread; takes memory once there is one */
  hs_magazine magazines[HS_BLOCK_CLASSES]; /* of the thread that owns the slot; they stay for the next */
  uint64_t counters[HS_COUNTERS];      /* takes memory by the page, as it is used */
} hs_slot;

/* Of the program itself: neither a table of addresses nor a call stands between the fast path and these. */
#pragma GCC visibility push(hidden)
extern _Thread_local hs_slot *hs_own_slot __attribute__((tls_model("initial-exec")));
extern _Atomic uint64_t hs_epoch;
extern int hs_fence_needed;
#pragma GCC visibility pop

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

/* The frame of the thread's present call. */
static inline hs_frame *hs_top(const hs_slot *slot) { return atomic_load_explicit(&slot->top, memory_order_relaxed); }

/* How many calls deep the thread of a slot is; the frames of those calls are 1…hs_depth. */
static inline uint32_t hs_depth(const hs_slot *slot) {
  return (uint32_t)(atomic_load_explicit(&slot->top, memory_order_acquire) - slot->frames);
}

/* Either a store before it is seen by control operations, or what they stored is seen after it. */
static inline void hs_fence(void) {
  if (__builtin_expect(hs_fence_needed, 0)) atomic_thread_fence(memory_order_seq_cst);
  else atomic_signal_fence(memory_order_seq_cst);
}

/* The slot stays in the epoch that it entered while a call is in progress or a pin is held. */
static inline void hs_enter_epoch(hs_slot *slot) {
  if (atomic_load_explicit(&slot->epoch, memory_order_relaxed) != 0) return;
  atomic_store_explicit(&slot->epoch, atomic_load_explicit(&hs_epoch, memory_order_acquire), memory_order_relaxed);
  hs_fence();
}

static inline void hs_leave_epoch(hs_slot *slot, const hs_frame *top) {
  if (top == slot->frames && top->pins == 0)
    atomic_store_explicit(&slot->epoch, 0, memory_order_release);
}

/* Between pin and unpin, in the same call, no table or entry that the thread can reach is freed. Nests. */
static inline void hs_pin(hs_slot *slot) {
  hs_enter_epoch(slot);
  hs_top(slot)->pins++;
}

static inline void hs_unpin(hs_slot *slot) {
  hs_frame *top = hs_top(slot);
  top->pins--;
  hs_leave_epoch(slot, top);
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

static inline void hs_count(hs_slot *slot, uint32_t counter) {
  uint64_t *value = &slot->counters[counter % HS_COUNTERS];
  __atomic_store_n(value, *value + 1, __ATOMIC_RELAXED);
}

/* Counts some more calls on the calling thread's slot. */
static inline void hs_count_more(uint32_t counter, uint64_t calls) {
  hs_slot *slot = hs_slot_self();
  uint64_t *value = slot ? &slot->counters[counter % HS_COUNTERS] : NULL;
  if (value) __atomic_store_n(value, *value + calls, __ATOMIC_RELAXED);
}

/* The same on the calling thread's slot. */
static inline void hs_count_self(uint32_t counter) {
  hs_slot *slot = hs_slot_self();
  if (slot) hs_count(slot, counter);
}

#endif
