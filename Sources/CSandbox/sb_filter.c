#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <netinet/in.h>
#include <unistd.h>
#include <fcntl.h>

#include "sb_parts.h"

/* Of later kernels than the headers may be; the numbers are the same everywhere. */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000u
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows the system calls of x86-64 and aarch64"
#endif

/* The program being made. Its jumps go over a block of at most 255 instructions. */
typedef struct program {
  unsigned short count;
  struct sock_filter code[640];
} program;

#define REFUSE(error) (SECCOMP_RET_ERRNO | (error))
#define NEW_NAMESPACES                                                                                                 \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static void emit(program *to, unsigned short code, uint32_t k, unsigned char then, unsigned char otherwise) {
  to->code[to->count++] = (struct sock_filter){code, then, otherwise, k};
}

static void load(program *to, size_t offset) { emit(to, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }

/* The lower half of an argument: all that the kernel looks at, of those that are asked for here. */
static void load_argument(program *to, unsigned index) {
  load(to, offsetof(struct seccomp_data, args) + index * sizeof(uint64_t));
}

static void end_with(program *to, uint32_t action) { emit(to, BPF_RET | BPF_K, action, 0, 0); }

/* Refuses a call, whatever its arguments. The number is loaded. */
static void refuse(program *to, long number, uint32_t error) {
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
  end_with(to, REFUSE(error));
}

/* Begins what is to be done for one call; `finish` ends it. Returns what `finish` needs. */
static unsigned short begin(program *to, long number) {
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 0);
  return to->count;
}

/* Ends it with an action, and leads other calls past it. */
static void finish(program *to, unsigned short block, uint32_t action) {
  end_with(to, action);
  to->code[block - 1].jf = (unsigned char)(to->count - block);
}

/* Does an action when what is loaded is a value, or has one of some bits. */
static void on(program *to, uint32_t value, uint32_t action) {
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  end_with(to, action);
}

static void on_bits(program *to, uint32_t bits, uint32_t action) {
  emit(to, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
  end_with(to, action);
}

/* Allows a call with a value of an argument only. */
static void only(program *to, long number, unsigned index, const uint32_t *values, size_t count) {
  unsigned short block = begin(to, number);
  load_argument(to, index);
  for (size_t i = 0; i < count; i++) on(to, values[i], SECCOMP_RET_ALLOW);
  finish(to, block, REFUSE(EPERM));
}

/* Refuses a call with a value of an argument. */
static void except(program *to, long number, unsigned index, const uint32_t *values, size_t count) {
  unsigned short block = begin(to, number);
  load_argument(to, index);
  for (size_t i = 0; i < count; i++) on(to, values[i], REFUSE(EPERM));
  finish(to, block, SECCOMP_RET_ALLOW);
}

/* What no plugin needs. */
static const int never[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_process_mrelease, SYS_kcmp,
    SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_migrate_pages, SYS_move_pages, SYS_tkill, SYS_setpgid,
    SYS_setsid, SYS_ioprio_set,
    /* the file systems' tree */
    SYS_mount, SYS_umount2, SYS_move_mount, SYS_open_tree, SYS_open_tree_attr, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
    SYS_fspick, SYS_mount_setattr, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_quotactl, SYS_quotactl_fd,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_swapon, SYS_swapoff, SYS_acct,
    /* the kernel */
    SYS_bpf, SYS_perf_event_open, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot,
    SYS_syslog, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_personality,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime,
    SYS_clock_adjtime, SYS_adjtimex, SYS_vhangup,
    /* what is shared by name and kept by no path */
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop,
    SYS_semtimedop, SYS_semctl, SYS_mq_open, SYS_mq_unlink,
    /* what Landlock does not see: owner, mode, times and attributes of any path */
    SYS_fchmodat, SYS_fchmodat2, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
    SYS_setxattrat, SYS_removexattrat, SYS_file_setattr,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#if defined(__x86_64__)
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
    SYS_uselib, SYS_ustat, SYS_sysfs, SYS__sysctl,
#endif
};

/* The same of what is open, for a worker that may write nothing. */
static const int never_without_write[] = {SYS_fchmod, SYS_fchown, SYS_fsetxattr, SYS_fremovexattr, SYS_utimensat};

static void add_machine(program *to) {
  load(to, offsetof(struct seccomp_data, arch));
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
  end_with(to, REFUSE(EPERM));
  load(to, offsetof(struct seccomp_data, nr));
#ifdef X32_BIT
  emit(to, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
  end_with(to, REFUSE(EPERM));
#endif
}

static void add_processes(program *to, const sb_rules *rules) {
  /* The C library asks for clone first when this is not there; its flags cannot be seen from here. */
  refuse(to, SYS_clone3, ENOSYS);
  unsigned short block = begin(to, SYS_clone);
  load_argument(to, 0);
  on_bits(to, NEW_NAMESPACES, REFUSE(EPERM));
  if (rules->exec) {
    finish(to, block, SECCOMP_RET_ALLOW);
    return;
  }
  emit(to, BPF_ALU | BPF_AND | BPF_K, CLONE_VM | CLONE_THREAD, 0, 0);
  on(to, CLONE_VM | CLONE_THREAD, SECCOMP_RET_ALLOW);
  finish(to, block, REFUSE(EPERM));
  refuse(to, SYS_execve, EPERM);
  refuse(to, SYS_execveat, EPERM);
#if defined(__x86_64__)
  refuse(to, SYS_fork, EPERM);
  refuse(to, SYS_vfork, EPERM);
#endif
  const uint32_t own[] = {(uint32_t)getpid()};
  static const int signals[] = {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) only(to, signals[i], 0, own, 1);
}

/* Calls that change how a process runs, by its id: no others than its own. */
static void add_settings(program *to) {
  const uint32_t own[] = {0, (uint32_t)getpid()};
  static const int by_id[] = {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam,
                              SYS_sched_setattr};
  for (size_t i = 0; i < sizeof by_id / sizeof *by_id; i++) only(to, by_id[i], 0, own, 2);
  unsigned short block = begin(to, SYS_setpriority);
  load_argument(to, 0);
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, PRIO_PROCESS, 1, 0);
  end_with(to, REFUSE(EPERM));
  load_argument(to, 1);
  on(to, own[0], SECCOMP_RET_ALLOW);
  on(to, own[1], SECCOMP_RET_ALLOW);
  finish(to, block, REFUSE(EPERM));
  static const uint32_t owners[] = {F_SETOWN, F_SETOWN_EX};
  except(to, SYS_fcntl, 1, owners, 2);
  static const uint32_t requests[] = {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX};
  except(to, SYS_ioctl, 1, requests, 4);
  static const uint32_t options[] = {PR_SET_PDEATHSIG};
  except(to, SYS_prctl, 0, options, 1);
}

/* Allows sockets of one type with one protocol, or none. The type is loaded, without its flags. */
static void allow_type(program *to, uint32_t type, uint32_t protocol) {
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, type, 0, 5);
  load_argument(to, 2);
  on(to, 0, SECCOMP_RET_ALLOW);
  on(to, protocol, SECCOMP_RET_ALLOW);
}

static void load_type(program *to) {
  load_argument(to, 1);
  emit(to, BPF_ALU | BPF_AND | BPF_K, 0xF, 0, 0);
}

static void add_sockets(program *to, const sb_rules *rules) {
  int tcp = sb_has_tcp(rules);
  unsigned short block = begin(to, SYS_socket);
  load_argument(to, 0);
  if (rules->local) on(to, AF_UNIX, SECCOMP_RET_ALLOW);
  if (tcp || rules->udp) {
    emit(to, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
    emit(to, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
    end_with(to, REFUSE(EPERM));
    load_type(to);
    if (tcp) allow_type(to, SOCK_STREAM, IPPROTO_TCP);
    if (tcp && rules->udp) load_type(to);
    if (rules->udp) allow_type(to, SOCK_DGRAM, IPPROTO_UDP);
  }
  finish(to, block, REFUSE(EPERM));
  if (!rules->local) {
    /* One of a pair for datagrams could be turned to any other socket. */
    unsigned short pair = begin(to, SYS_socketpair);
    load_type(to);
    on(to, SOCK_STREAM, SECCOMP_RET_ALLOW);
    on(to, SOCK_SEQPACKET, SECCOMP_RET_ALLOW);
    finish(to, pair, REFUSE(EPERM));
  }
  if (!tcp && !rules->udp && !rules->local) {
    refuse(to, SYS_connect, EPERM);
    refuse(to, SYS_bind, EPERM);
  }
  if (!rules->bind.any && !rules->bind.count && !rules->local) refuse(to, SYS_listen, EPERM);
  /* Landlock does not see a connection that is made by the first data. */
  static const struct {
    int number;
    unsigned flags;
  } senders[] = {{SYS_sendto, 3}, {SYS_sendmsg, 2}, {SYS_sendmmsg, 3}};
  for (size_t i = 0; i < 3 && !rules->connect.any; i++) {
    unsigned short sender = begin(to, senders[i].number);
    load_argument(to, senders[i].flags);
    on_bits(to, MSG_FASTOPEN, REFUSE(EPERM));
    finish(to, sender, SECCOMP_RET_ALLOW);
  }
}

static void add_files(program *to, const sb_rules *rules) {
  int writes = 0;
  for (uint32_t i = 0; i < rules->path_count; i++) {
    /* To write to a device is not to keep anything. */
    writes |= rules->paths[i].writable && strncmp(rules->text + rules->paths[i].offset, "/dev/", 5);
  }
  if (!writes) {
    for (size_t i = 0; i < sizeof never_without_write / sizeof *never_without_write; i++) {
      refuse(to, never_without_write[i], EPERM);
    }
    return;
  }
  /* Without a path it is the descriptor's own file. An address that ends in 32 zero bits is refused with the rest. */
  unsigned short block = begin(to, SYS_utimensat);
  load_argument(to, 1);
  emit(to, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
  end_with(to, REFUSE(EPERM));
  load(to, offsetof(struct seccomp_data, args) + sizeof(uint64_t) + sizeof(uint32_t));
  on(to, 0, SECCOMP_RET_ALLOW);
  finish(to, block, REFUSE(EPERM));
}

int sb_apply_filter(const sb_rules *rules, sb_text *text) {
  program filter = {.count = 0};
  add_machine(&filter);
  for (size_t i = 0; i < sizeof never / sizeof *never; i++) refuse(&filter, never[i], EPERM);
  add_processes(&filter, rules);
  add_settings(&filter);
  add_sockets(&filter, rules);
  add_files(&filter, rules);
  end_with(&filter, SECCOMP_RET_ALLOW);
  struct sock_fprog whole = {filter.count, filter.code};
  if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole)) return 0;
  int code = errno;
  if (rules->best_effort && (code == ENOSYS || code == EINVAL)) {
    sb_say(text, "sandbox: without a filter of system calls, because the kernel has no seccomp");
    return 0;
  }
  return sb_fail(text, code,
                 "sandbox: seccomp refuses the filter: %s; use a kernel with CONFIG_SECCOMP_FILTER, or set sandbox to "
                 "best-effort to go without",
                 strerror(code));
}
