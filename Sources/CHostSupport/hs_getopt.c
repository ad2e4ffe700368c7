#define _GNU_SOURCE
#include "hs_getopt.h"

#include <getopt.h>
#include <string.h>

int hs_getopt(int32_t argc, char **argv, const char *shorts, const hs_flag *flags, int32_t count, int32_t restart,
              hs_found *out) {
  struct option table[HS_GETOPT_MAX_FLAGS + 1];
  if (count < 0 || count > HS_GETOPT_MAX_FLAGS) return -1;
  memset(table, 0, sizeof table);
  for (int32_t i = 0; i < count; i++) {
    table[i].name = flags[i].name;
    table[i].has_arg = flags[i].takes_value ? required_argument : no_argument;
    table[i].val = 256 + i;
  }
  if (restart) optind = 0;
  opterr = 0;
  out->found = getopt_long(argc, argv, shorts, table, NULL);
  out->next = optind;
  out->culprit = optopt;
  out->value = optarg;
  return 0;
}
