/* Dovetail's plugin ABI, revision 1.0: everything that a plugin and its host say to each other.
 *
 * A plugin exports one symbol, `dovetail_plugin`. It includes this header and links nothing of the host.
 * The rules of ownership, threads and versions stand in PluginSDK/ABI.md. */
#ifndef DOVETAIL_H
#define DOVETAIL_H

#include "dovetail/base.h"
#include "dovetail/config.h"
#include "dovetail/event_types.h"
#include "dovetail/events.h"
#include "dovetail/executor.h"
#include "dovetail/interceptors.h"
#include "dovetail/log.h"
#include "dovetail/metadata.h"
#include "dovetail/persistence.h"
#include "dovetail/plugin.h"
#include "dovetail/requests.h"
#include "dovetail/resilience.h"
#include "dovetail/routes.h"
#include "dovetail/services.h"
#include "dovetail/timers.h"
#include "dovetail/validators.h"

#endif
