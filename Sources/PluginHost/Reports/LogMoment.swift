public import HostSupport

/// A place in the event log, by number or by time.
public enum LogMoment: Sendable, Equatable {
  /// A record's number, 1….
  case number(UInt64)
  /// Nanoseconds since 1970-01-01 UTC.
  case time(Int64)

  /// Reads a number, a time of RFC 3339 in UTC, or how long ago: `90s`, `15m`, `2h`, `3d`.
  ///
  /// - Parameters:
  ///   - text: What was written.
  ///   - now: Nanoseconds since 1970-01-01 UTC.
  public init?(_ text: String, now: Int64 = LogTime.now()) {
    if let number = UInt64(text), number > 0 {
      self = .number(number)
    } else if let time = Timestamp.nanoseconds(text) {
      self = .time(time)
    } else if let unit = text.last.flatMap({ Self.units[$0] }), let count = Int64(text.dropLast()),
      (0...1_000_000_000).contains(count), count * unit < now / 1_000_000_000
    {
      self = .time(now - count * unit * 1_000_000_000)
    } else {
      return nil
    }
  }

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
}
