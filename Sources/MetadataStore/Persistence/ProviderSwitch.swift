/// Copies everything that one provider keeps to another, and makes sure of it by reading back.
///
/// The source is only read. The target afterwards holds the records of the source and no others. Threading: one thread, while
/// nobody writes to either.
public struct ProviderSwitch {
  /// How far it has come.
  public enum Progress: Sendable, Equatable {
    /// Records copied, of how many.
    case copied(Int, of: Int)
    /// Records read back, of how many.
    case verified(Int, of: Int)
  }

  /// Where the records are; opened by the caller.
  public let source: any PersistenceProvider
  /// Where they go; opened by the caller.
  public let target: any PersistenceProvider
  /// Documents to copy beside the records, by name.
  public let sessions: [String]
  private let tell: (Progress) -> Void

  private static let batchCount = 1_000
  /// How many records lie between two reports.
  private static let reportCount = 10_000

  /// Prepares a copy.
  ///
  /// - Parameters:
  ///   - source: Where the records are; opened.
  ///   - target: Where they go; opened.
  ///   - sessions: Documents to copy beside the records, by name.
  ///   - tell: Told now and then how far it has come.
  public init(
    from source: any PersistenceProvider, to target: any PersistenceProvider,
    sessions: [String] = [], tell: @escaping (Progress) -> Void = { _ in }
  ) {
    self.source = source
    self.target = target
    self.sessions = sessions
    self.tell = tell
  }

  /// A record's names, by bytes: `String` would take equivalent Unicode for equal.
  private struct Identity: Hashable {
    let collection: String
    let key: [UInt8]
  }

  /// Copies, syncs and verifies.
  ///
  /// - Parameter revision: Of every batch that is written: at least what either provider has.
  /// - Returns: What was copied.
  /// - Throws: `.storage` of either, or one that says how what was read back differs. The source is as it was; the target may
  ///   hold a part.
  public func run(
    at revision: UInt64
  ) throws(MetadataError) -> RecordDigest {
    var surplus: Set<Identity> = []
    try target.forEach {
      surplus.insert(Identity(collection: $0.collection, key: Array($0.key.utf8)))
    }
    var total = 0
    try source.forEach { _ in total += 1 }
    var run = Run(target: target, revision: revision, total: total, tell: tell)
    var failure: MetadataError?
    try source.forEach { record in
      guard failure == nil else { return }
      surplus.remove(Identity(collection: record.collection, key: Array(record.key.utf8)))
      do throws(MetadataError) { try run.take(record) } catch { failure = error }
    }
    if let failure { throw failure }
    for identity in surplus {
      try run.add(
        .remove(
          collection: identity.collection, key: String(decoding: identity.key, as: UTF8.self)))
    }
    try run.save()
    for name in sessions {
      guard let session = try source.loadSession(name) else { continue }
      try target.saveSession(session, as: name)
    }
    try target.sync()
    try verify(run.digest)
    return run.digest
  }

  /// Copying under way.
  private struct Run {
    let target: any PersistenceProvider
    let revision: UInt64
    let total: Int
    let tell: (Progress) -> Void
    var digest = RecordDigest()
    private var waiting: [PersistenceOperation] = []

    init(
      target: any PersistenceProvider, revision: UInt64, total: Int,
      tell: @escaping (Progress) -> Void
    ) {
      self.target = target
      self.revision = revision
      self.total = total
      self.tell = tell
    }

    mutating func take(_ record: MetadataRecord) throws(MetadataError) {
      digest.add(record)
      try add(.put(record))
      if digest.count % reportCount == 0 || digest.count == total {
        tell(.copied(digest.count, of: total))
      }
    }

    mutating func add(_ operation: PersistenceOperation) throws(MetadataError) {
      waiting.append(operation)
      if waiting.count == batchCount { try save() }
    }

    mutating func save() throws(MetadataError) {
      guard !waiting.isEmpty else { return }
      _ = try target.save(
        PersistenceBatch(revision: revision, operations: waiting), durability: .os)
      waiting.removeAll(keepingCapacity: true)
    }
  }

  private func verify(_ expected: RecordDigest) throws(MetadataError) {
    var found = RecordDigest()
    try target.forEach { record in
      found.add(record)
      if found.count % Self.reportCount == 0 || found.count == expected.count {
        tell(.verified(found.count, of: expected.count))
      }
    }
    guard found == expected else {
      throw .storage(
        "\(target.name) gave back \(found.count) records with checksum "
          + "\(String(found.sum, radix: 16)), but \(expected.count) with "
          + "\(String(expected.sum, radix: 16)) were copied to it from \(source.name); "
          + "\(source.name) stays in charge, so repair the other and try again")
    }
    for name in sessions where try source.loadSession(name) != target.loadSession(name) {
      throw .storage("\(target.name) did not keep the session \(name) as it was copied")
    }
  }
}

extension ProviderSwitch.Progress: CustomStringConvertible {
  /// Such as `10000 of 25000 records copied`.
  public var description: String {
    switch self {
    case .copied(let done, let total): "\(done) of \(total) records copied"
    case .verified(let done, let total): "\(done) of \(total) records read back"
    }
  }
}
