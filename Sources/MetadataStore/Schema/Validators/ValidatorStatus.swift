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
  /// Reviews that came to no verdict: it crashed, or it was being replaced.
  public internal(set) var failures = 0
  /// Transactions that passed it unseen, or were refused, while it was suspended.
  public internal(set) var skipped = 0
  /// Whether it is asked no more, after too many overruns in a row.
  public internal(set) var isSuspended = false

  /// A validator that has done nothing yet.
  init(_ validator: any WriteValidator) {
    name = validator.name
    pattern = validator.pattern.description
    priority = validator.priority
    budget = validator.budget
  }

  /// Counts on from where another ended.
  mutating func takeFigures(of former: ValidatorStatus) {
    reviews = former.reviews
    amendments = former.amendments
    vetoes = former.vetoes
    overruns = former.overruns
    failures = former.failures
    skipped = former.skipped
  }
}
