/// What a store holds and has done since it was opened.
public struct MetadataStats: Sendable, Equatable {
  /// Records that it holds.
  public var records: Int
  /// Bytes of memory that they take.
  public var bytes: Int
  /// Revision of the last transaction.
  public var revision: UInt64
  /// Reads of one record through the store (not through snapshots).
  public var reads: Int
  /// Records written or removed.
  public var writes: Int
  /// Transactions that met a record which was not as expected.
  public var conflicts: Int
  /// Watches that run, without the outbox.
  public var watchers: Int
  /// Transactions acknowledged as `memory` that are not saved yet.
  public var unsaved: Int
  /// Nanoseconds since the oldest of them was acknowledged, at most; 0 when there are none.
  public var unsavedAge: UInt64
  /// Indexes, with how many entries each has.
  public var indexes: [IndexSize]
  /// Records that wait to expire, with those that were written again since.
  public var expiring: Int
  /// The revision after which every change is held.
  public var heldAfter: UInt64
  /// How much the store may hold; `nil` for any amount.
  public var limit: StoreLimit?
  /// Why the last attempt to write behind failed; `nil` when there is nothing to worry about.
  public var saveFailure: String?
}
