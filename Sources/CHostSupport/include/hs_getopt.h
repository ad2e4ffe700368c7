/* getopt_long for Swift, which can see neither its globals nor its struct. */
#ifndef HS_GETOPT_H
#define HS_GETOPT_H

#include <stdint.h>

#define HS_GETOPT_MAX_FLAGS 64

/* A long flag. Its number in the array plus 256 is what `found` says of it. */
typedef struct hs_flag {
  const char *name;
  int32_t takes_value; /* 0 or 1 */
} hs_flag;

/* What one step found. */
typedef struct hs_found {
  int32_t found;     /* what getopt_long returned: -1 at the end, '?' unknown, ':' without its value */
  int32_t next;      /* index in argv of the next argument; after the end, of the first operand */
  int32_t culprit;   /* what optopt said */
  const char *value; /* of the flag, or NULL; borrowed from argv */
} hs_found;

/* One step of getopt_long, which begins anew when `restart` is 1. `argv` ends with NULL and may be reordered.
 * Returns 0, or -1 when there are more than HS_GETOPT_MAX_FLAGS flags. One thread at a time: getopt_long has globals. */
int hs_getopt(int32_t argc, char **argv, const char *shorts, const hs_flag *flags, int32_t count, int32_t restart,
              hs_found *out);

#endif
