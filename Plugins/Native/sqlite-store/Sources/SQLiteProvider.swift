package import CDovetail
package import PluginPersistence
package import PluginSDK
import CSQLite
import Glibc
import Synchronization

/// Keeps records in the tables of one SQLite database.
///
/// Commits that ask for the disk wait for the write-ahead log (`synchronous` FULL); those that ask for the operating system do not
/// (NORMAL), and are on the disk with the next that does, or with `sync`.
/// Threading: any thread. Writers come one at a time; readers have connections of their own and see the last commit.
package final class SQLiteProvider: RecordProvider {
  /// An open database.
  final class Store: Sendable {
    let path: String
    let options: StoreOptions
    let writer: Mutex<Writer>
    let readers: ReaderPool
    private let lock: StoreLock

    init(
      _ path: String, _ options: StoreOptions, _ writer: Writer, _ lock: consuming StoreLock
    ) {
      self.path = path
      self.options = options
      self.writer = Mutex(writer)
      readers = ReaderPool(path, keeping: options.readers)
      self.lock = lock
    }
  }

  private let present = Mutex<Store?>(nil)

  /// What a statement that shows records begins with.
  static let selection =
    "SELECT collection, key, value, version, created, modified, expires FROM records"

  /// Makes the provider.
  package init() {}

  package var name: String { "sqlite" }
  package var strongest: Durability { .disk }
  package var isParallel: Bool { true }
  package var abilities: RecordAbilities { [.backup, .search, .metrics] }

  /// The open database.
  ///
  /// - Throws: `unavailable` when there is none.
  var store: Store {
    get throws(PluginError) {
      guard let store = present.withLock({ $0 }) else {
        throw PluginError(.unavailable, "the database is not open")
      }
      return store
    }
  }

  // MARK: Opening

  package func open(_ opening: RecordOpening) throws -> UInt64 {
    let options = try StoreOptions(opening.options)
    let path = options.path ?? "\(opening.directory)/store.db"
    let lock = try StoreLock("\(path).lock")
    try Migrations.check(fileAt: path)
    let connection = try Connection(path, writes: true)
    try prepare(connection)
    if let note = try settle(connection) { opening.note(note) }
    if let note = try Migrations.run(on: connection) { opening.note(note) }
    let shown = try Self.show(connection, to: opening.receiver)
    let revision = try connection.number("SELECT value FROM meta WHERE name = 'revision'")
    let store = Store(path, options, try Writer(connection, options), lock)
    present.withLock { $0 = store }
    return UInt64(bitPattern: max(revision, shown))
  }

  private func prepare(_ connection: Connection) throws {
    // A newer version's file is not touched, also where only its log says that it is one.
    let version = try connection.number("PRAGMA user_version")
    guard version <= Migrations.newest else {
      throw NewerFormat(found: Int(version), known: Migrations.newest)
    }
    let mode = try Statement(connection, "PRAGMA journal_mode = WAL")
    // The row comes before the switch is committed, which may fail; without the log a commit would not be safe.
    guard try mode.step(), unsafe mode.text(0).string == "wal", try !mode.step() else {
      throw PluginError(
        .failed, "\(connection.path) cannot have a write-ahead log; put it on a local file system")
    }
    mode.reset()
    // The first reading makes the log, where it is missing.
    _ = try connection.number("PRAGMA user_version")
    try Connection.syncFolder(of: connection.path)
    try connection.run("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384")
  }

  /// Writes what a former process left in the log anew, into the database: of a sync that failed just before it ended the system
  /// knows nothing any more, and would take another one for done.
  ///
  /// - Returns: A sentence for the operator where that must wait.
  private func settle(_ connection: Connection) throws(PluginError) -> String? {
    let code = unsafe sqlite3_wal_checkpoint_v2(
      connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    if code & 0xFF == SQLITE_BUSY {
      return "\(connection.path) keeps the log that the host before left: another process reads it"
    }
    try connection.check(code, "bringing the log of the host before into the database")
    return nil
  }

  /// Shows all records.
  ///
  /// - Returns: The greatest revision that changed one of them.
  @discardableResult
  private static func show(_ connection: Connection, to receiver: RecordReceiver) throws -> Int64 {
    let statement = try Statement(connection, selection)
    var record = unsafe dvt_kept_record()
    var newest: Int64 = 0
    while try statement.step() {
      unsafe read(statement, into: &record)
      newest = unsafe max(newest, Int64(bitPattern: record.modified))
      unsafe try receiver.show(&record)
    }
    return newest
  }

  @inline(__always)
  private static func read(_ statement: Statement, into record: inout dvt_kept_record) {
    unsafe record.collection = unsafe statement.text(0)
    unsafe record.key = unsafe statement.text(1)
    unsafe record.value = unsafe statement.text(2)
    unsafe record.version = UInt64(bitPattern: statement.int(3))
    unsafe record.created = UInt64(bitPattern: statement.int(4))
    unsafe record.modified = UInt64(bitPattern: statement.int(5))
    let expires = !statement.isNull(6)
    unsafe record.expires = expires ? statement.int(6) : 0
    unsafe record.flags = expires ? DVT_KEPT_EXPIRES : 0
  }

  // MARK: Records

  package func load(
    _ collection: dvt_str, _ key: dvt_str, _ receiver: RecordReceiver
  ) throws -> Bool {
    try store.readers.with { reader in
      defer { reader.load.reset() }
      unsafe reader.load.bind(1, collection)
      unsafe reader.load.bind(2, key)
      guard try reader.load.step() else { return false }
      var record = unsafe dvt_kept_record()
      unsafe Self.read(reader.load, into: &record)
      unsafe try receiver.show(&record)
      return true
    }
  }

  package func forEach(_ receiver: RecordReceiver) throws {
    try store.readers.with { reader in _ = try Self.show(reader.connection, to: receiver) }
  }

  package func save(_ batch: RecordBatch) throws -> Durability {
    try store.writer.withLock { writer throws(PluginError) in try writer.save(batch) }
  }

  package func sync() throws {
    try store.writer.withLock { writer throws(PluginError) in try writer.sync() }
  }

  package func close() throws {
    let store = try store
    defer { present.withLock { $0 = nil } }
    // The last connection brings the log into the database and removes it, which one that only reads cannot.
    store.readers.close()
    try store.writer.withLock { writer throws(PluginError) in try writer.sync() }
  }

  // MARK: Sessions

  package func saveSession(_ document: dvt_bytes, as name: String) throws {
    try store.writer.withLock { writer throws(PluginError) in
      let statement = try Statement(
        writer.connection, "INSERT OR REPLACE INTO sessions VALUES(?1, ?2)")
      unsafe try withText(name) { name throws(PluginError) in
        unsafe statement.bind(1, name)
        unsafe statement.bind(2, document)
        try writer.perform(.disk) { () throws(PluginError) in try statement.run() }
      }
    }
  }

  package func loadSession(_ name: String) throws -> [UInt8]? {
    try store.readers.with { reader in
      let statement = try Statement(
        reader.connection, "SELECT document FROM sessions WHERE name = ?1")
      return unsafe try withText(name) { name throws(PluginError) in
        unsafe statement.bind(1, name)
        return try statement.step() ? statement.bytes(0) : nil
      }
    }
  }
}
