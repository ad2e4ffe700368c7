/* The few things that Swift cannot say. Everything here begins with hs_. */
#ifndef CHOSTSUPPORT_H
#define CHOSTSUPPORT_H

#include "hs_block.h"
#include "hs_boundary.h"
#include "hs_crash.h"
#include "hs_dispatch.h"
#include "hs_entry.h"
#include "hs_files.h"
#include "hs_fatal.h"
#include "hs_guard.h"
#include "hs_latch.h"
#include "hs_names.h"
#include "hs_process.h"
#include "hs_publish.h"
#include "hs_reference.h"
#include "hs_slot.h"
#include "hs_image.h"
#include "hs_sample.h"
#include "hs_services.h"
#include "hs_journal.h"
#include "hs_sha256.h"
#include "hs_symbols.h"
#include "hs_control.h"
#include "hs_dir.h"
#include "hs_getopt.h"
#include "hs_thread.h"
#include "hs_times.h"
#include "hs_wanted.h"

#endif
