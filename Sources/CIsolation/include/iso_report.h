/* What is said to an error sink. */
#ifndef ISO_REPORT_H
#define ISO_REPORT_H

#include <string.h>

#include "dovetail.h"

/* A C string as the ABI has texts. OWNERSHIP: borrowed. [any-thread] */
static inline dvt_str iso_text(const char *text) { return (dvt_str){(const uint8_t *)text, strlen(text)}; }

/* Tells `sink`, which may be NULL, of an error. [any-thread] */
void iso_report(const dvt_error_sink *sink, int32_t code, int retryable, dvt_str domain, dvt_str message);

/* Tells `sink`, which may be NULL, of an error of Dovetail's own. Returns: `code`. [any-thread] */
int32_t iso_refuse(const dvt_error_sink *sink, int32_t code, int retryable, const char *message);

#endif
