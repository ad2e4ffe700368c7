import HostSupport

/// Lets one thread at a time do something; who comes meanwhile waits a little and then goes without.
///
/// Threading: any thread.
final class Turn: Sendable {
  private let isTaken = Monitor(false)

  /// Takes the turn, to be given back by `give`.
  ///
  /// - Parameter deadline: When to go without.
  /// - Returns: Whether it was taken.
  func take(until deadline: Deadline) -> Bool {
    isTaken.wait(until: deadline) { isTaken -> Bool? in
      guard !isTaken else { return nil }
      isTaken = true
      return true
    } ?? false
  }

  /// Gives the turn back.
  func give() { isTaken.update { $0 = false } }
}
