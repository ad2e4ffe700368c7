/// One committed change of one record.
public struct MetadataChange: Sendable, Equatable {
  /// What happened to the record.
  public enum Kind: Sendable, Equatable {
    /// Created: its version is 1.
    case created
    /// Given a new value.
    case updated
    /// Removed: `record` is as it was before.
    case removed
  }

  /// What happened.
  public let kind: Kind
  /// The record after the change; the last one there was after a removal.
  public let record: MetadataRecord
  /// Revision of the transaction; changes of one transaction share it.
  public let revision: UInt64
  /// Its place among the changes of its transaction, 0….
  public let index: Int
}
