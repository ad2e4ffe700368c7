/* What the host calls in the place of a worker's plugin. */
#include <stdlib.h>

#include "iso_report.h"
#include "wl_link.h"

static const dvt_str nothing;

/* Calls the worker about at most one struct, and hands over what it answers. */
static int32_t carry(
    wl_link *link, uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, dvt_str subject,
    const dvt_sink *out, const dvt_error_sink *error) {
  iso_items items = {type, &item, 1};
  iso_reply reply;
  int32_t code = wl_ask(link, op, ask, &items, item ? 1 : 0, subject, &reply, error);
  return code == DVT_OK ? iso_settle(&reply, out, NULL, error) : code;
}

/* MARK: Events, services, timers */

int32_t wl_on_event(void *context, const dvt_event *event, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token};
  return carry(proxy->link, ISO_HANDLE_EVENT, &ask, &iso_type_event, event, event->type, NULL, error);
}

int32_t wl_on_request(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  return wl_request(proxy->link, proxy->token, request, reply, error);
}

int32_t wl_on_timer(void *context, const dvt_error_sink *error) {
  wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token};
  int32_t code = carry(proxy->link, ISO_HANDLE_TIMER, &ask, NULL, NULL, nothing, NULL, error);
  wl_proxy_called(proxy);
  return code;
}

/* Tells the worker that something it was told DVT_PENDING of has ended; frees what the registration's end leaves. */
void wl_on_completion(void *context, int32_t result) {
  wl_proxy *proxy = context;
  if (result == DVT_OK) wl_proxy_forget(proxy->link, proxy->ends);
  iso_ask ask = {.token = proxy->token, .number = (uint64_t)(int64_t)result};
  if (ask.token) carry(proxy->link, ISO_HANDLE_COMPLETION, &ask, NULL, NULL, nothing, NULL, NULL);
  wl_proxy_free(proxy);
}

/* MARK: Records, replies */

int32_t wl_on_record(void *context, const dvt_record *record) {
  const wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token};
  return carry(proxy->link, ISO_HANDLE_RECORD, &ask, &iso_type_record, record, record->collection, NULL, NULL);
}

int32_t wl_on_reply(void *context, const dvt_reply *reply) {
  const wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token};
  return carry(proxy->link, ISO_HANDLE_REPLY, &ask, &iso_type_reply, reply, reply->name, NULL, NULL);
}

/* The end of a request that was begun: the same proxy received its replies. */
void wl_on_replies_done(void *context, int32_t result) {
  wl_proxy *proxy = context;
  iso_ask ask = {.token = proxy->token, .number = (uint64_t)(int64_t)result};
  carry(proxy->link, ISO_HANDLE_COMPLETION, &ask, NULL, NULL, nothing, NULL, NULL);
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
  iso_items items[] = {{&iso_type_request, values, 1}, {&iso_type_reply, values + 1, (uint32_t)count}};
  iso_ask ask = {.token = proxy->token, .number = count};
  iso_reply answer;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_COMBINE, &ask, items, 2, request->service, &answer, error);
  free(values);
  return code == DVT_OK ? iso_settle(&answer, reply, NULL, error) : code;
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
  iso_items items = {&iso_type_exchange, values, 1};
  iso_ask ask = {.token = proxy->token};
  iso_reply reply;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_EXCHANGE, &ask, &items, 1, exchange->name, &reply, error);
  if (code != DVT_OK) return code;
  const iso_answer *answer = reply.answer;
  const dvt_event *event = answer->items == 1 ? iso_unpack(&reply.reader, &iso_type_event) : NULL;
  const iso_texts *texts = iso_reply_texts(&reply);
  code = !texts ? DVT_FAILED : answer->code != DVT_OK ? answer->code : pass_on(answer, event, texts, verdict);
  return iso_settle_texts(&reply, answer->code != DVT_OK ? texts : NULL, code, error);
}

int32_t wl_on_review(
    void *context, const dvt_review *review, const dvt_amending *amending, const dvt_error_sink *error) {
  const wl_proxy *proxy = context;
  const void *values[] = {review};
  iso_items items = {&iso_type_review, values, 1};
  iso_ask ask = {.token = proxy->token};
  iso_reply reply;
  int32_t code = wl_ask(proxy->link, ISO_HANDLE_REVIEW, &ask, &items, 1, nothing, &reply, error);
  if (code != DVT_OK) return code;
  const iso_answer *answer = reply.answer;
  for (uint64_t i = 0; i < answer->items && code == DVT_OK; i++) {
    const iso_amendment *amendment = iso_unpack(&reply.reader, &iso_type_amendment);
    if (!amendment) code = DVT_INVALID;
    else if (answer->code == DVT_OK) code = amending->amend(amending->context, amendment->index, &amendment->value);
  }
  if (code == DVT_OK) return iso_settle(&reply, NULL, NULL, error);
  iso_message_drop(&reply.message);
  return code;
}

/* MARK: The lifecycle */

static int32_t simple(wl_link *link, uint32_t op, const dvt_error_sink *error) {
  iso_ask ask = {0};
  return carry(link, op, &ask, NULL, NULL, nothing, NULL, error);
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
  return carry(link, ISO_SAVE_STATE, &ask, NULL, NULL, nothing, out, error);
}

static int32_t restore_state(void *link, const dvt_state *state, const dvt_error_sink *error) {
  iso_ask ask = {0};
  return carry(link, ISO_RESTORE_STATE, &ask, &iso_type_state, state, nothing, NULL, error);
}

static int32_t metrics(void *link, const dvt_metric_sink *out) {
  iso_ask ask = {0};
  iso_reply reply;
  int32_t code = wl_ask(link, ISO_METRICS, &ask, NULL, 0, nothing, &reply, NULL);
  if (code != DVT_OK) return code;
  for (uint64_t i = 0; i < reply.answer->items; i++) {
    const dvt_metric *metric = iso_unpack(&reply.reader, &iso_type_metric);
    if (!metric) break;
    out->report(out->context, metric);
  }
  code = reply.answer->code;
  iso_message_drop(&reply.message);
  return code < 0 ? DVT_FAILED : code;
}

int32_t wl_load(
    wl_link *link, dvt_str path, dvt_str id, dvt_str host_version, uint32_t generation, const dvt_error_sink *error) {
  dvt_attribute version = {iso_text("host_version"), host_version};
  iso_ask ask = {.first = path, .second = id, .generation = generation, .fields = &version, .field_count = 1};
  iso_reply reply;
  int32_t code = wl_ask(link, ISO_LOAD, &ask, NULL, 0, nothing, &reply, error);
  if (code != DVT_OK) return code;
  int64_t has = reply.answer->number;
  code = iso_settle(&reply, NULL, NULL, error);
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
