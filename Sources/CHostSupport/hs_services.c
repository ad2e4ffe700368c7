#include "hs_services.h"

_Atomic uint64_t hs_services = 1;
