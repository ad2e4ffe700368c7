#include <string.h>

#include "check.h"

static const struct {
  const char *name;
  void (*run)(uint64_t seed, uint64_t rounds);
} checks[] = {
    {"round-trips", check_round_trips}, {"truncations", check_truncations}, {"mutations", check_mutations},
    {"nesting", check_nesting},         {"many", check_many},               {"threads", check_threads},
    {"processes", check_processes},     {"large", check_large},             {"files", check_files},
    {"heads", check_heads},             {"death", check_death},             {"deadline", check_deadline},
    {"callbacks", check_callbacks},     {"exhaustion", check_exhaustion},   {"index", check_index},
};

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: isolation-check CHECK SEED ROUNDS\n");
    return 2;
  }
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    if (strcmp(arguments[1], checks[i].name) != 0) continue;
    checks[i].run(strtoull(arguments[2], NULL, 10), strtoull(arguments[3], NULL, 10));
    return 0;
  }
  fprintf(stderr, "isolation-check: no check is called '%s'\n", arguments[1]);
  return 2;
}
