/* What the files of the worker share. The worker is one plugin's process: it serves the ABI by asking the host. */
#ifndef WK_H
#define WK_H

#include <pthread.h>
#include <stdatomic.h>

#include "dovetail.h"
#include "iso_lane.h"
#include "iso_ops.h"
#include "iso_reply.h"
#include "iso_types.h"

/* Descriptors that the worker is started with. */
#define WK_MEMORY 3
#define WK_SOCKET 4
#define WK_RULES 5

/* The worker's end of everything. */
typedef struct wk_process {
  iso_channel channel;
  iso_end ends[ISO_LANES];
  dvt_host host;
  const dvt_plugin *plugin;
  void *instance;
} wk_process;

extern wk_process wk;

/* What the plugin registered, behind a token. */
typedef struct wk_entry {
  void (*call)(void);  /* of the type that its operation has */
  dvt_filter_callback wants;
  dvt_completion done; /* of a request that was begun, or an end that is pending */
  void *context;
  uint64_t ends;       /* of an end that is pending: the host's handle of what ends */
  int isOnce;          /* a timer without an interval: its one call ends it */
} wk_entry;

/* Enters a registration. Returns its token, or 0 when there is no memory. [any-thread] */
uint64_t wk_enter(wk_entry entry);
/* The registration behind a token; all NULL when there is none. [any-thread] */
wk_entry wk_find(uint64_t token);
/* Remembers the host's handle of it, so that its end can be noted; what is called only once may have ended by then. */
void wk_set_handle(uint64_t token, uint64_t handle);
/* Notes that what is called only once was called, or that what was begun has ended. */
void wk_spend(uint64_t token);
/* Forgets a registration by token, and by the host's handle. */
void wk_leave(uint64_t token);
void wk_leave_handle(uint64_t handle);

/* Asks the host. On DVT_OK the caller reads the items and settles; DVT_GONE when there is no host any more. `type` may be NULL:
 * nothing follows the ask. */
int32_t wk_ask(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, iso_reply *reply, const dvt_error_sink *error);
/* The same, for an answer without items, and settles. `answer` and `out` may be NULL. Returns the code. */
int32_t wk_ask_plain(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, iso_answer *answer, const dvt_sink *out,
    const dvt_error_sink *error);

/* A call that registers something: `entry` is called from then on. What `type` is not NULL for, `item` must not be. */
int32_t wk_register(
    uint32_t op, wk_entry entry, iso_ask ask, const iso_type *type, const void *item, dvt_handle *out,
    const dvt_error_sink *error);
/* A call that ends a registration. */
int32_t wk_withdraw(uint32_t op, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error);

/* Copies what the host filled into a struct of the plugin's, of which `struct_size` says how much there is. Either may be NULL. */
void wk_hand_over(void *out, const void *filled, size_t size);

/* Starts the thread of a lane of the host's, unless it runs. */
void wk_serve_lane(uint32_t number);
/* Sets the limit of the plugin's threads, before it is mapped. Returns 0, or an errno and what failed in `message`. */
int wk_limit_threads(char *message, size_t size);
/* Carries out one call of the host's. */
void wk_serve(iso_end *end, iso_message *call, void *context);
/* The lane and operation that the calling thread serves, for a report of its crash. */
extern _Thread_local iso_end *wk_end;
extern _Thread_local uint32_t wk_op;

/* The interfaces. */
const void *wk_interface(dvt_str name);
extern const dvt_metadata wk_metadata, wk_metadata_r1;
extern const dvt_executor wk_executor;

/* Buffers of this process. `data` may be NULL. */
const dvt_buffer *wk_buffer_make(uint64_t length, const uint8_t *data);
int32_t wk_buffer_create(const dvt_host *host, uint64_t length, const dvt_buffer **out);
void wk_buffer_retain(const dvt_buffer *buffer);
void wk_buffer_release(const dvt_buffer *buffer);

/* Writes down the fault that the process is about to die of. */
int wk_watch_faults(void);
/* Gives the calling thread a stack for signal handlers. */
void wk_watch_thread(void);

#endif
