/// What the supervisor of a host tells of itself and of the hosts before.
public struct SupervisionReport: Codable, Sendable, Equatable {
  /// The supervisor's process.
  public var pid: Int32
  /// How many hosts it has started before this one.
  public var restarts: Int
  /// How the one before ended; `nil` for the first.
  public var lastDeath: String?

  /// Describes a supervisor.
  public init(pid: Int32, restarts: Int = 0, lastDeath: String? = nil) {
    self.pid = pid
    self.restarts = restarts
    self.lastDeath = lastDeath
  }
}
