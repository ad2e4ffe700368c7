/// Whether every event came exactly once, told by their sequence numbers.
package struct SequenceCheck: Codable, Sendable, Equatable {
  /// The number of the first event that came; 0 before it.
  package private(set) var first: UInt64 = 0
  /// The highest number that came.
  package private(set) var last: UInt64 = 0
  /// Numbers that were passed over.
  package private(set) var lost: UInt64 = 0
  /// Events whose number, or a higher one, had come before.
  package private(set) var duplicated: UInt64 = 0

  /// Notes an event.
  ///
  /// - Parameter sequence: Its number on its topic, from 1.
  /// - Returns: Whether it is to be counted: `false` for a duplicate.
  mutating func note(_ sequence: UInt64) -> Bool {
    guard first > 0 else {
      first = sequence
      last = sequence
      return true
    }
    guard sequence > last else {
      duplicated += 1
      return false
    }
    lost += sequence - last - 1
    last = sequence
    return true
  }
}
