#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sb_parts.h"

static const char *const limit_names[SB_LIMITS] = {"address-space", "data", "cpu", "files", "threads", "file-size"};

/* A decimal number of 1…19 digits, at most `most`; 0 when it is none. */
static int number(const char *text, uint64_t most, uint64_t *value) {
  size_t digits = strspn(text, "0123456789");
  if (!digits || digits > 19 || text[digits]) return 0;
  *value = 0;
  for (size_t i = 0; i < digits; i++) *value = *value * 10 + (uint64_t)(text[i] - '0');
  return *value <= most;
}

static int add_path(sb_rules *rules, const char *path, uint32_t writable) {
  if (path[0] != '/') return EINVAL;
  if (rules->path_count == SB_MAX_PATHS) return E2BIG;
  rules->paths[rules->path_count++] = (sb_path){(uint32_t)(path - rules->text), writable};
  return 0;
}

static int add_port(sb_ports *ports, const char *text) {
  if (!strcmp(text, "any")) {
    ports->any = 1;
    return 0;
  }
  uint64_t port;
  if (!number(text, 65535, &port) || !port) return EINVAL;
  if (ports->count == SB_MAX_PORTS) return E2BIG;
  ports->list[ports->count++] = (uint16_t)port;
  return 0;
}

/* `text`: a name, a space, a number. */
static int add_limit(sb_rules *rules, const char *text) {
  for (unsigned i = 0; i < SB_LIMITS; i++) {
    size_t length = strlen(limit_names[i]);
    if (strncmp(text, limit_names[i], length) || text[length] != ' ') continue;
    if (!number(text + length + 1, INT64_MAX, &rules->limits[i])) return EINVAL;
    rules->limited |= 1u << i;
    return 0;
  }
  return EINVAL;
}

/* What follows a word and a space, or NULL when a line begins otherwise. */
static const char *after(const char *line, const char *word) {
  size_t length = strlen(word);
  return strncmp(line, word, length) || line[length] != ' ' ? NULL : line + length + 1;
}

static int add_rule(sb_rules *rules, const char *line) {
  const char *rest;
  if ((rest = after(line, "read"))) return add_path(rules, rest, 0);
  if ((rest = after(line, "write"))) return add_path(rules, rest, 1);
  if ((rest = after(line, "connect"))) return add_port(&rules->connect, rest);
  if ((rest = after(line, "bind"))) return add_port(&rules->bind, rest);
  if ((rest = after(line, "limit"))) return add_limit(rules, rest);
  if (!strcmp(line, "exec")) return rules->exec = 1, 0;
  if (!strcmp(line, "udp")) return rules->udp = 1, 0;
  if (!strcmp(line, "unix")) return rules->local = 1, 0;
  if (!strcmp(line, "best-effort")) return rules->best_effort = 1, 0;
  if (!strcmp(line, "undumpable")) return rules->undumpable = 1, 0;
  return EINVAL;
}

static int take(int fd, sb_rules *rules, sb_text *text) {
  for (;;) {
    size_t room = SB_MAX_TEXT - 1 - rules->text_size;
    if (!room) return sb_fail(text, E2BIG, "the sandbox's rules have more than %d bytes", SB_MAX_TEXT - 1);
    ssize_t count = read(fd, rules->text + rules->text_size, room);
    if (count == 0) return 0;
    if (count > 0) {
      rules->text_size += (uint32_t)count;
    } else if (errno != EINTR) {
      return sb_fail(text, errno, "the sandbox's rules cannot be read: %s", strerror(errno));
    }
  }
}

int sb_read(int fd, sb_rules *rules, char *message, size_t size) {
  sb_text text = sb_begin(message, size);
  memset(rules, 0, sizeof *rules);
  int code = take(fd, rules, &text);
  if (code) return code;
  char *line = rules->text, *end = rules->text + rules->text_size;
  for (unsigned count = 1; line < end; count++) {
    char *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop || memchr(line, 0, (size_t)(stop - line))) break;
    *stop = 0;
    if (!strcmp(line, "end")) {
      return stop + 1 == end ? 0 : sb_fail(&text, EINVAL, "the sandbox's rules go on after end, in line %u", count);
    }
    code = add_rule(rules, line);
    if (code == E2BIG) return sb_fail(&text, code, "the sandbox's rules have too many paths or ports, in line %u", count);
    if (code) return sb_fail(&text, code, "line %u of the sandbox's rules is no rule: %.200s", count, line);
    line = stop + 1;
  }
  return sb_fail(&text, ENODATA, "the sandbox's rules are cut off: their last line is not end");
}
