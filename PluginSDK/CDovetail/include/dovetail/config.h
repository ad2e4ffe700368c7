/* dovetail.config/1: the plugin's settings, validated against the manifest's schema and filled with its defaults. */
#ifndef DOVETAIL_CONFIG_H
#define DOVETAIL_CONFIG_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_CONFIG_INTERFACE "dovetail.config/1"

/* `pointer` is a JSON Pointer (RFC 6901) into the settings object: "/path", "/servers/0/port"; "" is the whole object. */
typedef struct dvt_config_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Writes the setting as JSON text.
   * OWNERSHIP: `out` is the caller's.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_INVALID (pointer malformed) or DVT_GONE.
   * [any-thread] */
  int32_t (*get_json)(const dvt_host *host, dvt_str pointer, const dvt_sink *out, const dvt_error_sink *error);
  /* Writes a string setting without quotes or escapes.
   * OWNERSHIP: `out` is the caller's.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_INVALID (not a string) or DVT_GONE.
   * [any-thread] */
  int32_t (*get_string)(const dvt_host *host, dvt_str pointer, const dvt_sink *out, const dvt_error_sink *error);
  /* Reads an integer setting.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_INVALID (not an integer of 64 bits) or DVT_GONE; `*out` changes on DVT_OK only.
   * [any-thread] */
  int32_t (*get_int)(const dvt_host *host, dvt_str pointer, int64_t *out, const dvt_error_sink *error);
  /* Reads a number setting.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_INVALID (not a number) or DVT_GONE; `*out` changes on DVT_OK only.
   * [any-thread] */
  int32_t (*get_double)(const dvt_host *host, dvt_str pointer, double *out, const dvt_error_sink *error);
  /* Reads a boolean setting as 1 or 0.
   * Returns: DVT_OK, DVT_NOT_FOUND, DVT_INVALID (not a boolean) or DVT_GONE; `*out` changes on DVT_OK only.
   * [any-thread] */
  int32_t (*get_bool)(const dvt_host *host, dvt_str pointer, int32_t *out, const dvt_error_sink *error);
} dvt_config;

#ifdef __cplusplus
}
#endif
#endif
