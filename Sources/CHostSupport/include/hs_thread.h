/* Threads: names, and rest. */
#ifndef HS_THREAD_H
#define HS_THREAD_H

/* Names the calling thread for `top` and debuggers; the system keeps the first 15 bytes. [any-thread] */
void hs_name_thread(const char *name);

/* Never returns: the thread's stack must stay as it is. [any-thread] */
void hs_sleep_forever(void);

#endif
