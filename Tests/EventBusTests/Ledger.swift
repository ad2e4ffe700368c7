import Synchronization

/// What became of the counted copies of a test's events.
final class Ledger: Sendable {
  private let copied = Atomic<Int>(0)
  private let freed = Atomic<Int>(0)
  private let marked = Atomic<Int>(0)

  /// Copies that were made.
  var copies: Int { copied.load(ordering: .sequentiallyConsistent) }
  /// Copies that nobody has given back entirely.
  var live: Int { copies - freed.load(ordering: .sequentiallyConsistent) }
  /// Copies that were marked as delivered before.
  var redelivered: Int { marked.load(ordering: .sequentiallyConsistent) }

  func noteCopy() { copied.add(1, ordering: .sequentiallyConsistent) }
  func noteFree() { freed.add(1, ordering: .sequentiallyConsistent) }
  func noteMark() { marked.add(1, ordering: .sequentiallyConsistent) }
}
