/// What a write did.
public struct WriteReceipt: Sendable, Equatable {
  /// The record's version now; 0 after a removal.
  public let version: UInt64
  /// The store's revision that made the change.
  public let revision: UInt64
  /// The safety that was reached, which is less than was asked when the provider has no more to give.
  public let durability: Durability
}
