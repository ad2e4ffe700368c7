/// A running host.
public struct HostReport: Codable, Sendable, Equatable {
  /// The host's name: the last component of its default state directory.
  public var name: String
  /// Dovetail's version.
  public var version: String
  /// The process.
  public var pid: Int32
  /// Its state directory.
  public var stateDirectory: String
  /// Its control socket; empty when it serves none.
  public var socket: String
  /// The folders that it scans.
  public var pluginDirectories: [String] = []
  /// Whether it watches them.
  public var watching = false
  /// Seconds since its start.
  public var uptimeSeconds = 0.0
  /// What its supervisor tells of itself; `nil` without one.
  public var supervision: SupervisionReport?
  /// That it runs with less than everything; `nil` when it does not.
  public var safeMode: SafeModeReport?
  /// Why it does not work as it should, in prose; empty when it does.
  public var degraded: [String] = []
  /// Number of plugins by the name of their state.
  public var counts: [String: Int] = [:]
  /// Resident memory in bytes.
  public var residentBytes = 0
  /// Bytes that retired images hold.
  public var retiredBytes = 0
  /// Number of retired images.
  public var retiredImages = 0
  /// What to do about them, once they are more than `retiredBudget` allows.
  public var retiredWarning: String?

  /// Describes a host; everything else starts empty.
  public init(name: String, version: String, pid: Int32, stateDirectory: String, socket: String) {
    self.name = name
    self.version = version
    self.pid = pid
    self.stateDirectory = stateDirectory
    self.socket = socket
  }
}
