/// One record of the log.
public struct StoredRecord: Sendable, Equatable {
  /// What a record says.
  public enum Content: Sendable, Equatable {
    /// An event.
    case event(EventEntry)
    /// So many events are missing here.
    case gap(count: UInt64, cause: String)
  }

  /// Its number in the log, 1….
  public var number: UInt64
  /// When it was recorded, nanoseconds since 1970-01-01 UTC; never less than that of the record before.
  public var time: Int64
  /// What it says.
  public var content: Content

  /// Describes a record.
  public init(number: UInt64, time: Int64, content: Content) {
    self.number = number
    self.time = time
    self.content = content
  }

  /// The event, when it is one.
  public var event: EventEntry? {
    if case .event(let entry) = content { entry } else { nil }
  }
}
