import CDovetail
import CSQLite
import PluginSDK

/// A prepared statement.
///
/// Threading: that of its connection. Text is bound without a copy: it must live until `reset`.
@safe final class Statement {
  // Safe: the handle lives as long as the object, and the object's owner keeps the connection.
  private let handle: OpaquePointer
  private let connection: Connection

  /// Prepares a statement.
  ///
  /// - Throws: `failed` with SQLite's words.
  init(_ connection: Connection, _ sql: String) throws(PluginError) {
    var handle: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    try connection.check(code, sql)
    guard let handle = unsafe handle else { throw PluginError(.failed, "no statement in \(sql)") }
    unsafe self.handle = unsafe handle
    self.connection = connection
  }

  deinit { unsafe sqlite3_finalize(handle) }

  // MARK: Binding

  /// Binds text that lives until `reset`.
  @inline(__always)
  func bind(_ index: Int32, _ text: dvt_str) {
    // An empty text is no NULL.
    let start = unsafe text.ptr ?? Self.nothing
    unsafe start.withMemoryRebound(to: CChar.self, capacity: Int(text.len)) { start in
      _ = unsafe sqlite3_bind_text64(
        handle, index, start, text.len, nil, UInt8(truncatingIfNeeded: SQLITE_UTF8))
    }
  }

  /// Binds bytes that live until `reset`.
  func bind(_ index: Int32, _ bytes: dvt_bytes) {
    unsafe sqlite3_bind_blob64(handle, index, bytes.ptr ?? Self.nothing, bytes.len, nil)
  }

  /// Binds a number.
  @inline(__always)
  func bind(_ index: Int32, _ number: Int64) {
    unsafe sqlite3_bind_int64(handle, index, number)
  }

  /// Binds a number.
  func bind(_ index: Int32, _ number: Double) {
    unsafe sqlite3_bind_double(handle, index, number)
  }

  /// Binds NULL.
  func bindNull(_ index: Int32) { unsafe sqlite3_bind_null(handle, index) }

  private static nonisolated(unsafe) let nothing: UnsafePointer<UInt8> = {
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    unsafe place.initialize(to: 0)
    return unsafe UnsafePointer(place)
  }()

  // MARK: Running

  /// Goes on to the next row.
  ///
  /// - Returns: Whether there is one.
  /// - Throws: `failed` with SQLite's words.
  @inline(__always)
  func step() throws(PluginError) -> Bool {
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    throw try failure(code)
  }

  /// Runs it to its end and makes it ready for the next time.
  @inline(__always)
  func run() throws(PluginError) {
    let code = unsafe sqlite3_step(handle)
    unsafe sqlite3_reset(handle)
    if code == SQLITE_DONE || code == SQLITE_ROW { return }
    throw try failure(code)
  }

  /// Makes it ready for the next time.
  func reset() { unsafe sqlite3_reset(handle) }

  @inline(never)
  private func failure(_ code: Int32) throws(PluginError) -> PluginError {
    let sql = unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) } ?? ""
    try connection.check(code, sql)
    return PluginError(.failed, "SQLite failed with code \(code) in \(sql)")
  }

  // MARK: Columns

  /// A number of the present row.
  @inline(__always)
  func int(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

  /// A number of the present row.
  func double(_ column: Int32) -> Double { unsafe sqlite3_column_double(handle, column) }

  /// Whether a column of the present row is NULL.
  @inline(__always)
  func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  /// Text of the present row; borrowed until the next step.
  @inline(__always)
  func text(_ column: Int32) -> dvt_str {
    let start = unsafe sqlite3_column_text(handle, column)
    return unsafe dvt_str(ptr: start, len: UInt64(sqlite3_column_bytes(handle, column)))
  }

  /// Bytes of the present row, copied.
  func bytes(_ column: Int32) -> [UInt8] {
    let start = unsafe sqlite3_column_blob(handle, column)
    let count = unsafe Int(sqlite3_column_bytes(handle, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }
}

/// Lends text while `body` runs.
func withText<Result>(
  _ text: String, _ body: (dvt_str) throws(PluginError) -> Result
) throws(PluginError) -> Result {
  var text = text
  let outcome = text.withUTF8 { utf8 in
    Swift.Result { () throws(PluginError) in
      unsafe try body(dvt_str(ptr: utf8.baseAddress, len: UInt64(utf8.count)))
    }
  }
  return try outcome.get()
}
