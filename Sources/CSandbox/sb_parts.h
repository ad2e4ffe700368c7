/* What the parts of the sandbox share. */
#ifndef SB_PARTS_H
#define SB_PARTS_H

#include "CSandbox.h"

/* A text that grows to the size of its buffer and is cut there. */
typedef struct sb_text {
  char *start;
  size_t size;
  size_t used;
} sb_text;

/* Begins a text in a buffer of 1… bytes. */
sb_text sb_begin(char *buffer, size_t size);

/* Adds to a text, on a line of its own. */
__attribute__((format(printf, 2, 3))) void sb_say(sb_text *text, const char *format, ...);

/* Replaces a text by why there is no going on. Returns `code`. */
__attribute__((format(printf, 3, 4))) int sb_fail(sb_text *text, int code, const char *format, ...);

/* Restricts files, TCP ports, signals and abstract sockets. `version`: that of the kernel's Landlock. 0 or an errno. */
int sb_apply_landlock(const sb_rules *rules, int version, sb_text *text);

/* Refuses system calls. 0 or an errno. */
int sb_apply_filter(const sb_rules *rules, sb_text *text);

/* Whether TCP sockets are of any use. */
static inline int sb_has_tcp(const sb_rules *rules) {
  return rules->connect.any || rules->connect.count || rules->bind.any || rules->bind.count;
}

#endif
