/* Lanes: memory that a host and its worker share, through which one thread of each talks with the other.
 *
 * On a lane the two threads take turns, like one thread that changes processes: the one calls and waits; the other carries the
 * call out, may call back meanwhile, which the first carries out as it waits, and answers. So a call that goes there and back
 * again runs on the thread where it began, with its depth, its deadlines and its place in chains of waits, as in one process.
 * Half of the lanes are begun by the host, half by the worker.
 *
 * Neither side trusts what the other may still write: a message is copied once, then looked at. */
#ifndef ISO_LANE_H
#define ISO_LANE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "iso_pack.h"

#define ISO_LANES 64u             /* even ones are begun by the host, odd ones by the worker */
#define ISO_ARENA (256u << 10)    /* bytes that a lane has for a message in either direction; larger ones travel in files of their own */
#define ISO_LARGEST (256ull << 20) /* bytes of a message in all */
#define ISO_PROTOCOL 4u

/* What ends a wait for the other side. */
#define ISO_ARRIVED 0
#define ISO_DEAD (-1)    /* the other side has ended, or was given up */
#define ISO_LATE (-2)    /* the deadline passed */
#define ISO_GARBAGE (-3) /* what came is no message */
/* What was to be sent was not: it is larger than ISO_LARGEST, or the system has no file for it. The lane is as it was. */
#define ISO_TOO_LARGE (-4)

#define ISO_CALL 1u
#define ISO_ANSWER 2u

/* Words that an operation packs in a way of its own; see iso_request.h. Zeros for all others. */
typedef struct iso_brief {
  uint64_t words[4];
} iso_brief;

/* Begins a message. */
typedef struct iso_head {
  uint32_t kind;   /* ISO_CALL or ISO_ANSWER */
  uint32_t op;     /* iso_op */
  uint64_t length; /* bytes that follow */
  uint32_t apart;  /* 1 when they are in a file that was passed */
  uint32_t processor; /* that it was posted on, from 1 on */
  iso_brief brief;
} iso_head;

/* Begins the memory of one direction of a lane: in one cache line, what its receiver looks at as it waits and needs first. The
 * message's bytes follow, up to ISO_ARENA. */
typedef struct iso_way {
  _Alignas(64) _Atomic uint32_t posts; /* messages so far; futex word */
  _Atomic uint32_t sleeps;             /* 1 while the receiver may be asleep */
  iso_head head;
} iso_way;

_Static_assert(sizeof(iso_way) == 64, "it is one cache line");

/* Bytes of a message that its lane has room for. */
#define ISO_ROOM (ISO_ARENA - sizeof(iso_way))

/* A mapped image, for a fault's trace. */
typedef struct iso_image {
  uint64_t start, end; /* `start` 0: none */
  char path[112];      /* its end, NUL-terminated */
} iso_image;

/* What a worker leaves of the fault that it dies of; a host believes none of it, it shows it. */
typedef struct iso_fault {
  _Atomic uint32_t written; /* 1 when it is all there */
  int32_t signal;
  int32_t code;
  int32_t thread;
  uint64_t address;
  uint64_t pc;
  uint32_t op;      /* iso_op that the thread carried out, 0 for none */
  uint32_t lane;    /* on which, ISO_LANES for none */
  uint32_t reserved;
  uint32_t frames;  /* addresses below, 0…32 */
  uint64_t trace[32];
  iso_image images[16]; /* that hold them */
} iso_fault;

/* The memory itself. The arenas follow: ISO_LANES times one to the worker and one to the host, each begun by its iso_way. */
typedef struct iso_shared {
  uint32_t protocol;
  uint32_t spin;               /* nanoseconds that a wait spins at most, for the worker to take over */
  _Atomic uint32_t log_level;  /* the host's: lines below it need not be sent */
  _Atomic uint32_t jobs;       /* the worker's: jobs of the plugin's executor that have not ended */
  _Atomic uint32_t handled[ISO_LANES]; /* the worker's: events of a lane's ISO_HANDLE_EVENTS that were handled */
  iso_fault fault;
} iso_shared;

#define ISO_ARENAS ((sizeof(iso_shared) + 4095) & ~(size_t)4095)
#define ISO_SHARED_SIZE (ISO_ARENAS + (size_t)ISO_LANES * 2 * ISO_ARENA)

/* Where a direction of a lane begins. */
static inline iso_way *iso_way_at(iso_shared *shared, uint32_t lane, int to_host) {
  return (iso_way *)((uint8_t *)shared + ISO_ARENAS + ((size_t)lane * 2 + (size_t)to_host) * ISO_ARENA);
}

/* One side's end of all lanes. */
typedef struct iso_channel {
  iso_shared *shared;
  int is_host;
  int socket;               /* files are passed through it */
  uint32_t spin;            /* nanoseconds that a wait spins at most */
  _Atomic uint32_t dead;    /* 1 from the other side's end on */
  _Atomic uint32_t free;    /* lanes that this side may begin, as bits: lane 2 * bit (+ 1 in the worker) */
  _Atomic uint32_t awaited; /* threads that wait for one of them */
  void *files;              /* passed to other lanes' messages, not yet taken */
} iso_channel;

/* One side's end of one lane. Belongs to one thread at a time. */
typedef struct iso_end {
  iso_channel *channel;
  uint32_t index;
  uint32_t seen;   /* posts of the other side that were taken */
  uint32_t misses; /* waits in a row that a spin did not end */
  uint32_t other;  /* processor that the other side posted on last; 0 before it has */
  _Atomic uint32_t waits; /* 1 while its thread waits */
} iso_end;

/* A message in memory of the receiver's own. */
typedef struct iso_message {
  iso_head head;
  uint8_t *bytes; /* aligned to 8 */
  void *map;      /* of a file, or NULL */
  void *heap;     /* or NULL */
  _Alignas(16) uint8_t near[1024];
} iso_message;

/* Carries out a call of the other side's and posts the answer. */
typedef void (*iso_serve)(iso_end *end, iso_message *call, void *context);

/* Makes the ends of a channel whose memory is mapped. `socket` is one of a pair (SOCK_SEQPACKET); the channel does not close it.
 * Returns: 0, or -1 when there is no memory. */
int iso_channel_make(iso_channel *channel, iso_shared *shared, int is_host, int socket, iso_end ends[ISO_LANES]);
/* Gives up on the other side: every wait ends. Does not unmap. `ends` are those of the channel. [any-thread] */
void iso_channel_kill(iso_channel *channel, iso_end *ends);
/* Frees what a channel holds of its own. No thread uses it any more. */
void iso_channel_free(iso_channel *channel);

/* A lane for the calling thread to begin a call on, the lowest that is free.
 * Returns: its index; ISO_DEAD; or ISO_LATE after `nanoseconds`. [any-thread] */
int iso_lane_take(iso_channel *channel, uint64_t nanoseconds);
/* Gives it back; its other side has answered. */
void iso_lane_give(iso_channel *channel, uint32_t index);

/* Where the next message of an end is written: the lane's arena. */
iso_writer iso_arena(iso_end *end);
/* Posts a message that was written to the arena, or anywhere else. `brief` may be NULL.
 * Returns: ISO_ARRIVED, ISO_DEAD or ISO_TOO_LARGE. */
int iso_post(iso_end *end, uint32_t kind, uint32_t op, const iso_brief *brief, const iso_writer *writer);
/* Waits for the next message. `nanoseconds` UINT64_MAX waits for ever. On ISO_ARRIVED the message is the caller's to drop. */
int iso_await(iso_end *end, uint64_t nanoseconds, iso_message *message);
void iso_message_drop(iso_message *message);

/* Posts a call that was written, and waits for its answer; calls of the other side's are served meanwhile. `nanoseconds` is how long
 * the other side may take in all: what serving its calls takes is not its time. */
int iso_call(
    iso_end *end, uint32_t op, const iso_brief *brief, const iso_writer *writer, uint64_t nanoseconds, iso_serve serve,
    void *context, iso_message *answer);

/* A reader of a message's bytes. */
static inline iso_reader iso_reader_of(iso_message *message) {
  iso_reader reader = {message->bytes, 0, message->head.length};
  return reader;
}

#endif
