/// What a transaction did.
public struct Transacted: Sendable, Equatable {
  /// Whether its conditions held, so that its changes happened and not what it does otherwise.
  public let conditionsHeld: Bool
  /// Of the store now.
  public let revision: UInt64
  /// What was reached.
  public let durability: Durability
  /// What each change did, in order.
  public let written: [Written]
}

/// The end of a transaction that is not an error of the store: done, or a change met another version.
public enum TransactionOutcome: Sendable, Equatable {
  /// It happened, all of it.
  case done(Transacted)
  /// Nothing changed, because the expectation of a change failed; the record as it is, `nil` when there is none.
  case conflict(current: Record?)
}
