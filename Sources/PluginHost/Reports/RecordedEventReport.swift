/// A record of the event log: an event, or a note that some are missing.
public struct RecordedEventReport: Codable, Sendable, Equatable {
  /// Its number in the log, from 1.
  public var number: UInt64
  /// When it was recorded, RFC 3339 in UTC.
  public var recorded: String
  /// The event; `nil` where events are missing.
  public var event: EventReport?
  /// So many events are missing here.
  public var missing: UInt64?
  /// Why they are.
  public var cause: String?

  /// Describes a record; everything else starts empty.
  public init(number: UInt64, recorded: String) {
    self.number = number
    self.recorded = recorded
  }
}
