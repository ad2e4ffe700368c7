/// All that was counted: the state that one build hands to the next.
///
/// Version 1 has everything but `hours` and `hoursFrom`, which version 2 adds.
struct Tally: Codable, Sendable, Equatable {
  /// The most names that are told apart; further ones are counted together.
  static let nameLimit = 100_000
  /// The name of further ones.
  static let others = "(others)"

  /// Lines that came.
  var lines: UInt64 = 0
  /// Lines of another form than `dpkg.log`'s.
  var unparsed: UInt64 = 0
  /// Lines by action.
  var actions: [String: UInt64] = [:]
  /// Lines by package.
  var packages: [String: UInt64] = [:]
  /// Whether every event came once.
  var sequence = SequenceCheck()
  /// When the first line came, in seconds since 1970-01-01 UTC; 0 before it.
  var firstAt = 0.0
  /// When the last line came.
  var lastAt = 0.0
  /// Lines by hour of the log; `nil` in version 1.
  var hours: [String: UInt64]?
  /// The number of the first event that `hours` has; `nil` in version 1.
  var hoursFrom: UInt64?

  /// Counts a line.
  ///
  /// - Parameters:
  ///   - line: What it says.
  ///   - number: The event's number on its topic.
  ///   - now: Seconds since 1970-01-01 UTC.
  mutating func count(_ line: Observation, sequence number: UInt64, now: Double) {
    guard sequence.note(number) else { return }
    if lines == 0 { firstAt = now }
    lastAt = now
    lines += 1
    guard let action = line.action else {
      unparsed += 1
      return
    }
    Tally.add(action, to: &actions)
    if let package = line.package { Tally.add(package, to: &packages) }
    guard var hours, let hour = line.hour else { return }
    // Taken out, so that the dictionary is changed in place.
    self.hours = nil
    Tally.add(hour, to: &hours)
    self.hours = hours
  }

  /// Begins to count hours, from the next event on.
  mutating func addHours() {
    guard hours == nil else { return }
    hours = [:]
    hoursFrom = sequence.last + 1
  }

  /// Lines a second between the first and the last.
  var rate: Double {
    lastAt > firstAt ? Double(lines) / (lastAt - firstAt) : 0
  }

  /// The most frequent names, ties in order of the name.
  static func top(_ counts: [String: UInt64], _ limit: Int) -> [Report.Count] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
      .map { Report.Count(name: $0.key, lines: $0.value) }
  }

  private static func add(_ name: String, to counts: inout [String: UInt64]) {
    let key = counts.count < nameLimit || counts[name] != nil ? name : others
    counts[key, default: 0] += 1
  }
}
