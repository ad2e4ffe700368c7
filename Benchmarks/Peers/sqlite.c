/* The same records in SQLite, through its C API with prepared statements: in memory, and on disk as the sqlite-store plugin has
 * them. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "store.h"

static sqlite3 *memory;
static sqlite3_stmt *upsert, *page, *groups;

static int run(sqlite3 *db, const char *sql) { return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1; }

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) {
  return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? 0 : -1;
}

static int put(sqlite3_stmt *statement, uint32_t number, int64_t n) {
  char key[16], text[STORE_TEXT], group[16];
  store_key(key, number);
  store_text(text, number);
  int length = snprintf(group, sizeof group, "g%u", number % STORE_GROUPS);
  sqlite3_bind_text(statement, 1, key, 12, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, n);
  sqlite3_bind_text(statement, 3, group, length, SQLITE_STATIC);
  sqlite3_bind_text(statement, 4, text, STORE_TEXT, SQLITE_STATIC);
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? 0 : -1;
}

/* A table in memory of `count` records with two indexes. */
STORE_EXPORT int64_t sql_fill(uint32_t count) {
  if (sqlite3_open(":memory:", &memory) != SQLITE_OK) return -1;
  if (run(memory, "CREATE TABLE record(key TEXT PRIMARY KEY, n INTEGER, g TEXT, text TEXT) WITHOUT ROWID;"
                  "CREATE INDEX by_n ON record(n); CREATE INDEX by_g ON record(g);"))
    return -1;
  if (prepare(memory, "INSERT INTO record VALUES(?,?,?,?) ON CONFLICT(key) DO UPDATE SET n=excluded.n, g=excluded.g, text=excluded.text", &upsert) ||
      prepare(memory, "SELECT key, n, g, text FROM record WHERE n >= ? ORDER BY n LIMIT 100", &page) ||
      prepare(memory, "SELECT g, count(*), sum(n), min(n), max(n) FROM record GROUP BY +g", &groups))
    return -1;
  run(memory, "BEGIN");
  for (uint32_t i = 0; i < count; i++)
    if (put(upsert, i, store_number(i))) return -1;
  return run(memory, "COMMIT");
}

/* Upserts of random records, one after the other, each with another `n`. */
STORE_EXPORT int64_t sql_upsert(long rounds, uint32_t count) {
  static uint64_t state = 5;
  static int64_t n = 2000000;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++)
    if (put(upsert, store_random(&state, count), n++)) return -1;
  return store_now() - began;
}

/* 100 records by the index, in its order, with all their columns. */
STORE_EXPORT int64_t sql_query(long rounds) {
  static uint64_t state = 3;
  uint64_t bytes = 0;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++) {
    int rows = 0;
    sqlite3_bind_int64(page, 1, store_random(&state, 900000));
    while (sqlite3_step(page) == SQLITE_ROW) {
      rows++;
      bytes += (uint64_t)sqlite3_column_int64(page, 1) & 1;
      bytes += (uint64_t)sqlite3_column_bytes(page, 0) + (uint64_t)sqlite3_column_bytes(page, 2);
      bytes += strlen((const char *)sqlite3_column_text(page, 3));
    }
    sqlite3_reset(page);
    if (rows != 100) return -1;
  }
  return bytes ? store_now() - began : -1;
}

/* All records by group, with four figures each; not from an index. */
STORE_EXPORT int64_t sql_group(void) {
  int rows = 0;
  int64_t began = store_now();
  while (sqlite3_step(groups) == SQLITE_ROW) rows += sqlite3_column_int64(groups, 1) > 0;
  sqlite3_reset(groups);
  return rows == STORE_GROUPS ? store_now() - began : -1;
}

/* On disk. */

static sqlite3 *disk;
static sqlite3_stmt *begin, *commit, *mark, *save;

static void name(char *out, size_t size, const char *path, const char *suffix) { snprintf(out, size, "%s%s", path, suffix); }

/* Opens an empty database as the plugin does. */
STORE_EXPORT int64_t sql_open(const char *path) {
  char file[4096];
  for (int i = 0; i < 3; i++) {
    name(file, sizeof file, path, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
    unlink(file);
  }
  if (sqlite3_open(path, &disk) != SQLITE_OK) return -1;
  if (run(disk, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "CREATE TABLE records(id INTEGER PRIMARY KEY, collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
                " version INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, expires INTEGER,"
                " UNIQUE(collection, key));"
                "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
                "INSERT INTO meta VALUES('revision', 0)"))
    return -1;
  return prepare(disk, "BEGIN IMMEDIATE", &begin) || prepare(disk, "COMMIT", &commit) ||
                 prepare(disk, "UPDATE meta SET value = ?1 WHERE name = 'revision'", &mark) ||
                 prepare(disk, "INSERT INTO records(collection, key, value, version, created, modified, expires)"
                               " VALUES(?1, ?2, ?3, ?4, ?5, ?6, NULL) ON CONFLICT(collection, key) DO UPDATE SET value = excluded.value,"
                               " version = excluded.version, created = excluded.created, modified = excluded.modified,"
                               " expires = excluded.expires", &save)
             ? -1 : 0;
}

static int step(sqlite3_stmt *statement) {
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? 0 : -1;
}

static int put_on_disk(uint32_t number, int64_t revision) {
  char key[16], text[STORE_TEXT], value[512];
  store_key(key, number);
  store_text(text, number);
  int length = snprintf(value, sizeof value, "{\"g\":\"g%u\",\"n\":%lld,\"tags\":[\"tag-%u\",\"tag-%u\",\"tag-%u\",\"tag-%u\",\"tag-%u\"],\"text\":\"%.*s\"}",
                        number % STORE_GROUPS, (long long)store_number(number), number % 2, number % 3, number % 4, number % 5,
                        number % 6, STORE_TEXT, text);
  sqlite3_bind_text(save, 1, "bench-store.records", -1, SQLITE_STATIC);
  sqlite3_bind_text(save, 2, key, 12, SQLITE_STATIC);
  sqlite3_bind_text(save, 3, value, length, SQLITE_STATIC);
  sqlite3_bind_int64(save, 4, 1);
  sqlite3_bind_int64(save, 5, revision);
  sqlite3_bind_int64(save, 6, revision);
  return step(save);
}

/* Transactions of so many records each. */
STORE_EXPORT int64_t sql_disk(long rounds, uint32_t each) {
  static uint32_t number;
  static int64_t revision;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++) {
    revision++;
    if (step(begin)) return -1;
    for (uint32_t k = 0; k < each; k++)
      if (put_on_disk(number++, revision)) return -1;
    sqlite3_bind_int64(mark, 1, revision);
    if (step(mark) || step(commit)) return -1;
  }
  return store_now() - began;
}

/* Closes what `sql_open` opened. */
STORE_EXPORT int64_t sql_close(void) {
  sqlite3_finalize(begin), sqlite3_finalize(commit), sqlite3_finalize(mark), sqlite3_finalize(save);
  return sqlite3_close(disk) == SQLITE_OK ? 0 : -1;
}

/* Opens a database of the plugin's and reads every column of every record. */
STORE_EXPORT int64_t sql_scan(const char *path, uint64_t count) {
  sqlite3 *db;
  sqlite3_stmt *all;
  uint64_t rows = 0, bytes = 0;
  int64_t began = store_now();
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK || prepare(db, "SELECT * FROM records", &all)) return -1;
  while (sqlite3_step(all) == SQLITE_ROW) {
    rows++;
    for (int column = 0; column < sqlite3_column_count(all); column++) bytes += (uint64_t)sqlite3_column_bytes(all, column);
  }
  sqlite3_finalize(all);
  sqlite3_close(db);
  return rows == count && bytes ? store_now() - began : -1;
}
