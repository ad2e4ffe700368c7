#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sb_parts.h"

/* Of later kernels than the headers may be. */
#define ACCESS_TRUNCATE (1ULL << 14)
#define ACCESS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)
#define RULE_NET_PORT 2

struct ruleset {
  uint64_t files, net, scoped;
};

struct port_rule {
  uint64_t access, port;
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define CHANGE                                                                                                         \
  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                     \
   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                           \
   LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)
#define OF_A_FILE                                                                                                      \
  (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE |        \
   ACCESS_IOCTL_DEV)

int sb_landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? (int)version : 0;
}

/* All access to files that a version knows. */
static uint64_t known_files(int version) {
  uint64_t all = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= ACCESS_TRUNCATE;
  if (version >= 5) all |= ACCESS_IOCTL_DEV;
  return all;
}

static int add_path(int set, const char *path, uint64_t access, sb_text *text) {
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) {
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
      return sb_fail(text, errno, "sandbox: %s cannot be opened: %s", path, strerror(errno));
    }
    sb_say(text, "sandbox: %s is left out: %s", path, strerror(errno));
    return 0;
  }
  struct stat status;
  int code = fstat(fd, &status) ? errno : 0;
  if (!code) {
    struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(status.st_mode) ? access : access & OF_A_FILE, .parent_fd = fd};
    code = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? errno : 0;
  }
  close(fd);
  return code ? sb_fail(text, code, "sandbox: no rule can be made for %s: %s", path, strerror(code)) : 0;
}

static int add_paths(int set, const sb_rules *rules, uint64_t known, sb_text *text) {
  for (uint32_t i = 0; i < rules->path_count; i++) {
    uint64_t access = READ;
    if (rules->paths[i].writable) access |= CHANGE;
    if (rules->exec) access |= LANDLOCK_ACCESS_FS_EXECUTE;
    int code = add_path(set, rules->text + rules->paths[i].offset, access & known, text);
    if (code) return code;
  }
  return 0;
}

static int add_ports(int set, const sb_ports *ports, uint64_t access, sb_text *text) {
  for (uint32_t i = 0; i < ports->count; i++) {
    struct port_rule rule = {access, ports->list[i]};
    if (syscall(SYS_landlock_add_rule, set, RULE_NET_PORT, &rule, 0)) {
      int code = errno;
      return sb_fail(text, code, "sandbox: no rule can be made for port %u: %s", ports->list[i], strerror(code));
    }
  }
  return 0;
}

static int restrict_by(int set, const sb_rules *rules, const struct ruleset *handled, sb_text *text) {
  int code = add_paths(set, rules, handled->files, text);
  if (!code && handled->net & NET_CONNECT_TCP) code = add_ports(set, &rules->connect, NET_CONNECT_TCP, text);
  if (!code && handled->net & NET_BIND_TCP) code = add_ports(set, &rules->bind, NET_BIND_TCP, text);
  if (code) return code;
  if (!syscall(SYS_landlock_restrict_self, set, 0)) return 0;
  code = errno;
  return sb_fail(text, code, "sandbox: Landlock refuses the rules: %s", strerror(code));
}

int sb_apply_landlock(const sb_rules *rules, int version, sb_text *text) {
  if (!version) return 0;
  struct ruleset handled = {.files = known_files(version)};
  if (version >= 4) {
    handled.net = (rules->connect.any ? 0 : NET_CONNECT_TCP) | (rules->bind.any ? 0 : NET_BIND_TCP);
  }
  if (version >= 6) handled.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  int set = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
  if (set < 0) {
    int code = errno;
    return sb_fail(text, code, "sandbox: Landlock makes no rules: %s", strerror(code));
  }
  int code = restrict_by(set, rules, &handled, text);
  close(set);
  return code;
}
