/* dovetail.log/1: structured log lines. */
#ifndef DOVETAIL_LOG_H
#define DOVETAIL_LOG_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_LOG_INTERFACE "dovetail.log/1"

#define DVT_LOG_TRACE 0
#define DVT_LOG_DEBUG 1
#define DVT_LOG_INFO 2
#define DVT_LOG_WARNING 3
#define DVT_LOG_ERROR 4

typedef struct dvt_log_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Writes one line, marked with the plugin's id and generation.
   * Preconditions: `message` is at most 64 KiB; longer ones are cut. `field_count` is 0…32.
   * OWNERSHIP: everything is borrowed until the call returns.
   * Returns: DVT_OK, DVT_INVALID (level or text malformed) or DVT_GONE.
   * [any-thread] */
  int32_t (*write)(const dvt_host *host, uint32_t level, dvt_str message, const dvt_attribute *fields,
                   uint64_t field_count);
  /* Says whether a line of `level` would be written, so that costly text need not be made.
   * Returns: 1 or 0.
   * [any-thread] */
  int32_t (*enabled)(const dvt_host *host, uint32_t level);
} dvt_log;

#ifdef __cplusplus
}
#endif
#endif
