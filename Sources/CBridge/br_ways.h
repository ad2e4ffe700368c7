/* What the files of this target share: what the host gave br_set_ways. */
#ifndef BR_WAYS_H
#define BR_WAYS_H

#include "CBridge.h"

#pragma GCC visibility push(hidden)
extern br_ways br_the_ways;
#pragma GCC visibility pop

#endif
