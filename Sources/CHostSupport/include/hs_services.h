/* Whether what was found of services still holds, told without a lock. */
#ifndef HS_SERVICES_H
#define HS_SERVICES_H

#include <stdatomic.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)
extern _Atomic uint64_t hs_services;
#pragma GCC visibility pop

/* Grows whenever an offer ends, or what stands before calls of services changes. Who enters the epoch, then finds it as it was
 * when an offer's entry was looked up, may call that entry until the epoch is left. Never 0. [any-thread] */
static inline uint64_t hs_services_version(void) { return atomic_load_explicit(&hs_services, memory_order_acquire); }

/* Call it after such a change, before the entry of an offer that ended may be freed. [any-thread] */
static inline void hs_services_changed(void) { atomic_fetch_add(&hs_services, 1); }

#endif
