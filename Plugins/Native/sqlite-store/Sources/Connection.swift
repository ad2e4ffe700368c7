import CSQLite
import Glibc
import PluginSDK

/// One connection to the database.
///
/// Threading: one thread at a time; the owner sees to it.
@safe final class Connection: @unchecked Sendable {
  // Safe: used by one thread at a time, as its owner promises.
  let handle: OpaquePointer
  /// The database file, for messages.
  let path: String

  /// Milliseconds to wait for a lock that a tool of another process holds.
  private static let patience: Int32 = 5_000

  /// Opens the database.
  ///
  /// - Parameters:
  ///   - path: The file; with `writes` it is made where it is missing.
  ///   - writes: Whether it is the writer.
  /// - Throws: `failed` with SQLite's words.
  init(_ path: String, writes: Bool) throws(PluginError) {
    self.path = path
    if writes {
      // SQLite would make it readable by others; its log and index take the mode of the database.
      let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard file >= 0 else { throw .system("cannot open \(path)") }
      Glibc.close(file)
      try Self.syncFolder(of: path)
    }
    var handle: OpaquePointer?
    let flags =
      (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX
      | SQLITE_OPEN_EXRESCODE
    let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      unsafe sqlite3_close_v2(handle)
      throw Connection.error(code, "cannot open \(path)")
    }
    unsafe self.handle = unsafe handle
    unsafe sqlite3_busy_timeout(handle, Self.patience)
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// Waits until the names in a file's folder are on the disk: SQLite does so too, but takes no notice when it fails.
  static func syncFolder(of path: String) throws(PluginError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw .system("cannot open \(folder)") }
    defer { Glibc.close(file) }
    guard fsync(file) == 0 else { throw .system("cannot sync \(folder)") }
  }

  /// Runs statements that give no rows.
  func run(_ sql: String) throws(PluginError) {
    try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil), sql)
  }

  /// The first column of the first row, as a number; 0 where there is no row.
  func number(_ sql: String) throws(PluginError) -> Int64 {
    let statement = try Statement(self, sql)
    return try statement.step() ? statement.int(0) : 0
  }

  /// Turns a code that is no success into an error, which names the statement or what was done.
  @inline(__always)
  func check(_ code: Int32, _ what: @autoclosure () -> String) throws(PluginError) {
    if code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW { return }
    throw failure(code, what())
  }

  @inline(never)
  private func failure(_ code: Int32, _ what: String) -> PluginError {
    let words = unsafe String(cString: sqlite3_errmsg(handle))
    let system = unsafe sqlite3_system_errno(handle)
    let reason =
      code & 0xFF == SQLITE_IOERR && system != 0
      ? unsafe "\(words) (\(String(cString: strerror(system))))" : words
    return Connection.error(code, "\(path): \(reason), in \(what)")
  }

  /// An error of SQLite's.
  static func error(_ code: Int32, _ text: String) -> PluginError {
    let name = unsafe String(cString: sqlite3_errstr(code))
    let isBusy = [SQLITE_BUSY, SQLITE_LOCKED].contains(code & 0xFF)
    return PluginError(
      isBusy ? .unavailable : .failed, "\(text) [\(name), code \(code)]", isRetryable: isBusy)
  }
}
