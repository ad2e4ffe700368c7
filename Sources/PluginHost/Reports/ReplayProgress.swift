/// How far a replay of recorded events has come.
public struct ReplayProgress: Codable, Sendable, Equatable {
  /// How it stands.
  public enum State: String, Codable, Sendable {
    /// It goes on.
    case running
    /// It waits for room in a queue.
    case waiting
    /// Everything was replayed.
    case done
    /// It was cancelled.
    case cancelled
    /// It was given up.
    case failed
  }

  /// How it stands.
  public var state = State.running
  /// The number of the first record that it looks at.
  public var from: UInt64
  /// The number of the last record that it looks at; one less than `from` when there is none.
  public var to: UInt64
  /// The number of the last record that it has looked at; one less than `from` at first.
  public var number: UInt64
  /// When that was recorded, RFC 3339 in UTC.
  public var recorded: String?
  /// Events that were published, or would be.
  public var published: UInt64 = 0
  /// Of them, events that not every handler and queue took.
  public var incomplete: UInt64 = 0
  /// Records that the pattern does not choose.
  public var passed: UInt64 = 0
  /// Events that the log says are missing in between.
  public var missing: UInt64 = 0
  /// Records that are damaged, or gave way while it ran.
  public var unreadable: UInt64 = 0
  /// Events by the topic that they were published to; the first thousand topics, and only at the end.
  public var topics: [String: UInt64] = [:]
  /// Seconds that it has taken.
  public var seconds = 0.0
  /// What it waits for, or why it was given up.
  public var detail: String?

  /// A replay that has not begun.
  public init(from: UInt64, to: UInt64) {
    self.from = from
    self.to = to
    number = from - 1
  }

  /// Whether it has ended.
  public var isOver: Bool { state != .running && state != .waiting }
}
