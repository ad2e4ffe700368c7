/* Reads and writes the host's metadata in loops. The service `bench.store` takes "WHAT COUNT OPTION" and answers with nanoseconds:
 *   fill   puts COUNT records; OPTION is the durability, 0…2
 *   get    reads COUNT records of OPTION at random
 *   beside the same on the first processor; with a negative COUNT while a thread on the second one writes as fast as it can
 *   put    puts COUNT records at random of OPTION, with other values, as `memory`; a watch is told of each
 *   disk   puts COUNT records one after the other as `disk`, by each of OPTION threads
 *   batch  puts COUNT new records in transactions of OPTION records as `disk` */
#define _GNU_SOURCE
#include <dovetail.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../Peers/store.h"

#define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
#define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
#define COLLECTION TEXT("bench-store.records")
#define KEYS 65536

__attribute__((section(DVT_MANIFEST_SECTION), used)) static const char manifest[] =
    "{\"id\":\"bench-store\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"provides\":{\"services\":[\"bench.store\"]}}";

static const dvt_host *host;
static const dvt_metadata *metadata;
static char keys[KEYS][16];
static uint32_t known; /* the records that `keys` are of */
static _Atomic uint64_t seen;

static dvt_value text(const char *bytes, uint64_t length) {
  return (dvt_value){.kind = DVT_VALUE_STRING, .bytes = {(const uint8_t *)bytes, length}};
}

/* A record with the memory of its parts. */
typedef struct record {
  char key[16], group[16], content[STORE_TEXT], tags[5][16];
  dvt_field list[5], fields[4];
  dvt_write write;
} record;

static const dvt_write *make(record *own, uint32_t number, int64_t n, uint32_t durability) {
  char *key = own->key, *group = own->group, *content = own->content;
  char(*tags)[16] = own->tags;
  dvt_field *list = own->list;
  store_key(key, number);
  store_text(content, number);
  int length = snprintf(group, sizeof own->group, "g%u", number % STORE_GROUPS);
  for (unsigned i = 0; i < 5; i++)
    list[i] = (dvt_field){.value = text(tags[i], (uint64_t)snprintf(tags[i], sizeof own->tags[i], "tag-%u", number % (i + 2)))};
  own->fields[0] = (dvt_field){TEXT("g"), text(group, (uint64_t)length)};
  own->fields[1] = (dvt_field){TEXT("n"), {.kind = DVT_VALUE_INT, .integer = n}};
  own->fields[2] = (dvt_field){TEXT("tags"), {.kind = DVT_VALUE_LIST, .fields = list, .field_count = 5}};
  own->fields[3] = (dvt_field){TEXT("text"), text(content, STORE_TEXT)};
  own->write = (dvt_write){
      HEADER(dvt_write),
      .collection = COLLECTION,
      .key = {(const uint8_t *)key, 12},
      .value = {.kind = DVT_VALUE_MAP, .fields = own->fields, .field_count = 4},
      .durability = durability,
  };
  return &own->write;
}

static int32_t put(uint32_t number, int64_t n, uint32_t durability) {
  record own;
  return metadata->put(host, make(&own, number, n, durability), NULL, NULL, NULL, NULL);
}

static void choose_keys(uint32_t count) {
  if (known == count) return;
  uint64_t state = 7;
  for (int i = 0; i < KEYS; i++) store_key(keys[i], store_random(&state, count));
  known = count;
}

static int32_t measure_text(void *context, const dvt_record *record) {
  *(uint64_t *)context += record->value.fields[3].value.bytes.len;
  return DVT_OK;
}

static int64_t get(long rounds) {
  uint64_t sum = 0;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++)
    if (metadata->get(host, COLLECTION, (dvt_str){(const uint8_t *)keys[i & (KEYS - 1)], 12}, measure_text, &sum, NULL)) return -1;
  int64_t took = store_now() - began;
  return sum == (uint64_t)rounds * STORE_TEXT ? took : -1;
}

static void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static _Atomic int done;
static _Atomic int ready;

static void *write_on(void *argument) {
  pin(1);
  uint64_t state = 11;
  atomic_store(&ready, 1);
  while (argument && !atomic_load(&done)) put(store_random(&state, known), 1, DVT_DURABILITY_MEMORY);
  return NULL;
}

typedef struct reading {
  long rounds;
  int64_t took;
} reading;

static void *read_on(void *argument) {
  reading *own = argument;
  pin(0);
  while (!atomic_load(&ready)) {}
  own->took = get(own->rounds);
  atomic_store(&done, 1);
  return NULL;
}

static int64_t beside(long rounds) {
  pthread_t writer, reader;
  reading own = {labs(rounds), 0};
  atomic_store(&done, 0);
  atomic_store(&ready, 0);
  if (pthread_create(&writer, NULL, write_on, rounds < 0 ? &own : NULL) || pthread_create(&reader, NULL, read_on, &own)) abort();
  pthread_join(reader, NULL);
  pthread_join(writer, NULL);
  return own.took;
}

static int64_t put_many(long rounds, uint32_t of) {
  static uint64_t state = 5;
  static int64_t n = 2000000;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++)
    if (put(store_random(&state, of), n++, DVT_DURABILITY_MEMORY)) return -1;
  return store_now() - began;
}

typedef struct saving {
  long rounds;
  uint32_t first;
  int failed;
} saving;

static void *save(void *argument) {
  saving *own = argument;
  for (long i = 0; i < own->rounds; i++)
    if (put(own->first + (uint32_t)i, i, DVT_DURABILITY_DISK)) own->failed = 1;
  return NULL;
}

static int64_t put_on_disk(long rounds, int threads) {
  static uint32_t next;
  pthread_t ids[256];
  saving all[256];
  int64_t began = store_now();
  int failed = 0;
  if (threads > 256) return -1;
  for (int i = 0; i < threads; i++) {
    all[i] = (saving){rounds, next, 0};
    next += (uint32_t)rounds;
    if (threads == 1) save(&all[i]);
    else if (pthread_create(&ids[i], NULL, save, &all[i])) abort();
  }
  for (int i = 0; threads > 1 && i < threads; i++) pthread_join(ids[i], NULL);
  for (int i = 0; i < threads; i++) failed |= all[i].failed;
  return failed ? -1 : store_now() - began;
}

static int64_t put_batches(long rounds, long each) {
  static uint32_t next;
  record *records = malloc((size_t)each * sizeof *records);
  const dvt_write **writes = malloc((size_t)each * sizeof *writes);
  if (!records || !writes) abort();
  int64_t began = store_now();
  int failed = 0;
  for (long done = 0; done < rounds && !failed; done += each) {
    for (long i = 0; i < each; i++, next++) writes[i] = make(&records[i], next, store_number(next), DVT_DURABILITY_DISK);
    dvt_transaction all = {HEADER(dvt_transaction), .writes = writes, .write_count = (uint64_t)each};
    failed = metadata->transact(host, &all, NULL, NULL, NULL, NULL, NULL) != DVT_OK;
  }
  int64_t took = store_now() - began;
  free(records), free(writes);
  return failed ? -1 : took;
}

static int64_t fill(uint32_t count, uint32_t durability) {
  int64_t began = store_now();
  for (uint32_t i = 0; i < count; i++)
    if (put(i, store_number(i), durability)) return -1;
  return store_now() - began;
}

static int64_t work(const char *what, long count, long option) {
  if (!strcmp(what, "fill")) return fill((uint32_t)count, (uint32_t)option);
  if (!strcmp(what, "put")) return put_many(count, (uint32_t)option);
  if (!strcmp(what, "disk")) return put_on_disk(count, (int)option);
  if (!strcmp(what, "batch")) return put_batches(count, option);
  choose_keys((uint32_t)option);
  if (!strcmp(what, "get")) return get(count);
  if (!strcmp(what, "beside")) return beside(count);
  return -1;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context, (void)error;
  char text[64] = {0}, what[16];
  long count, option;
  if (request->data.len >= sizeof text) return DVT_INVALID;
  memcpy(text, request->data.ptr, request->data.len);
  if (sscanf(text, "%15s %ld %ld", what, &count, &option) != 3) return DVT_INVALID;
  int64_t took = work(what, count, option);
  if (took < 0) return DVT_FAILED;
  int length = snprintf(text, sizeof text, "%lld", (long long)took);
  return reply->write(reply->context, (const uint8_t *)text, (uint64_t)length);
}

static int32_t on_change(void *context, const dvt_record *record) {
  (void)context, (void)record;
  atomic_fetch_add_explicit(&seen, 1, memory_order_relaxed);
  return DVT_OK;
}

static int32_t init(const dvt_host *given, void **instance, const dvt_error_sink *error) {
  (void)instance;
  host = given;
  metadata = host->get_interface(host, TEXT(DVT_METADATA_INTERFACE));
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  if (!metadata || !services) return DVT_UNSUPPORTED;
  dvt_handle handle;
  dvt_watch watch = {HEADER(dvt_watch), .name = TEXT("all"), .collection = COLLECTION};
  int32_t code = metadata->watch(host, &watch, on_change, NULL, &handle, error);
  return code ? code : services->provide(host, TEXT("bench.store"), on_call, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance, (void)error;
  return DVT_OK;
}

__attribute__((visibility("default"))) const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
