/* What ThreadSanitizer cannot see for itself; empty in every other build. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex

/* A Swift `Mutex` that is free is taken by an exchange in the code that takes it. One that is not goes through these functions
 * of libswiftSynchronization, which is not instrumented: who got the lock from there seemed to have it beside its former
 * holder. The program's definitions take the place of the library's, call them, and tell what they ordered. */
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static SWIFT void (*library_lock)(uint32_t thread, SELF);
static SWIFT _Bool (*library_try_lock)(SELF);
static SWIFT void (*library_unlock)(SELF);

SWIFT void hs_lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT _Bool hs_try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT void hs_unlock_slow(SELF) __asm__(UNLOCK_SLOW);

__attribute__((constructor)) static void find(void) {
  library_lock = (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK_SLOW);
  library_try_lock = (SWIFT _Bool (*)(SELF))dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
  library_unlock = (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT void hs_lock_slow(uint32_t thread, SELF) {
  library_lock(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT _Bool hs_try_lock_slow(SELF) {
  _Bool taken = library_try_lock(mutex);
  if (taken) __tsan_acquire(mutex);
  return taken;
}

SWIFT void hs_unlock_slow(SELF) {
  __tsan_release(mutex);
  library_unlock(mutex);
}

#endif
#endif
