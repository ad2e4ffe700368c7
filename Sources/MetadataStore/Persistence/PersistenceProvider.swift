/// One record's part of a batch.
public enum PersistenceOperation: Sendable, Equatable {
  /// Write the record, replacing an older one.
  case put(MetadataRecord)
  /// Forget the record, which may be absent already.
  case remove(collection: String, key: String)
}

/// The changes of one transaction: after any crash all of them are there, or none.
public struct PersistenceBatch: Sendable, Equatable {
  /// The transaction's revision; greater than that of every batch before.
  public let revision: UInt64
  /// The changes, at most one for a record.
  public let operations: [PersistenceOperation]

  /// Makes a batch.
  public init(revision: UInt64, operations: [PersistenceOperation]) {
    self.revision = revision
    self.operations = operations
  }
}

/// What a provider found when it was opened.
public struct LoadReport: Sendable, Equatable {
  /// The revision to go on from: at least that of every batch ever saved.
  public var revision: UInt64 = 0
  /// Sentences for the operator: what was damaged, set aside, finished or swept.
  public var notes: [String] = []

  /// An empty report.
  public init() {}
}

/// Where records outlive the process.
///
/// Threading: the store makes one call at a time, on any thread, and holds no lock meanwhile. A provider must not call the store.
public protocol PersistenceProvider: AnyObject, Sendable {
  /// What to call it in messages, such as `file`.
  var name: String { get }

  /// The strongest durability it can reach; a provider that says `memory` is never asked to save.
  var strongest: Durability { get }

  /// Opens what is there and shows each record once, in any order. Called first, and once.
  ///
  /// - Parameter receive: Takes a record.
  /// - Returns: The revision to go on from, and what was repaired.
  /// - Throws: `.storage`, `.inUse`, or `.newerFormat` after having touched nothing.
  func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport

  /// Saves one batch, all or nothing.
  ///
  /// - Parameters:
  ///   - batch: What to save.
  ///   - durability: The safety to reach before returning.
  /// - Returns: The safety that was reached.
  /// - Throws: `.storage`; the batch may then still be there after a crash, but only whole.
  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability

  /// Brings everything that was saved as `os` to the disk.
  ///
  /// - Throws: `.storage`.
  func sync() throws(MetadataError)

  /// Writes what is still held back and lets go of everything. Called last; nothing can be reported any more but by throwing.
  ///
  /// - Throws: `.storage`.
  func close() throws(MetadataError)
}
