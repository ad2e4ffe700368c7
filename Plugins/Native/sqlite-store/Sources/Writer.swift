import CDovetail
import CSQLite
import PluginPersistence
import PluginSDK

/// The one connection that writes.
///
/// It brings its log into the database itself, by size and after the commit that made it too long, so that no reader does.
/// Threading: one thread at a time; the owner sees to it.
@safe final class Writer: @unchecked Sendable {
  // Safe: used by one thread at a time; the frame count lives until the hook that writes it is taken away.
  /// The connection.
  let connection: Connection
  private let options: StoreOptions
  private let begin: Statement
  private let commit: Statement
  private let rollback: Statement
  private let put: Statement
  private let remove: Statement
  private let revision: Statement
  private let frames: UnsafeMutablePointer<Int32>
  private var level: StoreOptions.Synchronous
  /// Something was committed that is not on the disk.
  private var isUnsynced = false
  /// A commit failed in a call of the system's: what the log holds may be lost, and is written anew before anything else.
  private var mustRewrite = false

  /// Takes over a connection whose tables are there.
  init(_ connection: Connection, _ options: StoreOptions) throws(PluginError) {
    self.connection = connection
    self.options = options
    begin = try Statement(connection, "BEGIN IMMEDIATE")
    commit = try Statement(connection, "COMMIT")
    rollback = try Statement(connection, "ROLLBACK")
    put = try Statement(
      connection,
      """
      INSERT INTO records(collection, key, value, version, created, modified, expires)
      VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(collection, key) DO UPDATE SET
      value = excluded.value, version = excluded.version, created = excluded.created,
      modified = excluded.modified, expires = excluded.expires
      """)
    remove = try Statement(connection, "DELETE FROM records WHERE collection = ?1 AND key = ?2")
    revision = try Statement(connection, "UPDATE meta SET value = ?1 WHERE name = 'revision'")
    unsafe frames = .allocate(capacity: 1)
    unsafe frames.initialize(to: 0)
    level = options.synchronous
    try connection.run("PRAGMA synchronous = \(level.rawValue)")
    unsafe sqlite3_wal_hook(
      connection.handle,
      { frames, _, _, count in
        unsafe frames?.assumingMemoryBound(to: Int32.self).pointee = count
        return SQLITE_OK
      }, frames)
  }

  deinit {
    unsafe sqlite3_wal_hook(connection.handle, nil, nil)
    unsafe frames.deallocate()
  }

  // MARK: Saving

  /// Saves a batch in one transaction.
  ///
  /// - Returns: What was reached.
  /// - Throws: `failed`; the database is as it was.
  func save(_ batch: RecordBatch) throws(PluginError) -> Durability {
    let durability = try prepare(batch.durability)
    let records = unsafe batch.records
    var newest: Int64 = 0
    unsafe records.forEach { record in
      if unsafe record.flags & DVT_KEPT_REMOVED == 0 {
        newest = unsafe max(newest, Int64(bitPattern: record.modified))
      }
    }
    // The greatest `modified` tells the revision as well, without a page of its own.
    let revision = Int64(bitPattern: batch.revision)
    if records.count == 1, newest == revision, let record = unsafe records.first {
      try attempt { () throws(PluginError) in unsafe try write(record) }
    } else {
      try transaction { () throws(PluginError) in
        for index in records.indices { unsafe try write(records[index]) }
        guard newest < revision else { return }
        self.revision.bind(1, revision)
        try self.revision.run()
      }
    }
    committed(durability)
    return durability
  }

  @inline(__always)
  private func write(_ record: dvt_kept_record) throws(PluginError) {
    guard unsafe record.flags & DVT_KEPT_REMOVED == 0 else {
      unsafe remove.bind(1, record.collection)
      unsafe remove.bind(2, record.key)
      return try remove.run()
    }
    unsafe put.bind(1, record.collection)
    unsafe put.bind(2, record.key)
    unsafe put.bind(3, record.value)
    unsafe put.bind(4, Int64(bitPattern: record.version))
    unsafe put.bind(5, Int64(bitPattern: record.created))
    unsafe put.bind(6, Int64(bitPattern: record.modified))
    if unsafe record.flags & DVT_KEPT_EXPIRES == 0 {
      put.bindNull(7)
    } else {
      unsafe put.bind(7, record.expires)
    }
    try put.run()
  }

  /// Does something in a transaction of its own, as safely as asked.
  ///
  /// - Returns: What was reached.
  /// - Throws: What `body` throws; nothing changed.
  @discardableResult
  func perform(
    _ asked: Durability, _ body: () throws(PluginError) -> Void
  ) throws(PluginError) -> Durability {
    let durability = try prepare(asked)
    try transaction(body)
    committed(durability)
    return durability
  }

  /// Brings all that was committed to the disk: one commit that waits for the log takes with it what lies before.
  func sync() throws(PluginError) {
    if mustRewrite { try rewrite() }
    guard isUnsynced else { return }
    try set(options.synchronous == .extra ? .extra : .full)
    try attempt { () throws(PluginError) in
      try connection.run("UPDATE meta SET value = value + 1 WHERE name = 'syncs'")
    }
    isUnsynced = false
  }

  // MARK: Commits

  private func prepare(_ asked: Durability) throws(PluginError) -> Durability {
    if mustRewrite { try rewrite() }
    let isDisk = asked == .disk && options.synchronous != .normal
    try set(isDisk ? options.synchronous : .normal)
    return isDisk ? .disk : .os
  }

  private func set(_ wanted: StoreOptions.Synchronous) throws(PluginError) {
    guard wanted != level else { return }
    try connection.run("PRAGMA synchronous = \(wanted.rawValue)")
    level = wanted
  }

  private func transaction(_ body: () throws(PluginError) -> Void) throws(PluginError) {
    try attempt { () throws(PluginError) in
      try begin.run()
      do throws(PluginError) {
        try body()
        try commit.run()
      } catch {
        // After some failures SQLite has rolled back itself.
        if unsafe sqlite3_get_autocommit(connection.handle) == 0 { try? rollback.run() }
        throw error
      }
    }
  }

  private func attempt(_ body: () throws(PluginError) -> Void) throws(PluginError) {
    do throws(PluginError) { try body() } catch {
      if [SQLITE_IOERR, SQLITE_FULL].contains(unsafe sqlite3_errcode(connection.handle) & 0xFF) {
        mustRewrite = true
      }
      throw error
    }
  }

  private func committed(_ durability: Durability) {
    isUnsynced = durability != .disk
    guard unsafe frames.pointee >= options.checkpointPages else { return }
    // A reader of another process may hold it up; then a later commit gets further.
    let code = checkpoint(SQLITE_CHECKPOINT_PASSIVE)
    if code & 0xFF == SQLITE_IOERR { mustRewrite = true }
    unsafe frames.pointee = 0
  }

  private func checkpoint(_ mode: Int32) -> Int32 {
    unsafe sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, nil)
  }

  /// After a failed write or sync the system may have dropped what it was given: everything is written anew, into the database.
  private func rewrite() throws(PluginError) {
    try set(options.synchronous == .extra ? .extra : .full)
    try connection.check(
      checkpoint(SQLITE_CHECKPOINT_TRUNCATE),
      "writing the log into the database anew after a write that failed; until then none is taken"
    )
    mustRewrite = false
    isUnsynced = false
  }
}
