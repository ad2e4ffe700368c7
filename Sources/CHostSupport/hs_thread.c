#include "hs_thread.h"

#include <sys/prctl.h>
#include <unistd.h>

void hs_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void hs_sleep_forever(void) {
  for (;;) pause();
}
