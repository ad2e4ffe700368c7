/* sandbox-probe RULES ACTION [ARGUMENT]…: applies the rules in a file, then tries what it is told.
 *
 * Prints `ok`, or the name of the error that the system gave. Exits with 3 and the message when the rules are refused. */
#define _GNU_SOURCE
#include <CSandbox.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static sb_rules rules;
static char message[2048];
static int control[2];

/* What the system said of a call. */
static int said(long result) { return result < 0 ? errno : 0; }

static int with_socket(int domain, int type, int protocol) {
  int fd = socket(domain, type, protocol);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

static int open_file(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  char byte = 'x';
  int code = said(flags & O_WRONLY ? write(fd, &byte, 1) : read(fd, &byte, 1));
  close(fd);
  return code == EISDIR ? 0 : code;
}

static struct sockaddr_in loopback(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int tcp(const char *port, int flags, int listens) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  long result;
  if (listens) {
    result = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (!result) result = listen(fd, 1);
  } else if (flags) {
    result = sendto(fd, "x", 1, flags, (struct sockaddr *)&address, sizeof address);
  } else {
    result = connect(fd, (struct sockaddr *)&address, sizeof address);
  }
  int code = said(result);
  close(fd);
  return code;
}

static int local(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  int code = said(connect(fd, (struct sockaddr *)&address, sizeof address));
  close(fd);
  return code;
}

static int run(const char *program) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (!child) {
    execl(program, program, (char *)NULL);
    _exit(errno);
  }
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static void *count_up(void *counter) {
  void *memory = malloc(100000);
  memset(memory, 1, 100000);
  free(memory);
  atomic_fetch_add((_Atomic int *)counter, 1);
  return NULL;
}

/* Starts threads that stay; how many there can be, up to `most`. */
static void *stay(void *pipe_end) {
  char byte;
  while (read(*(int *)pipe_end, &byte, 1) < 0) {
  }
  return NULL;
}

static int threads(int most) {
  int ends[2];
  if (pipe(ends)) return errno;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (int i = 0; i < most; i++) {
    pthread_t thread;
    int code = pthread_create(&thread, &small, stay, &ends[0]);
    if (code) return code;
  }
  return 0;
}

static int use_memory(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return errno;
  memset(memory, 1, bytes);
  return 0;
}

/* All that a worker needs: the first thing that fails, as a line; NULL when all works. */
static const char *permitted(void) {
  _Atomic int count = 0;
  pthread_t some[8];
  for (int i = 0; i < 8; i++) {
    if (pthread_create(&some[i], NULL, count_up, &count)) return "pthread_create";
  }
  for (int i = 0; i < 8; i++) pthread_join(some[i], NULL);
  if (count != 8) return "threads";
  int fd = memfd_create("probe", MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate(fd, 65536)) return "memfd_create";
  char *shared = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) return "mmap";
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) return "seals";
  if (syscall(SYS_futex, shared, FUTEX_WAKE, 1, NULL, NULL, 0) < 0) return "futex";
  int event = eventfd(0, EFD_CLOEXEC);
  if (event < 0 || eventfd_write(event, 1)) return "eventfd";
  if (send(control[0], "x", 1, 0) != 1) return "control socket";
  char byte, room[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr *attached = CMSG_FIRSTHDR(&header);
  attached->cmsg_level = SOL_SOCKET;
  attached->cmsg_type = SCM_RIGHTS;
  attached->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(attached), &fd, sizeof fd);
  if (sendmsg(control[0], &header, 0) != 1) return "passing a descriptor";
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair)) return "socketpair";
  if (!fopen("/proc/self/status", "r")) return "/proc/self";
  if (open("/dev/urandom", O_RDONLY) < 0) return "/dev/urandom";
  if (open("/dev/null", O_WRONLY) < 0) return "/dev/null";
  struct timespec time = {0, 1000};
  if (nanosleep(&time, NULL) || sched_yield()) return "time";
  signal(SIGUSR1, SIG_IGN);
  if (raise(SIGUSR1) || kill(getpid(), SIGUSR1) || pthread_kill(pthread_self(), SIGUSR1)) return "own signals";
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors)) return "sched_getaffinity";
  if (sched_setaffinity(0, sizeof processors, &processors)) return "sched_setaffinity";
  return NULL;
}

static int dynamic(const char *library) {
  if (dlopen(library, RTLD_NOW | RTLD_LOCAL)) return 0;
  fprintf(stderr, "%s\n", dlerror());
  return ELIBACC;
}

static int act(int count, char **words) {
  const char *action = words[0], *word = count > 1 ? words[1] : "";
  pid_t other = getppid();
  if (!strcmp(action, "nothing")) return 0;
  if (!strcmp(action, "read")) return open_file(word, O_RDONLY);
  if (!strcmp(action, "write")) return open_file(word, O_WRONLY);
  if (!strcmp(action, "create")) return open_file(word, O_WRONLY | O_CREAT);
  if (!strcmp(action, "truncate")) return said(truncate(word, 0));
  if (!strcmp(action, "remove")) return said(unlink(word));
  if (!strcmp(action, "chmod")) return said(chmod(word, 0777));
  if (!strcmp(action, "fchmod")) return said(fchmod(open(word, O_RDONLY), 0600));
  if (!strcmp(action, "utimes")) return said(utimensat(AT_FDCWD, word, NULL, 0));
  if (!strcmp(action, "touch")) return said(futimens(open(word, O_WRONLY), NULL));
  if (!strcmp(action, "connect")) return tcp(word, 0, 0);
  if (!strcmp(action, "fast-open")) return tcp(word, MSG_FASTOPEN, 0);
  if (!strcmp(action, "listen")) return tcp(word, 0, 1);
  if (!strcmp(action, "tcp")) return with_socket(AF_INET, SOCK_STREAM, 0);
  if (!strcmp(action, "mptcp")) return with_socket(AF_INET, SOCK_STREAM, 262);
  if (!strcmp(action, "udp")) return with_socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!strcmp(action, "raw")) return with_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (!strcmp(action, "netlink")) return with_socket(AF_NETLINK, SOCK_RAW, 0);
  if (!strcmp(action, "unix")) return with_socket(AF_UNIX, SOCK_STREAM, 0);
  if (!strcmp(action, "unix-connect")) return local(word);
  if (!strcmp(action, "datagram-pair")) return said(socketpair(AF_UNIX, SOCK_DGRAM, 0, (int[2]){0}));
  if (!strcmp(action, "exec")) return execl(word, word, (char *)NULL), errno;
  if (!strcmp(action, "run")) return run(word);
  if (!strcmp(action, "fork")) return said(fork());
  if (!strcmp(action, "vfork-call")) return said(syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0));
  if (!strcmp(action, "clone3")) return said(syscall(SYS_clone3, NULL, 0));
  if (!strcmp(action, "ptrace")) return said(ptrace(PTRACE_ATTACH, other, NULL, NULL));
  if (!strcmp(action, "read-memory")) {
    struct iovec part = {message, 1};
    return said(syscall(SYS_process_vm_readv, other, &part, 1L, &part, 1L, 0L));
  }
  if (!strcmp(action, "kill")) return said(kill(other, SIGCONT));
  if (!strcmp(action, "probe-kill")) return said(kill(other, 0));
  if (!strcmp(action, "kill-group")) return said(kill(0, SIGCONT));
  if (!strcmp(action, "queue")) return said(sigqueue(other, SIGCONT, (union sigval){0}));
  if (!strcmp(action, "pidfd")) return said(syscall(SYS_pidfd_open, other, 0));
  if (!strcmp(action, "own-io-signals")) return said(fcntl(control[0], F_SETOWN, other));
  if (!strcmp(action, "limit-other")) {
    struct rlimit none = {1, 1};
    return said(prlimit(other, RLIMIT_CPU, &none, NULL));
  }
  if (!strcmp(action, "renice-other")) return said(setpriority(PRIO_PROCESS, (id_t)other, 5));
  if (!strcmp(action, "outlive")) return said(syscall(SYS_prctl, 1L, 0L, 0L, 0L, 0L));
  if (!strcmp(action, "unshare")) return said(unshare(CLONE_NEWUSER));
  if (!strcmp(action, "new-session")) return said(setsid());
  if (!strcmp(action, "mount")) return said(syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0L, NULL));
  if (!strcmp(action, "bpf")) return said(syscall(SYS_bpf, 0L, NULL, 0L));
  if (!strcmp(action, "io_uring")) return said(syscall(SYS_io_uring_setup, 1L, NULL));
  if (!strcmp(action, "keyctl")) return said(syscall(SYS_keyctl, 0L, 0L));
  if (!strcmp(action, "shmget")) return said(syscall(SYS_shmget, 0L, 4096L, 0L));
  if (!strcmp(action, "setuid")) return said(setuid(12345));
#if defined(__x86_64__)
  if (!strcmp(action, "x32")) return said(syscall(0x40000000 + SYS_getpid));
  if (!strcmp(action, "i386")) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)-result : 0;
  }
#endif
  if (!strcmp(action, "memory")) return use_memory(strtoull(word, NULL, 10));
  if (!strcmp(action, "threads")) return threads(atoi(word));
  if (!strcmp(action, "dlopen")) return dynamic(word);
  if (!strcmp(action, "descriptors")) {
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
    return errno;
  }
  if (!strcmp(action, "large-file")) {
    signal(SIGXFSZ, SIG_IGN);
    return said(ftruncate(memfd_create("large", 0), 1 << 30));
  }
  if (!strcmp(action, "spin")) {
    for (;;) {
    }
  }
  if (!strcmp(action, "permitted")) {
    const char *failed = permitted();
    if (failed) fprintf(stderr, "%s: %s\n", failed, strerror(errno));
    return failed ? ECANCELED : 0;
  }
  fprintf(stderr, "no such action: %s\n", action);
  exit(2);
}

/* `descriptors-left` is no part of the rules: which are open after all but some were closed. */
static int close_all_but(int count, char **words) {
  int keep[8] = {0}, kept = 0;
  for (int i = 0; i < count && kept < 8; i++) keep[kept++] = atoi(words[i]);
  for (int fd = 40; fd < 44; fd++) dup2(1, fd);
  if (sb_close_descriptors(keep, (size_t)kept)) return 1;
  for (int fd = 0; fd < 64; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) dprintf(1, "%d ", fd);
  }
  dprintf(1, "\n");
  return 0;
}

int main(int count, char **words) {
  if (count > 2 && !strcmp(words[1], "close-all-but")) return close_all_but(count - 2, words + 2);
  if (count < 3) return 2;
  if (!strcmp(words[2], "landlock-version")) return printf("%d\n", sb_landlock_version()) < 0;
  int fd = open(words[1], O_RDONLY | O_CLOEXEC);
  int code = fd < 0 ? errno : sb_read(fd, &rules, message, sizeof message);
  if (!code && count > 3 && !strcmp(words[2], "as-user")) {
    if (setgid((gid_t)atoi(words[3])) || setuid((uid_t)atoi(words[3]))) return 4;
    words += 2;
    count -= 2;
  }
  if (!code && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control)) code = errno;
  if (!code && !strcmp(words[2], "two-threads")) {
    pthread_t thread;
    code = pthread_create(&thread, NULL, stay, &control[1]);
  }
  if (!code) code = sb_apply(&rules, message, sizeof message);
  if (message[0]) fprintf(stderr, "%s\n", message);
  if (code) return 3;
  code = act(count - 2, words + 2);
  printf("%s\n", code ? strerrorname_np(code) : "ok");
  fflush(stdout);
  _exit(0);
}
