/* Threads: names, and rest. */
#ifndef HS_THREAD_H
#define HS_THREAD_H

/* Names the calling thread, which the host made, for `top` and debuggers; the system keeps the first 15 bytes. [any-thread] */
void hs_name_thread(const char *name);

/* 1 when the host made the calling thread and named it, else 0. [any-thread] */
int hs_thread_is_ours(void);

/* Never returns: the thread's stack must stay as it is. [any-thread] */
void hs_sleep_forever(void);

/* Tells the processor that the thread only waits. [any-thread] */
static inline void hs_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/* Lets the processor fetch 128 bytes, which another thread wrote last. [any-thread] */
static inline void hs_prefetch(const void *bytes) {
  __builtin_prefetch(bytes);
  __builtin_prefetch((const char *)bytes + 64);
}

/* The same of bytes that the thread is about to write. [any-thread] */
static inline void hs_expect_writing(const void *bytes) { __builtin_prefetch(bytes, 1); }

#endif
