/* What a peer's shared object exports: another library that calls the same handlers with the same events. */
#ifndef PEER_H
#define PEER_H

#include <dovetail.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connects `count` handlers to a signal of its own, emits it a tenth of `rounds` times to warm up, then `rounds` times.
 * Returns the nanoseconds of the latter, -1 when it cannot. The peer's setup is not timed. */
typedef int64_t (*bench_peer)(long rounds, int count, const dvt_handler *handlers, const dvt_event *event);
__attribute__((visibility("default"))) int64_t bench_peer_time(
    long rounds, int count, const dvt_handler *handlers, const dvt_event *event);

#ifdef __cplusplus
}
#endif
#endif
