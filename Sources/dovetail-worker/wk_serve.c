/* What the host asks of the plugin. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iso_report.h"
#include "iso_request.h"
#include "iso_service.h"
#include "wk.h"

/* Said in the place of an answer that is. */
static const char too_large[] = "one answer of an isolated plugin carries at most 256 MiB";

/* MARK: Loading */

static int32_t fail(iso_service *service, int32_t code, const char *text) {
  return iso_refuse(&service->sink, code, 0, text);
}

static int64_t callbacks(const dvt_plugin *plugin) {
  int64_t has = 0;
#define HAS(member, bit) \
  if (plugin->struct_size >= offsetof(dvt_plugin, member) + sizeof(void *) && plugin->member) has |= bit
  HAS(pre_init, ISO_HAS_PRE_INIT);
  HAS(save_state, ISO_HAS_SAVE_STATE);
  HAS(restore_state, ISO_HAS_RESTORE_STATE);
  HAS(health, ISO_HAS_HEALTH);
  HAS(metrics, ISO_HAS_METRICS);
#undef HAS
  return has;
}

static int32_t load(iso_service *service) {
  char text[1024], path[4096];
  const iso_ask *ask = service->ask;
  if (wk.plugin) return fail(service, DVT_EXISTS, "this worker has a plugin already");
  if (ask->first.len >= sizeof path || ask->field_count != 1) return fail(service, DVT_INVALID, "the path is too long");
  memcpy(path, ask->first.ptr, ask->first.len);
  path[ask->first.len] = 0;
  if (wk_limit_threads(text, sizeof text) != 0) return fail(service, DVT_FAILED, text);
  void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!image) {
    const char *why = dlerror();
    size_t length = strlen(path);
    /* The staged copy's path means nothing to an operator. */
    if (why && strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0) why += length + 2;
    snprintf(text, sizeof text, "the loader refused it: %s", why ? why : "?");
    return fail(service, DVT_FAILED, text);
  }
  dvt_entry entry = (dvt_entry)dlsym(image, DVT_ENTRY_SYMBOL);
  if (!entry) return fail(service, DVT_FAILED, "it exports no " DVT_ENTRY_SYMBOL);
  dvt_handshake handshake = {
      .struct_size = sizeof handshake,
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .host_version = ask->fields[0].value,
      .plugin_id = ask->second,
      .generation = ask->generation};
  const dvt_plugin *plugin = entry(&handshake);
  if (!plugin)
    return fail(service, DVT_UNSUPPORTED, "its entry returned NULL: it refuses this host; use a build for this host");
  if (plugin->abi_major != DVT_ABI_MAJOR) {
    snprintf(
        text, sizeof text, "it was built for ABI %u.%u, this host speaks %u.%u; rebuild it with this host's header",
        plugin->abi_major, plugin->abi_minor, DVT_ABI_MAJOR, DVT_ABI_MINOR);
    return fail(service, DVT_UNSUPPORTED, text);
  }
  if (plugin->struct_size < 8 + 2 * sizeof(void *) || plugin->struct_size > 65536) {
    snprintf(text, sizeof text, "dvt_plugin.struct_size is %u; set it to sizeof(dvt_plugin)", plugin->struct_size);
    return fail(service, DVT_INVALID, text);
  }
  static dvt_plugin own;
  memcpy(&own, plugin, plugin->struct_size < sizeof own ? plugin->struct_size : sizeof own);
  if (!own.init || !own.cleanup)
    return fail(service, DVT_INVALID, "dvt_plugin.init or .cleanup is NULL; both are required");
  wk.plugin = &own;
  service->answer.number = callbacks(&own);
  return DVT_OK;
}

/* MARK: Lifecycle */

static void note_metric(void *context, const dvt_metric *metric) { iso_service_show(context, &iso_type_metric, metric); }

static int32_t metrics(iso_service *service) {
  iso_service_stream(service);
  dvt_metric_sink out = {
      .struct_size = sizeof out, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = service,
      .report = note_metric};
  return wk.plugin->metrics ? wk.plugin->metrics(wk.instance, &out) : DVT_OK;
}

static int32_t lifecycle(iso_service *service) {
  const dvt_plugin *plugin = wk.plugin;
  const dvt_error_sink *error = &service->sink;
  if (!plugin) return fail(service, DVT_INVALID, "no plugin is loaded");
#define CALL(member) (plugin->member ? plugin->member(wk.instance, error) : DVT_OK)
  switch (service->op) {
  case ISO_PRE_INIT: return plugin->pre_init ? plugin->pre_init(&wk.host, &wk.instance, error) : DVT_OK;
  case ISO_INIT: return plugin->init(&wk.host, &wk.instance, error);
  case ISO_POST_INIT: return CALL(post_init);
  case ISO_QUIESCE: return CALL(quiesce);
  case ISO_RESUME: return CALL(resume);
  case ISO_HEALTH: return CALL(health);
  case ISO_PRE_CLEANUP: return CALL(pre_cleanup);
  case ISO_CLEANUP: return CALL(cleanup);
#undef CALL
  case ISO_SAVE_STATE: {
    dvt_sink out = iso_sink_of(&service->first);
    return plugin->save_state ? plugin->save_state(wk.instance, &out, error) : DVT_OK;
  }
  case ISO_RESTORE_STATE: {
    const dvt_state *state = iso_service_item(service, &iso_type_state);
    return plugin->restore_state ? plugin->restore_state(wk.instance, state, error) : DVT_OK;
  }
  default: return metrics(service);
  }
}

/* MARK: Callbacks */

/* An event whose data came in a buffer gets one of this process. */
static const dvt_buffer *rebuffer(dvt_event *event) {
  if (!event->buffer) return NULL;
  const dvt_buffer *buffer = event->data.len ? wk_buffer_make(event->data.len, event->data.ptr) : NULL;
  event->buffer = buffer;
  if (buffer) event->data.ptr = buffer->ptr;
  return buffer;
}

static int32_t handle_event(iso_service *service, wk_entry entry) {
  dvt_event *event = iso_service_item(service, &iso_type_event);
  if (!event) return DVT_INVALID;
  const dvt_buffer *buffer = rebuffer(event);
  int32_t code = DVT_OK;
  if (!entry.wants || entry.wants(entry.context, event))
    code = ((dvt_handler)entry.call)(entry.context, event, &service->sink);
  wk_buffer_release(buffer);
  return code;
}

/* For how long events are handled before the host is told how far it got, in nanoseconds: it may have something else to ask. */
#define LONG_ENOUGH 2000000

static int64_t coarse_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int32_t handle_events(iso_service *service, wk_entry entry) {
  _Atomic uint32_t *handled = &wk.channel.shared->handled[service->end->index];
  int64_t began = coarse_now();
  for (uint32_t i = 0; i < service->ask->number; i++) {
    /* A handler may take its own subscription back. */
    if (i > 0 && !(entry = wk_find(service->ask->token)).call) return DVT_OK;
    int32_t code = handle_event(service, entry);
    if (code != DVT_OK) return code;
    atomic_store_explicit(handled, i + 1, memory_order_relaxed);
    if (coarse_now() - began > LONG_ENOUGH) return DVT_OK;
  }
  return DVT_OK;
}

static int32_t handle_completion(iso_service *service, wk_entry entry) {
  int32_t result = (int32_t)(int64_t)service->ask->number;
  if (entry.ends && result == DVT_OK) wk_leave_handle(entry.ends);
  if (entry.done) entry.done(entry.context, result);
  /* The end of a request may come before the answer to the call that began it. */
  if (entry.call) wk_spend(service->ask->token);
  else wk_leave(service->ask->token);
  return DVT_OK;
}

static int32_t handle_timer(iso_service *service, wk_entry entry) {
  int32_t code = ((dvt_timer_handler)entry.call)(entry.context, &service->sink);
  if (entry.isOnce) wk_spend(service->ask->token);
  return code;
}

static int32_t handle_combine(iso_service *service, wk_entry entry) {
  const dvt_request *request = iso_service_item(service, &iso_type_request);
  uint64_t count = service->ask->number;
  dvt_reply *replies = calloc(count ? count : 1, sizeof *replies);
  dvt_sink reply = iso_sink_of(&service->first);
  for (uint64_t i = 0; replies && i < count; i++) {
    const dvt_reply *each = iso_service_item(service, &iso_type_reply);
    if (each) replies[i] = *each;
  }
  if (!request || !replies) {
    free(replies);
    return DVT_FULL;
  }
  int32_t code = ((dvt_combiner)entry.call)(entry.context, request, replies, count, &reply, &service->sink);
  free(replies);
  return code;
}

/* An interceptor at work. */
typedef struct judging {
  iso_service *service;
  uint32_t stage;
} judging;

static int32_t replace(iso_bytes *bytes, dvt_bytes with) {
  bytes->length = 0;
  return iso_collect(bytes, with.ptr, with.len);
}

static int32_t amend_event(void *context, const dvt_event *event) {
  const judging *judging = context;
  iso_service *service = judging->service;
  if (judging->stage != DVT_STAGE_EVENT || !event) return DVT_INVALID;
  iso_service_unshow(service);
  iso_service_stream(service);
  iso_service_show(service, &iso_type_event, event);
  service->answer.number = ISO_AMENDED_EVENT;
  return DVT_OK;
}

static int32_t amend(void *context, dvt_str type, dvt_bytes data) {
  const judging *judging = context;
  iso_service *service = judging->service;
  const uint64_t most = judging->stage == DVT_STAGE_REQUEST ? 16u << 20 : 64u << 20;
  if (judging->stage == DVT_STAGE_EVENT) return DVT_INVALID;
  if (data.len > most) return DVT_TOO_LARGE;
  service->answer.number = ISO_AMENDED;
  int32_t code = replace(&service->first, data);
  return code == DVT_OK ? replace(&service->second, (dvt_bytes){type.ptr, type.len}) : code;
}

static int32_t answer_with(void *context, dvt_bytes data) {
  const judging *judging = context;
  int32_t code = replace(&judging->service->first, data);
  if (code == DVT_OK) judging->service->answer.number = ISO_ANSWERED;
  return code;
}

static int32_t handle_exchange(iso_service *service, wk_entry entry) {
  const dvt_exchange *exchange = iso_service_item(service, &iso_type_exchange);
  if (!exchange) return DVT_INVALID;
  judging context = {service, exchange->stage};
  dvt_verdict verdict = {
      .struct_size = sizeof verdict,
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .context = &context,
      .amend_event = amend_event,
      .amend = amend,
      .answer = answer_with};
  int32_t code = ((dvt_interceptor)entry.call)(entry.context, exchange, &verdict, &service->sink);
  /* What it said last counts: an event that was amended before is not needed any more. */
  if (service->isStreaming && service->answer.number != ISO_AMENDED_EVENT) iso_service_unshow(service);
  return code;
}

typedef struct reviewing {
  iso_service *service;
  const dvt_review *review;
} reviewing;

static int32_t amend_put(void *context, uint64_t index, const dvt_value *value) {
  reviewing *reviewing = context;
  if (!value || index >= reviewing->review->proposal_count || !reviewing->review->proposals[index].value)
    return DVT_INVALID;
  iso_amendment amendment = {index, *value};
  iso_service_show(reviewing->service, &iso_type_amendment, &amendment);
  return DVT_OK;
}

static int32_t handle_review(iso_service *service, wk_entry entry) {
  const dvt_review *review = iso_service_item(service, &iso_type_review);
  if (!review) return DVT_INVALID;
  iso_service_stream(service);
  reviewing context = {service, review};
  dvt_amending amending = {
      .struct_size = sizeof amending, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR, .context = &context,
      .amend = amend_put};
  return ((dvt_validator)entry.call)(entry.context, review, &amending, &service->sink);
}

static int32_t callback(iso_service *service) {
  wk_entry entry = wk_find(service->ask->token);
  if (service->op == ISO_HANDLE_COMPLETION) return handle_completion(service, entry);
  /* It was withdrawn as the call was under way. */
  if (!entry.call) return DVT_GONE;
  switch (service->op) {
  case ISO_HANDLE_EVENT: return handle_event(service, entry);
  case ISO_HANDLE_EVENTS: return handle_events(service, entry);
  case ISO_HANDLE_TIMER: return handle_timer(service, entry);
  case ISO_HANDLE_RECORD: {
    const dvt_record *record = iso_service_item(service, &iso_type_record);
    return record ? ((dvt_record_receiver)entry.call)(entry.context, record) : DVT_INVALID;
  }
  case ISO_HANDLE_REPLY: {
    const dvt_reply *reply = iso_service_item(service, &iso_type_reply);
    return reply ? ((dvt_reply_handler)entry.call)(entry.context, reply) : DVT_INVALID;
  }
  case ISO_HANDLE_COMBINE: return handle_combine(service, entry);
  case ISO_HANDLE_EXCHANGE: return handle_exchange(service, entry);
  case ISO_HANDLE_REVIEW: return handle_review(service, entry);
  default: return fail(service, DVT_UNSUPPORTED, "this worker knows no such call");
  }
}

/* The one call that is not packed as the others are. */
static void serve_request(iso_end *end, const iso_message *call) {
  iso_replying replying;
  dvt_request request;
  uint64_t token;
  iso_replying_begin(&replying);
  if (!iso_unpack_request(call, &token, &request)) abort(); /* the host writes no such thing */
  wk_entry entry = wk_find(token);
  int32_t code =
      entry.call ? ((dvt_service_handler)entry.call)(entry.context, &request, &replying.reply, &replying.error) : DVT_GONE;
  iso_replying_end(&replying, end, ISO_HANDLE_REQUEST, code, too_large);
}

static void serve(iso_end *end, iso_message *call) {
  iso_service service;
  if (!iso_service_begin(&service, end, call)) abort(); /* the host writes no such thing */
  service.answer.code = service.op == ISO_LOAD            ? load(&service)
                        : service.op < ISO_HANDLE_EVENT ? lifecycle(&service)
                                                        : callback(&service);
  iso_service_answer(&service, too_large);
}

void wk_serve(iso_end *end, iso_message *call, void *context) {
  (void)context;
  iso_end *outer_end = wk_end;
  uint32_t outer_op = wk_op;
  wk_end = end;
  wk_op = call->head.op;
  if (wk_op == ISO_HANDLE_REQUEST) serve_request(end, call);
  else serve(end, call);
  wk_end = outer_end;
  wk_op = outer_op;
}
