import PluginSDK

/// What is kept of a run: a part of what analytics reports.
struct Summary: Codable, Sendable, Equatable {
  /// The build of analytics that reported.
  var version: String
  /// Lines that it counted.
  var lines: UInt64
  /// Events that never came.
  var lost: UInt64
  /// Events that came again.
  var duplicated: UInt64
  /// The number of the last event.
  var lastSequence: UInt64

  /// The summary as a record's value.
  ///
  /// - Parameter now: Nanoseconds since 1970-01-01 UTC.
  /// - Returns: A map, with `now` as `at`.
  func value(now: Int64) -> Value {
    .map([
      "version": .string(version), "lines": .int(Int64(clamping: lines)),
      "lost": .int(Int64(clamping: lost)), "duplicated": .int(Int64(clamping: duplicated)),
      "lastSequence": .int(Int64(clamping: lastSequence)), "at": .date(nanoseconds: now),
    ])
  }

  /// The summary that a record holds, or `nil` when it holds something else.
  init?(_ value: Value) {
    guard let version = value["version"]?.string, let lines = value["lines"]?.int,
      let lost = value["lost"]?.int, let duplicated = value["duplicated"]?.int,
      let lastSequence = value["lastSequence"]?.int
    else { return nil }
    self.version = version
    self.lines = UInt64(clamping: lines)
    self.lost = UInt64(clamping: lost)
    self.duplicated = UInt64(clamping: duplicated)
    self.lastSequence = UInt64(clamping: lastSequence)
  }
}
