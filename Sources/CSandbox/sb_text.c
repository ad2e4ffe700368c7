#include <stdarg.h>
#include <stdio.h>

#include "sb_parts.h"

sb_text sb_begin(char *buffer, size_t size) {
  buffer[0] = 0;
  return (sb_text){buffer, size, 0};
}

__attribute__((format(printf, 2, 0))) static void add(sb_text *text, const char *format, va_list values) {
  size_t room = text->size - text->used;
  int wanted = vsnprintf(text->start + text->used, room, format, values);
  if (wanted > 0) text->used += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

void sb_say(sb_text *text, const char *format, ...) {
  if (text->used && text->used + 1 < text->size) text->start[text->used++] = '\n';
  va_list values;
  va_start(values, format);
  add(text, format, values);
  va_end(values);
}

int sb_fail(sb_text *text, int code, const char *format, ...) {
  text->used = 0;
  va_list values;
  va_start(values, format);
  add(text, format, values);
  va_end(values);
  return code;
}
