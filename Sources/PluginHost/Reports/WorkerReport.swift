/// The process of an isolated plugin.
public struct WorkerReport: Codable, Sendable, Equatable {
  /// Its process id.
  public var pid: Int
  /// Bytes of memory that are its own.
  public var privateBytes: Int?
  /// Calls that the host carried to it.
  public var calls: Int
  /// The process id of the one that stands by to take its place, which counts for nothing else; `nil` when none does.
  public var standby: Int?

  /// Describes a process.
  public init(pid: Int, privateBytes: Int?, calls: Int, standby: Int? = nil) {
    self.pid = pid
    self.standby = standby
    self.privateBytes = privateBytes
    self.calls = calls
  }
}
