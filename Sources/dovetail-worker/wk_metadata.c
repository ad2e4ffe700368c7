/* dovetail.metadata/1 and /2: each function asks the host. Records are shown when all of them have come. */
#include "iso_report.h"
#include "wk.h"

#define HEAD .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR

/* Shows the records of an answer. Returns what `receiver` returned to stop, or DVT_OK. */
static int32_t show(iso_reply *reply, dvt_record_receiver receiver, void *context) {
  int32_t verdict = DVT_OK;
  for (uint64_t i = 0; i < reply->answer->items; i++) {
    const dvt_record *record = iso_unpack(&reply->reader, &iso_type_record);
    if (record && receiver && verdict == DVT_OK) verdict = receiver(context, record);
  }
  return verdict;
}

static int32_t reading(
    uint32_t op, const iso_ask *ask, const iso_type *type, const void *item, dvt_record_receiver receiver, void *context,
    const dvt_sink *first, const dvt_sink *second, const dvt_error_sink *error) {
  iso_reply reply;
  int32_t code = wk_ask(op, ask, type, item, &reply, error);
  if (code != DVT_OK) return code;
  int32_t stopped = show(&reply, receiver, context);
  code = iso_settle(&reply, first, second, error);
  return code == DVT_OK ? stopped : code;
}

static int32_t get(
    const dvt_host *host, dvt_str collection, dvt_str key, dvt_record_receiver receiver, void *context,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = collection, .second = key};
  return reading(ISO_METADATA_GET, &ask, NULL, NULL, receiver, context, NULL, NULL, error);
}

static int32_t list(
    const dvt_host *host, dvt_str collection, dvt_str prefix, dvt_record_receiver receiver, void *context,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = collection, .second = prefix};
  return reading(ISO_METADATA_LIST, &ask, NULL, NULL, receiver, context, NULL, NULL, error);
}

static int32_t get_at(
    const dvt_host *host, dvt_str collection, dvt_str key, uint64_t revision, dvt_record_receiver receiver, void *context,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = collection, .second = key, .number = revision};
  return reading(ISO_METADATA_GET_AT, &ask, NULL, NULL, receiver, context, NULL, NULL, error);
}

static int32_t history(
    const dvt_host *host, dvt_str collection, dvt_str key, uint64_t limit, dvt_record_receiver receiver, void *context,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = collection, .second = key, .number = limit};
  return reading(ISO_METADATA_HISTORY, &ask, NULL, NULL, receiver, context, NULL, NULL, error);
}

static int32_t snapshot_get(
    const dvt_host *host, dvt_handle snapshot, dvt_str collection, dvt_str key, dvt_record_receiver receiver,
    void *context, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.handle = snapshot, .first = collection, .second = key};
  return reading(ISO_METADATA_SNAPSHOT_GET, &ask, NULL, NULL, receiver, context, NULL, NULL, error);
}

static int32_t refuse(const dvt_error_sink *error) {
  return iso_refuse(error, DVT_INVALID, 0, "the struct of the call is NULL");
}

static int32_t list_page(
    const dvt_host *host, const dvt_listing *listing, dvt_record_receiver receiver, void *context,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {0};
  if (!listing) return refuse(error);
  return reading(
      ISO_METADATA_LIST_PAGE, &ask, &iso_type_listing, listing, receiver, context, NULL, NULL, error);
}

static int32_t query(
    const dvt_host *host, const dvt_query *query, dvt_record_receiver receiver, void *context, const dvt_sink *cursor,
    const dvt_sink *plan, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.flags = receiver ? ISO_HAS_RECEIVER : 0};
  if (!query) return refuse(error);
  return reading(ISO_METADATA_QUERY, &ask, &iso_type_query, query, receiver, context, cursor, plan, error);
}

static int32_t writing(
    uint32_t op, const dvt_write *write, dvt_written *out, dvt_record_receiver conflict, void *context,
    const dvt_error_sink *error) {
  iso_ask ask = {.flags = conflict ? ISO_HAS_CONFLICT : 0};
  iso_reply reply;
  if (!write) return refuse(error);
  int32_t code = wk_ask(op, &ask, &iso_type_write, write, &reply, error);
  if (code != DVT_OK) return code;
  if (reply.answer->code == DVT_OK) wk_hand_over(out, iso_unpack(&reply.reader, &iso_type_written), sizeof *out);
  else show(&reply, conflict, context);
  return iso_settle(&reply, NULL, NULL, error);
}

static int32_t put(
    const dvt_host *host, const dvt_write *write, dvt_written *out, dvt_record_receiver conflict, void *context,
    const dvt_error_sink *error) {
  (void)host;
  return writing(ISO_METADATA_PUT, write, out, conflict, context, error);
}

static int32_t remove_record(
    const dvt_host *host, const dvt_write *write, dvt_written *out, dvt_record_receiver conflict, void *context,
    const dvt_error_sink *error) {
  (void)host;
  return writing(ISO_METADATA_REMOVE, write, out, conflict, context, error);
}

static int32_t transact(
    const dvt_host *host, const dvt_transaction *transaction, dvt_transacted *out, dvt_written_receiver receipts,
    dvt_record_receiver conflict, void *context, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.flags = (conflict ? ISO_HAS_CONFLICT : 0) | (receipts ? ISO_HAS_RECEIPTS : 0)};
  iso_reply reply;
  if (!transaction) return refuse(error);
  int32_t code = wk_ask(ISO_METADATA_TRANSACT, &ask, &iso_type_transaction, transaction, &reply, error);
  if (code != DVT_OK) return code;
  if (reply.answer->code == DVT_OK && reply.answer->items > 0) {
    for (uint64_t i = 0; i + 1 < reply.answer->items; i++) {
      const iso_receipt *receipt = iso_unpack(&reply.reader, &iso_type_receipt);
      if (receipt && receipts) receipts(context, receipt->index, &receipt->written);
    }
    wk_hand_over(out, iso_unpack(&reply.reader, &iso_type_transacted), sizeof *out);
  } else {
    show(&reply, conflict, context);
  }
  return iso_settle(&reply, NULL, NULL, error);
}

static int32_t watching(
    uint32_t flags, const dvt_watch *options, dvt_record_receiver receiver, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  wk_entry entry = {.call = (void (*)(void))receiver, .context = context};
  return wk_register(ISO_METADATA_WATCH, entry, (iso_ask){.flags = flags}, &iso_type_watch, options, out, error);
}

static int32_t watch(
    const dvt_host *host, const dvt_watch *options, dvt_record_receiver receiver, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  return watching(0, options, receiver, context, out, error);
}

static int32_t watch_r1(
    const dvt_host *host, const dvt_watch *options, dvt_record_receiver receiver, void *context, dvt_handle *out,
    const dvt_error_sink *error) {
  (void)host;
  return watching(ISO_FIRST_REVISION, options, receiver, context, out, error);
}

static int32_t unwatch(
    const dvt_host *host, dvt_handle handle, dvt_completion done, void *context, const dvt_error_sink *error) {
  (void)host;
  return wk_withdraw(ISO_METADATA_UNWATCH, handle, done, context, error);
}

static int32_t snapshot_open(const dvt_host *host, dvt_handle *out, uint64_t *revision, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {0};
  iso_answer answer;
  if (!out) return refuse(error);
  int32_t code = wk_ask_plain(ISO_METADATA_SNAPSHOT_OPEN, &ask, NULL, NULL, &answer, NULL, error);
  if (code != DVT_OK) return code;
  *out = answer.handle;
  if (revision) *revision = (uint64_t)answer.number;
  return DVT_OK;
}

static int32_t snapshot_close(const dvt_host *host, dvt_handle snapshot, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.handle = snapshot};
  return wk_ask_plain(ISO_METADATA_SNAPSHOT_CLOSE, &ask, NULL, NULL, NULL, NULL, error);
}

static int32_t flush(const dvt_host *host, uint32_t durability, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.number = durability};
  return wk_ask_plain(ISO_METADATA_FLUSH, &ask, NULL, NULL, NULL, NULL, error);
}

static int32_t stats(const dvt_host *host, dvt_metadata_stats *out, const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {0};
  iso_reply reply;
  if (!out) return refuse(error);
  int32_t code = wk_ask(ISO_METADATA_STATS, &ask, NULL, NULL, &reply, error);
  if (code != DVT_OK) return code;
  if (reply.answer->code == DVT_OK) wk_hand_over(out, iso_unpack(&reply.reader, &iso_type_stats), sizeof *out);
  return iso_settle(&reply, NULL, NULL, error);
}

static int32_t define(
    const dvt_host *host, dvt_str collection, dvt_str definition, const dvt_sink *in_force, uint64_t *version,
    const dvt_error_sink *error) {
  (void)host;
  iso_ask ask = {.first = collection, .second = definition};
  iso_answer answer;
  int32_t code = wk_ask_plain(ISO_METADATA_DEFINE, &ask, NULL, NULL, &answer, in_force, error);
  if (code == DVT_OK && version) *version = (uint64_t)answer.number;
  return code;
}

const dvt_metadata wk_metadata = {
    sizeof(dvt_metadata), HEAD, get, put, remove_record, list, watch, unwatch, transact, get_at, history, snapshot_open,
    snapshot_close, snapshot_get, list_page, flush, stats, query, define};

const dvt_metadata wk_metadata_r1 = {
    offsetof(dvt_metadata, transact), HEAD, get, put, remove_record, list, watch_r1, unwatch,
    .transact = NULL};
