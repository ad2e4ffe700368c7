/// The recorded events as a whole, and how their recording stands.
public struct EventLogReport: Codable, Sendable, Equatable {
  /// A record: its number, and when it was recorded.
  public struct Place: Codable, Sendable, Equatable {
    /// Its number, from 1.
    public var number: UInt64
    /// When it was recorded, RFC 3339 in UTC.
    public var time: String

    /// Names a record.
    public init(number: UInt64, time: String) {
      self.number = number
      self.time = time
    }
  }

  /// `recording`, `suspended` (it tries again by itself) or `off`.
  public var state = "off"
  /// Why it is suspended.
  public var problem: String?
  /// The folder.
  public var path: String
  /// What is recorded.
  public var patterns: [String] = []
  /// What of it is not.
  public var exclude: [String] = []
  /// Records that are held, damaged ones among them.
  public var count: UInt64 = 0
  /// Bytes on the disk.
  public var bytes = 0
  /// The most bytes.
  public var mostBytes = 0
  /// Files.
  public var segments = 0
  /// The oldest record; `nil` when there is none.
  public var oldest: Place?
  /// The newest record; `nil` when there is none.
  public var newest: Place?
  /// The newest record that is surely on the disk.
  public var synced: UInt64 = 0
  /// When records were last forced to the disk; `nil` when none were since the host started.
  public var syncedAt: String?
  /// Events that were recorded since the host started.
  public var recorded: UInt64 = 0
  /// Events that should have been, but are gaps in the log.
  public var lost: UInt64 = 0
  /// Events that wait for the recorder.
  public var queued = 0
  /// Records that gave way to newer ones since the host started.
  public var displaced: UInt64 = 0
  /// Replays that run.
  public var replays = 0
  /// Damage of the files that was found, a line each.
  public var damage: [String] = []

  /// Describes a log without records.
  public init(path: String) {
    self.path = path
  }
}
