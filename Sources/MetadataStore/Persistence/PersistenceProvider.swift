/// One record's part of a batch.
public enum PersistenceOperation: Sendable, Equatable {
  /// Write the record, replacing an older one.
  case put(MetadataRecord)
  /// Forget the record, which may be absent already.
  case remove(collection: String, key: String)
}

/// The changes of one transaction: after any crash all of them are there, or none.
public struct PersistenceBatch: Sendable, Equatable {
  /// Not less than that of every batch before: the transaction's own, or, where a copy of a store or a large snapshot of one in
  /// memory comes in several batches, the same for all of them.
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

  /// Makes a report.
  public init(revision: UInt64 = 0, notes: [String] = []) {
    self.revision = revision
    self.notes = notes
  }
}

/// Where records outlive the process.
///
/// Threading: the store makes one call at a time, on any thread, and holds no lock meanwhile; calls for sessions and metrics may come
/// beside it, one at a time as well. A provider must not call the store.
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

  /// Reads one record as it was saved last, for whoever checks what is kept.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  /// - Returns: The record, or `nil` when none is kept.
  /// - Throws: `.storage`.
  func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord?

  /// Shows every record as it was saved last, once each, in any order: what `load` showed and `save` changed since.
  ///
  /// - Parameter receive: Takes a record.
  /// - Throws: `.storage`.
  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError)

  /// Saves one batch, all or nothing: one record, the removal of one, or many thousands.
  ///
  /// - Parameters:
  ///   - batch: What to save: the changes of one transaction or of several that were committed together.
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

  /// Keeps a document that is no record, such as the configuration a host ran with, in place of the former one.
  ///
  /// - Parameters:
  ///   - session: The document's bytes, at most 1 MiB.
  ///   - name: 1…64 of `a-z 0-9 _ -`.
  /// - Throws: `.storage`.
  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError)

  /// Reads what `saveSession` kept.
  ///
  /// - Parameter name: Its name.
  /// - Returns: The bytes, or `nil` when there are none.
  /// - Throws: `.storage`.
  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]?

  /// Copies what is saved to a place of its own, consistently, while the store is in use.
  ///
  /// - Parameters:
  ///   - path: A file or folder, as the provider has it, that must not exist yet; a provider of the same kind opens it.
  ///   - progress: Told records (or pages) done and in all, now and then.
  /// - Throws: `.storage`, or `.unsupported` when it has no copy to give.
  func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError)

  /// Finds records by words, when the provider has a full-text index.
  ///
  /// - Parameters:
  ///   - words: What to look for; every word must be in the record's text.
  ///   - collection: The collection's name.
  /// - Returns: Keys, best first, of what was saved last; `nil` when the provider has no such index.
  /// - Throws: `.storage`.
  func search(_ words: String, in collection: String) throws(MetadataError) -> [String]?

  /// Whether it keeps a history of figures: `saveMetrics` and `metrics` are of use.
  var keepsMetrics: Bool { get }

  /// Keeps figures for `metrics`, when the provider keeps a history of them.
  ///
  /// - Parameter samples: Figures of one moment.
  /// - Returns: False when it keeps none.
  /// - Throws: `.storage`.
  func saveMetrics(_ samples: [MetricSample]) throws(MetadataError) -> Bool

  /// Reads figures that were kept.
  ///
  /// - Parameters:
  ///   - name: The figure's name.
  ///   - from: The first moment, nanoseconds since 1970-01-01 UTC.
  ///   - until: The moment after the last.
  /// - Returns: By time; `nil` when the provider keeps no history.
  /// - Throws: `.storage`.
  func metrics(
    _ name: String, from: Int64, until: Int64
  ) throws(MetadataError) -> [MetricSample]?

  /// Writes what is still held back and lets go of everything. Called last; nothing can be reported any more but by throwing.
  ///
  /// - Throws: `.storage`.
  func close() throws(MetadataError)
}

extension PersistenceProvider {
  /// Has no copy to give.
  public func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    throw .unsupported("the provider \(name) makes no backups; export the records instead")
  }

  /// Has no index.
  public func search(_ words: String, in collection: String) throws(MetadataError) -> [String]? {
    nil
  }

  /// False.
  public var keepsMetrics: Bool { false }

  /// Keeps none.
  public func saveMetrics(_ samples: [MetricSample]) throws(MetadataError) -> Bool { false }

  /// Keeps none.
  public func metrics(
    _ name: String, from: Int64, until: Int64
  ) throws(MetadataError) -> [MetricSample]? {
    nil
  }
}
