/* What the host calls in the place of a worker's plugin. */
#include <stdlib.h>
#include <string.h>

#include "wl_link.h"

static const dvt_str nothing;

/* MARK: Events, services, timers */

int32_t wl_on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void *values[] = {event};
  wl_items items = {&iso_type_event, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_EVENT, &ask, &items, 1, event->type, &call, error);
  return code == DVT_OK ? wl_settle(&call, error) : code;
}

/* Ends a call whose answer carries a reply for a sink. */
static int32_t settle_reply(wl_call *call, const dvt_sink *reply, const dvt_error_sink *error) {
  int32_t code = call->answer->code;
  const iso_texts *texts = wl_texts(call);
  if (texts && texts->first.len && reply && reply->write) {
    int32_t taken = reply->write(reply->context, texts->first.ptr, texts->first.len);
    if (code == DVT_OK) code = taken;
  }
  if (code != DVT_OK && texts && texts->message.len)
    wl_report(error, code, call->answer->retryable != 0, texts->domain, texts->message);
  iso_message_drop(&call->message);
  return code < 0 ? DVT_FAILED : code;
}

int32_t wl_on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void *values[] = {request};
  wl_items items = {&iso_type_request, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_REQUEST, &ask, &items, 1, request->service, &call, error);
  return code == DVT_OK ? settle_reply(&call, reply, error) : code;
}

int32_t wl_on_timer(void *context, const dvt_error_sink *error) {
  wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_TIMER, &ask, NULL, 0, nothing, &call, error);
  if (code == DVT_OK) code = wl_settle(&call, error);
  wl_proxy_called(proxy);
  return code;
}

/* Tells the worker that something it was told DVT_PENDING of has ended; frees what the registration's end leaves. */
void wl_on_completion(void *context, int32_t result) {
  wl_proxy *proxy = context;
  wl_link *link = proxy->link;
  if (result == DVT_OK) wl_proxy_forget(link, proxy->ends);
  iso_ask ask = {.token = proxy->token, .number = (uint64_t)(int64_t)result};
  wl_call call;
  if (ask.token && wl_ask(link, ISO_HANDLE_COMPLETION, &ask, NULL, 0, nothing, &call, NULL) == DVT_OK)
    wl_settle(&call, NULL);
  wl_proxy_free(proxy);
}

/* MARK: Records, replies */

int32_t wl_on_record(void *context, const dvt_record *record) {
  const wl_proxy *proxy = context;
  const void *values[] = {record};
  wl_items items = {&iso_type_record, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_RECORD, &ask, &items, 1, record->collection, &call, NULL);
  return code == DVT_OK ? wl_settle(&call, NULL) : code;
}

int32_t wl_on_reply(void *context, const dvt_reply *reply) {
  const wl_proxy *proxy = context;
  const void *values[] = {reply};
  wl_items items = {&iso_type_reply, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_REPLY, &ask, &items, 1, reply->name, &call, NULL);
  return code == DVT_OK ? wl_settle(&call, NULL) : code;
}

/* The end of a request that was begun: the same proxy received its replies. */
void wl_on_replies_done(void *context, int32_t result) {
  wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token, .number = (uint64_t)(int64_t)result};
  wl_call call;
  if (wl_ask(proxy->link, ISO_HANDLE_COMPLETION, &ask, NULL, 0, nothing, &call, NULL) == DVT_OK) wl_settle(&call, NULL);
  wl_proxy_free(proxy);
}

int32_t wl_on_combine(
    void *context, const dvt_request *request, const dvt_reply *replies, uint64_t count, const dvt_sink *reply,
    const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void **values = calloc(count + 1, sizeof *values);
  if (!values) return DVT_FULL;
  values[0] = request;
  for (uint64_t i = 0; i < count; i++) values[i + 1] = &replies[i];
  wl_items items[] = {{&iso_type_request, values, 1}, {&iso_type_reply, values + 1, (uint32_t)count}};
  iso_ask ask = {.token = proxy->token, .number = count};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_COMBINE, &ask, items, 2, request->service, &call, error);
  free(values);
  return code == DVT_OK ? settle_reply(&call, reply, error) : code;
}

/* MARK: Judgements */

/* Says to a verdict what the worker's interceptor said. */
static int32_t pass_on(
    const iso_answer *answer, const dvt_event *event, const iso_texts *texts, const dvt_verdict *verdict) {
  dvt_str type = {texts->second.ptr, texts->second.len};
  switch (answer->number) {
  case ISO_AMENDED_EVENT: return event ? verdict->amend_event(verdict->context, event) : DVT_INVALID;
  case ISO_AMENDED: return verdict->amend(verdict->context, type, texts->first);
  case ISO_ANSWERED: return verdict->answer(verdict->context, texts->first);
  default: return DVT_OK;
  }
}

int32_t wl_on_exchange(
    void *context, const dvt_exchange *exchange, const dvt_verdict *verdict, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void *values[] = {exchange};
  wl_items items = {&iso_type_exchange, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_EXCHANGE, &ask, &items, 1, exchange->name, &call, error);
  if (code != DVT_OK) return code;
  const iso_answer *answer = call.answer;
  const dvt_event *event = answer->items == 1 ? iso_unpack(&call.reader, &iso_type_event) : NULL;
  const iso_texts *texts = wl_texts(&call);
  code = !texts ? DVT_FAILED : answer->code != DVT_OK ? answer->code : pass_on(answer, event, texts, verdict);
  if (texts && answer->code != DVT_OK && texts->message.len)
    wl_report(error, code, answer->retryable != 0, texts->domain, texts->message);
  iso_message_drop(&call.message);
  return code < 0 ? DVT_FAILED : code;
}

int32_t wl_on_review(
    void *context, const dvt_review *review, const dvt_amending *amending, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void *values[] = {review};
  wl_items items = {&iso_type_review, values, 1};
  iso_ask ask = {.token = proxy->token};
  wl_call call;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_REVIEW, &ask, &items, 1, nothing, &call, error);
  if (code != DVT_OK) return code;
  for (uint64_t i = 0; i < call.answer->items && code == DVT_OK; i++) {
    const iso_amendment *amendment = iso_unpack(&call.reader, &iso_type_amendment);
    if (!amendment) code = DVT_INVALID;
    else if (call.answer->code == DVT_OK) code = amending->amend(amending->context, amendment->index, &amendment->value);
  }
  if (code == DVT_OK) return wl_settle(&call, error);
  iso_message_drop(&call.message);
  return code;
}

/* MARK: The lifecycle */

static int32_t simple(wl_link *link, uint32_t op, const dvt_error_sink *error) {
  iso_ask ask = {0};
  wl_call call;
  int32_t code = wl_ask(link, op, &ask, NULL, 0, nothing, &call, error);
  return code == DVT_OK ? wl_settle(&call, error) : code;
}

static int32_t pre_init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)host;
  return simple(*instance, ISO_PRE_INIT, error);
}
static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)host;
  return simple(*instance, ISO_INIT, error);
}
static int32_t post_init(void *link, const dvt_error_sink *error) { return simple(link, ISO_POST_INIT, error); }
static int32_t quiesce(void *link, const dvt_error_sink *error) { return simple(link, ISO_QUIESCE, error); }
static int32_t resume(void *link, const dvt_error_sink *error) { return simple(link, ISO_RESUME, error); }
static int32_t health(void *link, const dvt_error_sink *error) { return simple(link, ISO_HEALTH, error); }
static int32_t pre_cleanup(void *link, const dvt_error_sink *error) { return simple(link, ISO_PRE_CLEANUP, error); }
static int32_t cleanup(void *link, const dvt_error_sink *error) { return simple(link, ISO_CLEANUP, error); }

static int32_t save_state(void *link, const dvt_sink *out, const dvt_error_sink *error) {
  iso_ask ask = {0};
  wl_call call;
  int32_t code = wl_ask(link, ISO_SAVE_STATE, &ask, NULL, 0, nothing, &call, error);
  return code == DVT_OK ? settle_reply(&call, out, error) : code;
}

static int32_t restore_state(void *link, const dvt_state *state, const dvt_error_sink *error) {
  const void *values[] = {state};
  wl_items items = {&iso_type_state, values, 1};
  iso_ask ask = {0};
  wl_call call;
  int32_t code = wl_ask(link, ISO_RESTORE_STATE, &ask, &items, 1, nothing, &call, error);
  return code == DVT_OK ? wl_settle(&call, error) : code;
}

static int32_t metrics(void *link, const dvt_metric_sink *out) {
  iso_ask ask = {0};
  wl_call call;
  int32_t code = wl_ask(link, ISO_METRICS, &ask, NULL, 0, nothing, &call, NULL);
  if (code != DVT_OK) return code;
  for (uint64_t i = 0; i < call.answer->items; i++) {
    const dvt_metric *metric = iso_unpack(&call.reader, &iso_type_metric);
    if (!metric) break;
    out->report(out->context, metric);
  }
  code = call.answer->code;
  iso_message_drop(&call.message);
  return code < 0 ? DVT_FAILED : code;
}

int32_t wl_load(
    wl_link *link, dvt_str path, dvt_str id, dvt_str host_version, uint32_t generation, const dvt_error_sink *error) {
  dvt_attribute version = {wl_text("host_version"), host_version};
  iso_ask ask = {.first = path, .second = id, .generation = generation, .fields = &version, .field_count = 1};
  wl_call call;
  int32_t code = wl_ask(link, ISO_LOAD, &ask, NULL, 0, nothing, &call, error);
  if (code != DVT_OK) return code;
  int64_t has = call.answer->number;
  code = wl_settle(&call, error);
  if (code != DVT_OK) return code;
  link->plugin = (dvt_plugin){
      .struct_size = sizeof(dvt_plugin),
      .abi_major = DVT_ABI_MAJOR,
      .abi_minor = DVT_ABI_MINOR,
      .pre_init = has & ISO_HAS_PRE_INIT ? pre_init : NULL,
      .init = init,
      .post_init = post_init,
      .quiesce = quiesce,
      .resume = resume,
      .save_state = has & ISO_HAS_SAVE_STATE ? save_state : NULL,
      .restore_state = has & ISO_HAS_RESTORE_STATE ? restore_state : NULL,
      .health = has & ISO_HAS_HEALTH ? health : NULL,
      .metrics = has & ISO_HAS_METRICS ? metrics : NULL,
      .pre_cleanup = pre_cleanup,
      .cleanup = cleanup};
  return DVT_OK;
}
