/// What a validator is and has done.
public struct ValidatorStatus: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// The pattern of its collections.
  public let pattern: String
  /// Its priority.
  public let priority: Int32
  /// Its budget in milliseconds.
  public let budget: Int
  /// Reviews that were begun.
  public internal(set) var reviews = 0
  /// Verdicts that gave other values.
  public internal(set) var amendments = 0
  /// Verdicts that refused.
  public internal(set) var vetoes = 0
  /// Reviews that took longer than the budget, or that were asked for while one such went on.
  public internal(set) var overruns = 0
  /// Transactions that passed it unseen, or were refused, while it was suspended.
  public internal(set) var skipped = 0
  /// Whether it is asked no more, after too many overruns in a row.
  public internal(set) var isSuspended = false
}
