/// A change that a transaction would make, shown to validators.
public struct ProposedWrite: Sendable, Equatable {
  /// The collection's name.
  public let collection: String
  /// The record's key.
  public let key: String
  /// The record as it is, with what the transaction did to it before; `nil` when there is none.
  public let old: MetadataRecord?
  /// The value that it would get, with its defaults; `nil` for a removal.
  public let new: MetadataValue?

  /// Makes a proposal.
  public init(collection: String, key: String, old: MetadataRecord?, new: MetadataValue?) {
    self.collection = collection
    self.key = key
    self.old = old
    self.new = new
  }
}
