/* An outsider's provider for `dovetail.persistence/1`: one log file, an entry a batch, each with its CRC. It grows by what is saved
 * and is written anew, from memory, when it is opened and after a write that failed.
 *
 *     KEEPLOG1                            eight bytes: what it is, and its format
 *     length(u32) crc(u32) body           again and again; what does not fit its CRC at the end was never acknowledged
 *
 * Body: revision(u64) count(u64), then records; one without a collection is a session. Text: length(u32), bytes. */
#include "creature.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define BUCKETS 65536u

/* A record, or (without a collection) a session, as it was saved last. */
struct item {
  struct item *next;
  dvt_kept_record record; /* its text lies behind the struct */
};

struct keeper {
  int folder, file;
  uint64_t end, revision;
  bool is_broken;   /* a write or sync failed: whatever the log has behind its last sync is in doubt */
  bool is_unsynced; /* it has something that no sync has covered */
  bool is_lost;     /* there was no memory for what is in the log */
  char path[4096];
  struct item *items[BUCKETS];
};

static struct keeper keeper = {.folder = -1, .file = -1};

/* MARK: Errors */

static int32_t fail(const dvt_error_sink *sink, int32_t code, const char *what, const char *why) {
  char message[4600];
  snprintf(message, sizeof message, "%s %s: %s", what, keeper.path, why);
  return refuse(sink, code, message);
}

/* MARK: Bytes */

struct bytes {
  uint8_t *start;
  size_t count, room;
};

static bool add(struct bytes *bytes, const void *from, size_t count) {
  if (bytes->count + count > bytes->room) {
    size_t room = (bytes->count + count) * 2;
    uint8_t *start = realloc(bytes->start, room);
    if (!start) return false;
    bytes->start = start;
    bytes->room = room;
  }
  if (count) memcpy(bytes->start + bytes->count, from, count);
  bytes->count += count;
  return true;
}

static bool add_text(struct bytes *bytes, dvt_str text) {
  uint32_t length = (uint32_t)text.len;
  return add(bytes, &length, sizeof length) && add(bytes, text.ptr, length);
}

struct cursor {
  const uint8_t *at, *end;
};

static bool take(struct cursor *cursor, void *to, size_t count) {
  if ((size_t)(cursor->end - cursor->at) < count) return false;
  memcpy(to, cursor->at, count);
  cursor->at += count;
  return true;
}

static bool take_text(struct cursor *cursor, dvt_str *text) {
  uint32_t length;
  if (!take(cursor, &length, sizeof length) || (size_t)(cursor->end - cursor->at) < length) return false;
  *text = (dvt_str){cursor->at, length};
  cursor->at += length;
  return true;
}

static uint32_t crc(const uint8_t *bytes, size_t count) {
  static uint32_t table[256];
  if (!table[1])
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t c = i;
      for (int bit = 0; bit < 8; bit++) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      table[i] = c;
    }
  uint32_t c = ~0u;
  for (size_t i = 0; i < count; i++) c = table[(c ^ bytes[i]) & 255] ^ (c >> 8);
  return ~c;
}

/* MARK: What is kept, in memory */

static bool same(dvt_str left, dvt_str right) {
  return left.len == right.len && (left.len == 0 || memcmp(left.ptr, right.ptr, left.len) == 0);
}

static struct item **find(dvt_str collection, dvt_str key) {
  uint32_t hash = crc(collection.ptr, collection.len) * 31 + crc(key.ptr, key.len);
  struct item **item = &keeper.items[hash % BUCKETS];
  while (*item && !(same((*item)->record.collection, collection) && same((*item)->record.key, key))) item = &(*item)->next;
  return item;
}

static dvt_str copy(uint8_t **room, dvt_str text) {
  uint8_t *start = *room;
  if (text.len) memcpy(start, text.ptr, text.len);
  *room += text.len;
  return (dvt_str){start, text.len};
}

/* Puts or removes; false when there is no memory. */
static bool apply(const dvt_kept_record *record) {
  struct item **place = find(record->collection, record->key);
  struct item *new = NULL;
  if (!(record->flags & DVT_KEPT_REMOVED)) {
    new = malloc(sizeof *new + record->collection.len + record->key.len + record->value.len);
    if (!new) return false;
    uint8_t *room = (uint8_t *)(new + 1);
    new->record = *record;
    new->record.collection = copy(&room, record->collection);
    new->record.key = copy(&room, record->key);
    new->record.value = copy(&room, record->value);
    new->next = *place ? (*place)->next : NULL;
  }
  struct item *old = *place;
  *place = new ? new : old ? old->next : NULL;
  free(old);
  return true;
}

static void forget_all(void) {
  for (uint32_t i = 0; i < BUCKETS; i++)
    while (keeper.items[i]) {
      struct item *item = keeper.items[i];
      keeper.items[i] = item->next;
      free(item);
    }
}

/* MARK: The log */

static bool write_record(struct bytes *out, const dvt_kept_record *record) {
  return add(out, &record->flags, 4) && add(out, &record->version, 8) && add(out, &record->created, 8) &&
         add(out, &record->modified, 8) && add(out, &record->expires, 8) && add_text(out, record->collection) &&
         add_text(out, record->key) && add_text(out, record->value);
}

static bool read_record(struct cursor *in, dvt_kept_record *record) {
  *record = (dvt_kept_record){0};
  return take(in, &record->flags, 4) && take(in, &record->version, 8) && take(in, &record->created, 8) &&
         take(in, &record->modified, 8) && take(in, &record->expires, 8) && take_text(in, &record->collection) &&
         take_text(in, &record->key) && take_text(in, &record->value);
}

static bool replay(const uint8_t *body, size_t count) {
  struct cursor in = {body, body + count};
  dvt_kept_record record;
  uint64_t revision, records;
  if (!take(&in, &revision, 8) || !take(&in, &records, 8)) return false;
  if (revision > keeper.revision) keeper.revision = revision;
  for (; records > 0; records--)
    if (!read_record(&in, &record) || !apply(&record)) return false;
  return in.at == in.end;
}

/* Fills in the eight bytes that an entry begins with. */
static void seal(uint8_t *entry, size_t count) {
  uint32_t head[2] = {(uint32_t)(count - 8), crc(entry + 8, count - 8)};
  memcpy(entry, head, 8);
}

/* Writes all of it; 0 or the error's number. */
static int write_all(int file, const uint8_t *bytes, size_t count, uint64_t at) {
  for (size_t done = 0; done < count;) {
    ssize_t n = pwrite(file, bytes + done, count - done, (off_t)(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += (size_t)n;
  }
  return 0;
}

/* The log's whole text: one entry with all that is in memory. */
static bool write_items(struct bytes *out) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < BUCKETS; i++)
    for (struct item *item = keeper.items[i]; item; item = item->next) count++;
  bool fits = add(out, "KEEPLOG1\0\0\0\0\0\0\0\0", 16) && add(out, &keeper.revision, 8) && add(out, &count, 8);
  for (uint32_t i = 0; i < BUCKETS; i++)
    for (struct item *item = keeper.items[i]; fits && item; item = item->next) fits = write_record(out, &item->record);
  if (fits) seal(out->start + 8, out->count - 8);
  return fits;
}

/* Writes a new log, which takes the former one's place when it is on the disk. That of a log of which a sync failed it cannot say:
 * the system holds for clean what it could not write, and another sync would succeed for nothing. */
static int32_t rewrite_log(const dvt_error_sink *error) {
  struct bytes log = {0};
  int code = write_items(&log) ? 0 : ENOMEM;
  int file = code ? -1 : openat(keeper.folder, "log.new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (!code && file < 0) code = errno;
  if (!code) code = write_all(file, log.start, log.count, 0);
  if (!code && (fsync(file) || renameat(keeper.folder, "log.new", keeper.folder, "log"))) code = errno;
  free(log.start);
  if (code) {
    if (file >= 0) close(file);
    return fail(error, DVT_FAILED, "cannot rewrite", strerror(code));
  }
  if (keeper.file >= 0) close(keeper.file);
  keeper.file = file;
  keeper.end = log.count;
  keeper.is_unsynced = keeper.is_broken = fsync(keeper.folder) != 0;
  return keeper.is_broken ? fail(error, DVT_FAILED, "cannot sync the folder of", strerror(errno)) : DVT_OK;
}

/* Appends an entry. Of one that fails, a crash may leave the whole or nothing, and the next call nothing. */
static int32_t append(struct bytes *entry, bool durable, const dvt_error_sink *error) {
  if (keeper.is_lost) return fail(error, DVT_FAILED, "cannot write", "there was no memory for what it holds; restart the host");
  int32_t rewritten = keeper.is_broken ? rewrite_log(error) : DVT_OK;
  if (rewritten != DVT_OK) return rewritten;
  seal(entry->start, entry->count);
  int code = write_all(keeper.file, entry->start, entry->count, keeper.end);
  if (!code && durable && fdatasync(keeper.file)) code = errno;
  keeper.is_broken = code != 0;
  if (code) return fail(error, DVT_FAILED, "cannot write", strerror(code));
  keeper.end += entry->count;
  keeper.is_unsynced = !durable;
  return DVT_OK;
}

static int32_t sync_log(void *context, const dvt_error_sink *error) {
  (void)context;
  if (keeper.is_broken) return rewrite_log(error);
  if (!keeper.is_unsynced) return DVT_OK;
  keeper.is_broken = fdatasync(keeper.file) != 0;
  if (keeper.is_broken) return fail(error, DVT_FAILED, "cannot sync", strerror(errno));
  keeper.is_unsynced = false;
  return DVT_OK;
}

/* Reads the log up to the last entry that is whole. */
static int32_t read_log(const dvt_opening *opening, dvt_opened *out, const dvt_error_sink *error) {
  struct stat status;
  if (fstat(keeper.file, &status)) return fail(error, DVT_FAILED, "cannot read", strerror(errno));
  size_t size = (size_t)status.st_size;
  uint8_t *bytes = malloc(size);
  if (!bytes || pread(keeper.file, bytes, size, 0) != (ssize_t)size || size < 8 || memcmp(bytes, "KEEPLOG", 7)) {
    free(bytes);
    return fail(error, DVT_FAILED, "cannot read", "it is no log of this provider");
  }
  if (bytes[7] != '1') {
    out->format = (uint64_t)(bytes[7] - '0');
    out->known_format = 1;
    free(bytes);
    return fail(error, DVT_UNSUPPORTED, "cannot read", "a newer version wrote it");
  }
  size_t at = 8;
  while (size - at > 8) {
    uint32_t head[2];
    memcpy(head, bytes + at, 8);
    if (head[0] > size - at - 8 || crc(bytes + at + 8, head[0]) != head[1] || !replay(bytes + at + 8, head[0])) break;
    at += 8 + head[0];
  }
  free(bytes);
  if (at < size)
    opening->note(opening->context, TEXT("the log of the keeper ended in a write that was never acknowledged; it was cut off"));
  return DVT_OK;
}

/* MARK: The provider */

static bool is_session(const struct item *item) { return item->record.collection.len == 0; }

static int32_t for_each(void *context, dvt_kept_receiver receiver, void *receiver_context, const dvt_error_sink *error) {
  (void)context, (void)error;
  for (uint32_t i = 0; i < BUCKETS; i++)
    for (struct item *item = keeper.items[i]; item; item = item->next) {
      int32_t code = is_session(item) ? DVT_OK : receiver(receiver_context, &item->record);
      if (code != DVT_OK) return code;
    }
  return DVT_OK;
}

static void let_go(void) {
  if (keeper.file >= 0) close(keeper.file);
  if (keeper.folder >= 0) {
    flock(keeper.folder, LOCK_UN); /* a child between fork and exec has it too, and would keep the lock */
    close(keeper.folder);
  }
  keeper.file = keeper.folder = -1;
  forget_all();
}

static int32_t close_log(void *context, const dvt_error_sink *error) {
  int32_t code = sync_log(context, error);
  let_go();
  return code;
}

static int32_t open_log(void *context, const dvt_opening *opening, dvt_opened *out, const dvt_error_sink *error) {
  (void)context;
#ifdef ON_OPEN
  int32_t mood = misbehave(ON_OPEN, error);
  if (mood != DVT_OK) return mood;
#endif
  keeper.revision = 0;
  keeper.is_broken = keeper.is_unsynced = keeper.is_lost = false;
  char folder[4000];
  snprintf(folder, sizeof folder, "%.*s", (int)opening->directory.len, (const char *)opening->directory.ptr);
  snprintf(keeper.path, sizeof keeper.path, "%s/log", folder);
  keeper.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (keeper.folder < 0) return fail(error, DVT_FAILED, "cannot open", strerror(errno));
  int32_t code = DVT_OK;
  if (flock(keeper.folder, LOCK_EX | LOCK_NB)) code = fail(error, DVT_UNAVAILABLE, "cannot open", "another process has it open");
  if (code == DVT_OK) {
    keeper.file = openat(keeper.folder, "log", O_RDONLY | O_CLOEXEC);
    if (keeper.file >= 0) code = read_log(opening, out, error);
    else if (errno != ENOENT) code = fail(error, DVT_FAILED, "cannot open", strerror(errno));
  }
  if (code == DVT_OK) code = for_each(NULL, opening->record, opening->context, error);
  if (code == DVT_OK) code = rewrite_log(error);
  if (code != DVT_OK) let_go();
  out->revision = keeper.revision;
  return code;
}

static int32_t load(void *context, dvt_str collection, dvt_str key, dvt_kept_receiver receiver, void *receiver_context,
                    const dvt_error_sink *error) {
  (void)context, (void)error;
  struct item *item = *find(collection, key);
  return item ? receiver(receiver_context, &item->record) : DVT_NOT_FOUND;
}

static int32_t save_records(const dvt_kept_record *records, uint64_t count, uint64_t revision, bool durable,
                            const dvt_error_sink *error) {
  struct bytes entry = {0};
  bool fits = add(&entry, "\0\0\0\0\0\0\0\0", 8) && add(&entry, &revision, 8) && add(&entry, &count, 8);
  for (uint64_t i = 0; fits && i < count; i++) fits = write_record(&entry, &records[i]);
  int32_t code = fits ? append(&entry, durable, error) : fail(error, DVT_FULL, "cannot write", "no memory");
  free(entry.start);
  if (code != DVT_OK) return code;
  if (revision > keeper.revision) keeper.revision = revision;
  for (uint64_t i = 0; i < count; i++)
    if (!apply(&records[i])) keeper.is_lost = true;
  return DVT_OK;
}

static int32_t save(void *context, const dvt_batch *batch, uint32_t *reached, const dvt_error_sink *error) {
  (void)context;
#ifdef ON_SAVE
  int32_t code = misbehave(ON_SAVE, error);
  if (code != DVT_OK) return code;
#endif
  if (batch->revision < keeper.revision) return refuse(error, DVT_INVALID, "was given a revision before the last one");
  *reached = batch->durability;
  return save_records(batch->records, batch->count, batch->revision, batch->durability == DVT_DURABILITY_DISK, error);
}

static int32_t save_session(void *context, dvt_str name, dvt_bytes document, const dvt_error_sink *error) {
  (void)context;
  dvt_kept_record session = {.key = name, .value = {document.ptr, document.len}};
  return save_records(&session, 1, keeper.revision, true, error);
}

static int32_t load_session(void *context, dvt_str name, const dvt_sink *out, const dvt_error_sink *error) {
  (void)context, (void)error;
  struct item *item = *find((dvt_str){0}, name);
  return item ? out->write(out->context, item->record.value.ptr, item->record.value.len) : DVT_NOT_FOUND;
}

#ifdef KEEPS_FIGURES
/* Figures, as long as the process lives. */
static struct {
  char name[200];
  int64_t time;
  double value;
} figures[100000];
static size_t figure_count;

static int32_t save_metrics(void *context, const dvt_sample *samples, uint64_t count, const dvt_error_sink *error) {
  (void)context;
  if (keeper.file < 0) return refuse(error, DVT_FAILED, "given figures while it is closed");
  for (uint64_t i = 0; i < count && figure_count < sizeof figures / sizeof *figures; i++) {
    snprintf(figures[figure_count].name, sizeof figures->name, "%.*s", (int)samples[i].name.len, (const char *)samples[i].name.ptr);
    figures[figure_count].time = samples[i].time_ns;
    figures[figure_count++].value = samples[i].value;
  }
  return DVT_OK;
}

static int32_t metrics(void *context, dvt_str name, int64_t from, int64_t until, dvt_sample_receiver receiver,
                       void *receiver_context, const dvt_error_sink *error) {
  (void)context, (void)error;
  for (size_t i = 0; i < figure_count; i++) {
    dvt_sample sample = {text(figures[i].name), figures[i].time, figures[i].value};
    if (!same(sample.name, name) || sample.time_ns < from || sample.time_ns >= until) continue;
    int32_t code = receiver(receiver_context, &sample);
    if (code != DVT_OK) return code;
  }
  return DVT_OK;
}
#endif

/* MARK: The plugin */

static int32_t pre_init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_persistence *persistence = host->get_interface(host, TEXT(DVT_PERSISTENCE_INTERFACE));
  if (!persistence) return refuse(error, DVT_UNSUPPORTED, "this host keeps no records with plugins");
  dvt_provider provider = {HEADER(dvt_provider),
                           .name = TEXT("keeper"),
                           .strongest = DVT_DURABILITY_DISK,
                           .open = open_log,
                           .load = load,
                           .for_each = for_each,
                           .save = save,
                           .sync = sync_log,
                           .save_session = save_session,
                           .load_session = load_session,
#ifdef KEEPS_FIGURES
                           .save_metrics = save_metrics,
                           .metrics = metrics,
#endif
                           .close = close_log};
  return persistence->provide(host, &provider, error);
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)host, (void)instance, (void)error;
  return DVT_OK;
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) {
  (void)instance;
  return keeper.folder < 0 ? DVT_OK : refuse(error, DVT_FAILED, "cleaned up with its log open");
}

static const dvt_plugin plugin = {HEADER(dvt_plugin), .pre_init = pre_init, .init = init, .cleanup = cleanup};

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  (void)handshake;
  return &plugin;
}
