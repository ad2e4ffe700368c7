import PluginSDK
import Synchronization

/// Connections that read, each for one caller at a time.
///
/// Threading: any thread.
final class ReaderPool: Sendable {
  /// A connection with what it has prepared.
  @safe final class Reader: @unchecked Sendable {
    // Safe: lent to one caller at a time.
    let connection: Connection
    /// One record by its names.
    let load: Statement

    fileprivate init(_ path: String) throws(PluginError) {
      connection = try Connection(path, writes: false)
      load = try Statement(
        connection, "\(SQLiteProvider.selection) WHERE collection = ?1 AND key = ?2")
    }
  }

  private let path: String
  private let most: Int
  private let idle = Mutex<[Reader]>([])

  /// Makes connections to a database as they are needed, and keeps some.
  init(_ path: String, keeping most: Int) {
    self.path = path
    self.most = most
  }

  /// Lets go of the connections that nobody has.
  func close() { idle.withLock { $0 = [] } }

  /// Lends a connection.
  func with<Result>(
    _ body: (Reader) throws -> Result
  ) throws -> Result {
    let reader = try idle.withLock { $0.popLast() } ?? Reader(path)
    defer { idle.withLock { if $0.count < most { $0.append(reader) } } }
    return try body(reader)
  }
}
