/// What a transaction did.
public struct TransactionReceipt: Sendable, Equatable {
  /// Whether its conditions held, so that `writes` happened and not `otherwise`.
  public let conditionsHeld: Bool
  /// The store's revision: that of the transaction, or the present one when there was nothing to write.
  public let revision: UInt64
  /// The safety that was reached.
  public let durability: Durability
  /// A receipt for each write that happened, in order.
  public let receipts: [WriteReceipt]
}
