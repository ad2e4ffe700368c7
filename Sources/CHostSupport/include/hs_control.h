/* What the control plane needs from behind _GNU_SOURCE. */
#ifndef HS_CONTROL_H
#define HS_CONTROL_H

#include <sys/types.h>

/* The user at the other end of a connected Unix socket, as it was when it connected (SO_PEERCRED).
 * Returns 0, or -1 with errno. [any-thread] */
int hs_peer_uid(int socket, uid_t *uid);

/* `accept4` with SOCK_CLOEXEC. Returns the descriptor, or -1 with errno. [any-thread] */
int hs_accept(int socket);

/* 1 when this process may use private expedited membarriers, else 0. [any-thread] */
int hs_has_membarrier(void);

/* From now on each of these signals writes its number, as one byte, to `pipe` instead of what it did before. Unlike a blocked
 * signal, children of this process do not inherit that. Returns 0, or -1 with errno. [any-thread] */
int hs_forward_signals(const int *signals, int count, int pipe);

/* Has the kernel send this process a signal when the thread that started it ends (PR_SET_PDEATHSIG). Returns 0; -1 with errno,
 * which is ESRCH when its parent is not, or no longer, `parent`. [any-thread] */
int hs_die_with_parent(int signal, pid_t parent);

#endif
