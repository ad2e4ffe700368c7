/// One thing that a host has to say.
public struct LogRecord: Sendable, Equatable {
  /// How much it matters.
  public var level: LogLevel
  /// Nanoseconds since 1970-01-01 UTC.
  public var time: Int64
  /// Who says it: a part of the host, such as "loader", or a plugin's id.
  public var subsystem: String
  /// What happened, in one line.
  public var message: String
  /// What it is about, by name.
  public var fields: [String: String]

  /// Describes a record; its time is now unless it is given.
  public init(
    _ level: LogLevel, _ subsystem: String, _ message: String, fields: [String: String] = [:],
    time: Int64 = LogTime.now()
  ) {
    self.level = level
    self.time = time
    self.subsystem = subsystem
    self.message = message
    self.fields = fields
  }
}
