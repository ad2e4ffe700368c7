import PluginHost

/// Finds the events that a live view did not see: their topics' numbers have gaps.
struct SequenceGaps {
  /// Numbers of a topic that were not seen.
  struct Gap: Equatable {
    /// The topic.
    let type: String
    /// The first number.
    let from: UInt64
    /// The last number.
    let to: UInt64
  }

  private var last: [String: UInt64] = [:]

  /// Takes note of an event.
  ///
  /// - Returns: The gap right before it, and whether it comes after one with a greater number: two publishers overtook each
  ///   other, and what looked like a gap was none.
  mutating func note(_ event: EventReport) -> (gap: Gap?, isLate: Bool) {
    guard let number = event.extensions["sequence"].flatMap({ UInt64($0) }) else {
      return (nil, false)
    }
    guard let before = last[event.type] else {
      last[event.type] = number
      return (nil, false)
    }
    guard number > before else { return (nil, true) }
    last[event.type] = number
    guard number > before + 1 else { return (nil, false) }
    return (Gap(type: event.type, from: before + 1, to: number - 1), false)
  }
}
