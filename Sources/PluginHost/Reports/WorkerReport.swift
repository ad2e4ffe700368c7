/// The process of an isolated plugin. What it uses is in the plugin's `ResourceReport`.
public struct WorkerReport: Codable, Sendable, Equatable {
  /// Its process id.
  public var pid: Int
  /// Calls that the host carried to it.
  public var calls: Int
  /// The process id of the one that stands by to take its place, which counts for nothing else; `nil` when none does.
  public var standby: Int?

  /// Describes a process.
  public init(pid: Int, calls: Int, standby: Int? = nil) {
    self.pid = pid
    self.calls = calls
    self.standby = standby
  }
}
