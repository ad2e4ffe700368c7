/* What a host and its workers say to each other. Everything here begins with iso_. */
#ifndef CISOLATION_H
#define CISOLATION_H

#include "iso_index.h"
#include "iso_lane.h"
#include "iso_ops.h"
#include "iso_pack.h"
#include "iso_reply.h"
#include "iso_report.h"
#include "iso_request.h"
#include "iso_service.h"
#include "iso_types.h"

#endif
