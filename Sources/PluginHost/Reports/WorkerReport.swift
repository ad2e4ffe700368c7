/// The process of an isolated plugin.
public struct WorkerReport: Codable, Sendable, Equatable {
  /// Its process id.
  public var pid: Int
  /// Bytes of memory that are its own.
  public var privateBytes: Int?
  /// Calls that the host carried to it.
  public var calls: Int

  /// Describes a process.
  public init(pid: Int, privateBytes: Int?, calls: Int) {
    self.pid = pid
    self.privateBytes = privateBytes
    self.calls = calls
  }
}
