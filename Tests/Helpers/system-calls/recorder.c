/* Preloaded into a program, logs every system call by which it changes files below one folder, in the order in which they took
 * effect, and makes chosen ones fail. `SystemCallLog.swift` reads the log.
 *
 *   RECORD_ROOT  the folder: an absolute path without links
 *   RECORD_SKIP  paths below the folder that do not count, with all below them, joined by colons
 *   RECORD_LOG   the log's path, outside of the folder; none: calls are only made to fail
 *   FAULT_CALL   write, sync, open, rename, unlink or mkdir: the calls that fail; none does without it
 *   FAULT_FIRST  which of them is the first to fail, counted from 1 (that of a short write writes half)
 *   FAULT_COUNT  how many fail; 1 without it
 *   FAULT_ERRNO  the error's number
 *   FAULT_KILL   set: the program is killed after the first call that follows a sync that failed
 *
 * A write to standard output is logged as a mark. A failed sync leaves the file as a kernel would: the system holds the bytes to
 * be clean, and the log says that they are not on the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  OP_OPEN = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_RENAME, OP_UNLINK, OP_MKDIR, OP_RMDIR, OP_SYNC_ALL, OP_MARK,
  OP_UNSUPPORTED, OP_GROW, OP_LINK
};
enum { FDS = 4096 };

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *root, *skipped;
static size_t root_length;
static int log_fd = -1;
static uint32_t handles[FDS]; /* 0: not below the root */
static char is_mapped_name[FDS];
static uint32_t next_handle = 1;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* MARK: The log */

static void emit(const void *bytes, size_t size) {
  REAL(write);
  while (size) {
    ssize_t n = real(log_fd, bytes, size);
    if (n < 0) abort();
    bytes = (const char *)bytes + n;
    size -= (size_t)n;
  }
}

static int kills, is_dying;

static void record(uint8_t op, int32_t error, uint32_t handle, uint64_t number, const void *a, size_t a_size, const void *b,
                   size_t b_size) {
  if (log_fd < 0) return;
  struct __attribute__((packed)) {
    uint8_t op;
    int32_t error;
    uint32_t handle;
    uint64_t number;
    uint32_t a, b;
  } head = {op, error, handle, number, (uint32_t)a_size, (uint32_t)b_size};
  size_t size = sizeof head + a_size + b_size;
  char *bytes = malloc(size);
  if (!bytes) abort();
  memcpy(bytes, &head, sizeof head);
  if (a_size) memcpy(bytes + sizeof head, a, a_size);
  if (b_size) memcpy(bytes + sizeof head + a_size, b, b_size);
  emit(bytes, size); /* in one write: a log that ends early ends between two calls */
  free(bytes);
  if (is_dying && op != OP_MARK) kill(getpid(), SIGKILL);
  is_dying = kills && (is_dying || (op == OP_SYNC && error));
}

static void unsupported(const char *call) {
  record(OP_UNSUPPORTED, 0, 0, 0, call, strlen(call), NULL, 0);
}

static int is_skipped(const char *path) {
  for (const char *next = skipped; next && *next;) {
    size_t length = strcspn(next, ":");
    if (!strncmp(path, next, length) && (!path[length] || path[length] == '/')) return 1;
    next += length + (next[length] == ':');
  }
  return 0;
}

/* The path below the root, or NULL. */
static const char *below(int folder, const char *path, char *buffer) {
  if (!root || !path) return NULL;
  if (path[0] == '/') {
    snprintf(buffer, PATH_MAX, "%s", path);
  } else {
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return NULL;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t n = readlink(link, base, sizeof base - 1);
      if (n < 0) return NULL;
      base[n] = 0;
    }
    if (!strcmp(path, ".")) snprintf(buffer, PATH_MAX, "%.*s", PATH_MAX - 1, base);
    else if (snprintf(buffer, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return NULL;
  }
  if (strncmp(buffer, root, root_length) || (buffer[root_length] && buffer[root_length] != '/')) return NULL;
  const char *name = buffer[root_length] ? buffer + root_length + 1 : buffer + root_length;
  return is_skipped(name) ? NULL : name;
}

static uint32_t handle_of(int fd) { return fd >= 0 && fd < FDS ? handles[fd] : 0; }

/* MARK: Faults */

static int fault_first, fault_count, fault_errno, fault_seen;
static char fault_call[16];

/* Whether the next call of a kind is to fail; sets `errno`. */
static int faulty(const char *call) {
  if (!fault_first || strcmp(call, fault_call)) return 0;
  fault_seen += 1;
  if (fault_seen < fault_first || fault_seen >= fault_first + fault_count) return 0;
  errno = fault_errno;
  return 1;
}

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("RECORD_ROOT");
  if (!text || !*text) return;
  root = strdup(text);
  root_length = strlen(root);
  if ((text = getenv("RECORD_SKIP"))) skipped = strdup(text);
  if ((text = getenv("RECORD_LOG")) && *text) {
    REAL(open);
    int fd = real(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3000);
    if (log_fd < 0) log_fd = fd;
  }
  if ((text = getenv("FAULT_CALL"))) snprintf(fault_call, sizeof fault_call, "%s", text);
  fault_first = (text = getenv("FAULT_FIRST")) ? atoi(text) : 0;
  fault_count = (text = getenv("FAULT_COUNT")) ? atoi(text) : 1;
  kills = getenv("FAULT_KILL") != NULL;
  fault_errno = (text = getenv("FAULT_ERRNO")) ? atoi(text) : EIO;
}

#define LOCKED(...) \
  do { \
    pthread_mutex_lock(&lock); \
    __VA_ARGS__; \
    int saved_errno = errno; \
    pthread_mutex_unlock(&lock); \
    errno = saved_errno; \
  } while (0)

/* MARK: Opening */

static int open_any(int folder, const char *path, int flags, mode_t mode) {
  REAL(openat);
  char buffer[PATH_MAX];
  int fd;
  LOCKED({
    const char *name = below(folder, path, buffer);
    if (name && flags & O_CREAT && faulty("open")) {
      fd = -1;
    } else {
      fd = real(folder, path, flags, mode);
      if (fd >= 0 && name) {
        if (fd >= FDS) abort();
        handles[fd] = next_handle++;
        size_t length = strlen(name);
        is_mapped_name[fd] = length > 4 && !strcmp(name + length - 4, "-shm");
        record(OP_OPEN, 0, handles[fd], (uint64_t)flags, name, length, NULL, 0);
      } else if (fd >= 0 && fd < FDS) {
        handles[fd] = 0;
      }
    }
  });
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  }

int open(const char *path, int flags, ...) {
  MODE(flags);
  return open_any(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags);
  return open_any(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return open_any(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return open_any(folder, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int close(int fd) {
  REAL(close);
  int result;
  LOCKED({
    if (fd >= 0 && fd < FDS) handles[fd] = 0;
    result = real(fd);
  });
  return result;
}

/* MARK: Contents */

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t offset, int positioned) {
  REAL(write);
  __typeof__(&pwrite) real_pwrite = (__typeof__(&pwrite))dlsym(RTLD_NEXT, "pwrite");
  ssize_t written;
  LOCKED({
    uint32_t handle = handle_of(fd);
    if (fd == 1 && !handle) {
      written = real(fd, bytes, size);
      if (written > 0) record(OP_MARK, 0, 0, 0, NULL, 0, bytes, (size_t)written);
    } else if (!handle) {
      written = positioned ? real_pwrite(fd, bytes, size, offset) : real(fd, bytes, size);
    } else {
      int fails = faulty("write");
      if (fails && (fault_seen > fault_first || size < 2)) {
        written = -1;
      } else {
        if (fails) size /= 2; /* as a disk that becomes full: first a short write, then the error */
        if (!positioned) {
          struct stat status;
          offset = fcntl(fd, F_GETFL) & O_APPEND && !fstat(fd, &status) ? status.st_size : lseek(fd, 0, SEEK_CUR);
        }
        written = positioned ? real_pwrite(fd, bytes, size, offset) : real(fd, bytes, size);
        if (written > 0) record(OP_WRITE, 0, handle, (uint64_t)offset, NULL, 0, bytes, (size_t)written);
        /* FAULT_COUNT counts errors, the short write comes before the first. */
        if (fails) fault_count += 1;
      }
    }
  });
  return written;
}

ssize_t write(int fd, const void *bytes, size_t size) { return write_at(fd, bytes, size, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) { return write_at(fd, bytes, size, offset, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) { return write_at(fd, bytes, size, offset, 1); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  if (!handle_of(fd)) return real(fd, parts, count);
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return write_at(fd, parts[i].iov_base, parts[i].iov_len, 0, 0);
  return 0;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(pwritev);
  if (!handle_of(fd)) return real(fd, parts, count, offset);
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return write_at(fd, parts[i].iov_base, parts[i].iov_len, offset, 1);
  return 0;
}

static int truncate_any(int fd, off_t size) {
  REAL(ftruncate);
  int result;
  LOCKED({
    uint32_t handle = handle_of(fd);
    if (handle && faulty("write")) {
      result = -1;
    } else {
      result = real(fd, size);
      if (!result && handle) record(OP_TRUNCATE, 0, handle, (uint64_t)size, NULL, 0, NULL, 0);
    }
  });
  return result;
}
int ftruncate(int fd, off_t size) { return truncate_any(fd, size); }
int ftruncate64(int fd, off_t size) { return truncate_any(fd, size); }

static int grow_any(int fd, int mode, off_t offset, off_t size) {
  REAL(fallocate);
  int result;
  LOCKED({
    uint32_t handle = handle_of(fd);
    if (handle && faulty("write")) {
      result = -1;
    } else {
      result = real(fd, mode, offset, size);
      if (!result && handle) {
        if (mode & ~FALLOC_FL_KEEP_SIZE) unsupported("fallocate");
        else if (!mode) record(OP_GROW, 0, handle, (uint64_t)(offset + size), NULL, 0, NULL, 0);
      }
    }
  });
  return result;
}
int fallocate(int fd, int mode, off_t offset, off_t size) { return grow_any(fd, mode, offset, size); }
int fallocate64(int fd, int mode, off_t offset, off_t size) { return grow_any(fd, mode, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) { return grow_any(fd, 0, offset, size) ? errno : 0; }
int posix_fallocate64(int fd, off_t offset, off_t size) { return grow_any(fd, 0, offset, size) ? errno : 0; }

#define UNSUPPORTED(type, name, parameters, arguments, condition) \
  type name parameters { \
    REAL(name); \
    if (condition) LOCKED(unsupported(#name)); \
    return real arguments; \
  }
UNSUPPORTED(ssize_t, copy_file_range, (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned int flags),
            (in, from, out, to, size, flags), handle_of(out))
UNSUPPORTED(ssize_t, sendfile, (int out, int in, off_t *offset, size_t size), (out, in, offset, size), handle_of(out))
UNSUPPORTED(int, symlink, (const char *target, const char *path), (target, path), below(AT_FDCWD, path, (char[PATH_MAX]){0}))

static void mapped(int protection, int flags, int fd) {
  if (flags & MAP_SHARED && protection & PROT_WRITE && handle_of(fd) && !is_mapped_name[fd]) LOCKED(unsupported("mmap"));
}
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  REAL(mmap);
  mapped(protection, flags, fd);
  return real(address, size, protection, flags, fd, offset);
}
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  REAL(mmap64);
  mapped(protection, flags, fd);
  return real(address, size, protection, flags, fd, offset);
}

/* MARK: Syncing */

static int sync_any(int fd, __typeof__(&fsync) real, uint8_t op) {
  int result;
  LOCKED({
    uint32_t handle = handle_of(fd);
    if (!handle) {
      result = real(fd);
    } else {
      int fails = faulty("sync");
      int error = errno;
      result = fails ? -1 : real(fd);
      record(op, result ? (fails ? error : errno) : 0, handle, 0, NULL, 0, NULL, 0);
      if (fails) errno = error;
    }
  });
  return result;
}
int fsync(int fd) {
  REAL(fsync);
  return sync_any(fd, real, OP_SYNC);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return sync_any(fd, real, OP_SYNC);
}
int syncfs(int fd) {
  REAL(syncfs);
  return sync_any(fd, real, OP_SYNC_ALL);
}

/* MARK: Names */

static int rename_any(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
  REAL(renameat2);
  char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
  int result;
  LOCKED({
    const char *a = below(from_folder, from, from_buffer), *b = below(to_folder, to, to_buffer);
    if ((a || b) && faulty("rename")) {
      result = -1;
    } else {
      result = real(from_folder, from, to_folder, to, flags);
      if (!result && a && b) record(OP_RENAME, 0, 0, flags, a, strlen(a), b, strlen(b));
      else if (!result && (a || b)) unsupported("rename out of or into the folder");
    }
  });
  return result;
}
int rename(const char *from, const char *to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return rename_any(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
  return rename_any(from_folder, from, to_folder, to, flags);
}

static int unlink_any(int folder, const char *path, int flags) {
  REAL(unlinkat);
  char buffer[PATH_MAX];
  int result;
  LOCKED({
    const char *name = below(folder, path, buffer);
    if (name && faulty("unlink")) {
      result = -1;
    } else {
      result = real(folder, path, flags);
      if (!result && name)
        record(flags & AT_REMOVEDIR ? OP_RMDIR : OP_UNLINK, 0, 0, 0, name, strlen(name), NULL, 0);
    }
  });
  return result;
}
int unlink(const char *path) { return unlink_any(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return unlink_any(folder, path, flags); }
int rmdir(const char *path) { return unlink_any(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
  int result = unlink_any(AT_FDCWD, path, 0);
  return result && errno == EISDIR ? unlink_any(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

static int mkdir_any(int folder, const char *path, mode_t mode) {
  REAL(mkdirat);
  char buffer[PATH_MAX];
  int result;
  LOCKED({
    const char *name = below(folder, path, buffer);
    if (name && faulty("mkdir")) {
      result = -1;
    } else {
      result = real(folder, path, mode);
      if (!result && name) record(OP_MKDIR, 0, 0, 0, name, strlen(name), NULL, 0);
    }
  });
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdir_any(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return mkdir_any(folder, path, mode); }

static int link_any(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  REAL(linkat);
  char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
  int result;
  LOCKED({
    const char *a = below(from_folder, from, from_buffer), *b = below(to_folder, to, to_buffer);
    result = real(from_folder, from, to_folder, to, flags);
    if (!result && b && a) record(OP_LINK, 0, 0, 0, a, strlen(a), b, strlen(b));
    else if (!result && b) unsupported("link into the folder");
  });
  return result;
}
int link(const char *from, const char *to) { return link_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  return link_any(from_folder, from, to_folder, to, flags);
}
