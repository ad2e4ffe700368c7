import CDovetail
import Glibc
import PluginPersistence
import PluginSDK

/// The tables, and how a database of an earlier version becomes one of this.
enum Migrations {
  /// Marks a database as one of ours: `DVTL`.
  static let applicationID: Int64 = 0x4456_544C

  /// What each version adds; the newest is their number.
  private static let steps = [
    """
    CREATE TABLE records(
      id INTEGER PRIMARY KEY, collection TEXT NOT NULL, key TEXT NOT NULL,
      value TEXT NOT NULL,          -- JSON; what JSON cannot say is {"$date": …} and the like
      version INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
      expires INTEGER,              -- nanoseconds since 1970
      UNIQUE(collection, key));
    CREATE TABLE sessions(name TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES('revision', 0), ('syncs', 0);
    """,
    """
    CREATE TABLE metric_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE metrics(
      metric INTEGER NOT NULL REFERENCES metric_names(id),
      time INTEGER NOT NULL,        -- nanoseconds since 1970
      value REAL NOT NULL,
      PRIMARY KEY(metric, time)) WITHOUT ROWID;
    CREATE VIEW metric_values AS
      SELECT name, datetime(time / 1000000000, 'unixepoch') AS at, value
      FROM metrics JOIN metric_names ON id = metric;
    """,
  ]

  /// The newest version.
  static var newest: Int { steps.count }

  /// Refuses a file that is no database of ours, or one of a newer version, by its first bytes: it is not even opened.
  ///
  /// - Parameter path: The database file, which may be missing.
  /// - Throws: `NewerFormat`, or `PluginError`.
  static func check(fileAt path: String) throws {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return }
      throw PluginError.system("cannot open \(path)")
    }
    defer { close(file) }
    let header = unsafe [UInt8](unsafeUninitializedCapacity: 100) { buffer, count in
      unsafe count = max(0, pread(file, buffer.baseAddress, buffer.count, 0))
    }
    if header.isEmpty { return }
    guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else {
      // A power failure may tear a new database's first write, which SQLite undoes by its journal.
      if unsafe access("\(path)-journal", F_OK) == 0 { return }
      throw PluginError(.failed, "\(path) is no SQLite database; move it away")
    }
    func number(at offset: Int) -> Int64 {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
    try check(application: number(at: 68), version: number(at: 60), path)
  }

  /// Brings a database to this version, a step a transaction.
  ///
  /// - Returns: A sentence for the operator where something was changed.
  /// - Throws: `NewerFormat`, or `PluginError`; the database is as the last step that was done left it.
  static func run(on connection: Connection) throws -> String? {
    let application = try connection.number("PRAGMA application_id")
    var version = try connection.number("PRAGMA user_version")
    // What stands in the log may be newer than the file's first bytes.
    try check(application: application, version: version, connection.path)
    let first = version
    if first > 0, first < newest {
      let statement = try Statement(connection, "PRAGMA quick_check(1)")
      guard try statement.step(), unsafe statement.text(0).string == "ok" else {
        throw PluginError(
          .failed,
          "\(connection.path) is damaged, so it was not brought to version \(newest); "
            + "restore a backup, or see 'PRAGMA integrity_check' of sqlite3")
      }
    }
    while version < newest {
      try connection.run("BEGIN IMMEDIATE")
      do {
        try connection.run(steps[Int(version)])
        version += 1
        try connection.run(
          "PRAGMA user_version = \(version); PRAGMA application_id = \(applicationID); COMMIT")
      } catch {
        try? connection.run("ROLLBACK")
        throw error
      }
    }
    guard first > 0, first < version else { return nil }
    return "\(connection.path) was brought from version \(first) to \(version)"
  }

  private static func check(application: Int64, version: Int64, _ path: String) throws {
    if version > newest, application == applicationID {
      throw NewerFormat(found: Int(version), known: newest)
    }
    guard application == applicationID || (application == 0 && version == 0) else {
      throw PluginError(
        .failed, "\(path) is the database of another program; give another metadata.options.path")
    }
  }
}

extension dvt_str {
  /// A copy.
  var string: String {
    unsafe String(
      decoding: UnsafeBufferPointer(start: ptr, count: ptr == nil ? 0 : Int(clamping: len)),
      as: UTF8.self)
  }
}
