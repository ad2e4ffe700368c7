/// Some records of the event log, in order.
public struct RecordedEventsReport: Codable, Sendable, Equatable {
  /// The records.
  public var records: [RecordedEventReport]
  /// The number to go on from; `nil` when all that was asked for was looked at.
  public var next: UInt64?
  /// The last number that was asked for: who goes on asks up to this one, and comes to an end while more is recorded.
  public var last: UInt64?

  /// Describes records.
  public init(records: [RecordedEventReport], next: UInt64?) {
    self.records = records
    self.next = next
  }
}
