#include "iso_report.h"

void iso_report(const dvt_error_sink *sink, int32_t code, int retryable, dvt_str domain, dvt_str message) {
  if (!sink || !sink->report) return;
  dvt_error error = {
      .struct_size = sizeof error,
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .code = code,
      .retryable = retryable ? 1 : 0,
      .domain = domain,
      .message = message};
  sink->report(sink->context, &error);
}

int32_t iso_refuse(const dvt_error_sink *sink, int32_t code, int retryable, const char *message) {
  iso_report(sink, code, retryable, iso_text("dovetail"), iso_text(message));
  return code;
}
