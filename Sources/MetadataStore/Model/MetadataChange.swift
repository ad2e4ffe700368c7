/// One committed change of one record.
public struct MetadataChange: Sendable, Equatable {
  /// What happened to the record.
  public enum Kind: String, Sendable, Equatable {
    /// Created: its version is 1.
    case created
    /// Given a new value.
    case updated
    /// Removed: `record` is as it was before.
    case removed
    /// Removed because its time was over: `record` is as it was before.
    case expired
  }

  /// What happened.
  public let kind: Kind
  /// The record after the change; the last one there was after a removal.
  public let record: MetadataRecord
  /// The record before the change; `nil` when it was created.
  public let previous: MetadataRecord?
  /// Revision of the transaction; changes of one transaction share it.
  public let revision: UInt64
  /// Its place among the changes of its transaction, 0….
  public let index: Int

  /// Whether the record is gone.
  public var isRemoval: Bool { kind == .removed || kind == .expired }
}
