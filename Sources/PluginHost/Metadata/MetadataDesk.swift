public import HostSupport
public import MetadataStore

/// What an operator can ask of the metadata store beyond one record: the past, pages, queries, definitions, figures.
///
/// Threading: any thread.
public struct MetadataDesk: Sendable {
  /// The most records of a page.
  public static let pageRecords = 1_000
  /// Bytes of JSON text after which a page ends.
  static let pageBytes = 2 << 20

  package let store: MetadataStore
  let pins: OperatorPins
  let provider: String?
  let pluginPins: [String: Int]
  let snapshotProblem: String?

  /// Serves a store.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - pins: The snapshots that operators hold; the same for every desk of a store.
  ///   - provider: Name of its provider.
  ///   - pluginPins: How many snapshots plugins hold open, by plugin.
  ///   - snapshotProblem: Why a store in memory is not saved; `nil` when it is, or is not meant to be.
  public init(
    _ store: MetadataStore, pins: OperatorPins, provider: String? = nil,
    pluginPins: [String: Int] = [:], snapshotProblem: String? = nil
  ) {
    self.store = store
    self.pins = pins
    self.provider = provider
    self.pluginPins = pluginPins
    self.snapshotProblem = snapshotProblem
  }

  static func translating<Result>(
    _ body: () throws(MetadataError) -> Result
  ) throws(OperationError) -> Result {
    do throws(MetadataError) { return try body() } catch { throw OperationError(error) }
  }

  // MARK: Reading

  /// One record as it was at a revision; throws `notFound`, `unavailable` when it is no longer known.
  public func get(
    _ collection: String, _ key: String, at revision: UInt64
  ) throws(OperationError) -> RecordReport {
    let record = try Self.translating { () throws(MetadataError) in
      try store.get(collection, key, at: revision)
    }
    guard let record else {
      throw OperationError(
        .notFound, "\(collection)/\(key) did not exist at revision \(revision)",
        advice: "see 'dovetail meta history \(collection) \(key)'")
    }
    return RecordReport(record)
  }

  /// The last changes of a record that are held, newest first.
  public func history(_ collection: String, _ key: String, limit: Int) -> [RecordReport] {
    store.history(collection, key, limit: limit).map { RecordReport($0) }
  }

  /// A page of records by key.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - prefix: What the keys begin with.
  ///   - after: The key to begin behind.
  ///   - limit: The most to show.
  ///   - snapshot: Number of a snapshot that is held; `nil` for the store as it is now.
  /// - Returns: The page.
  /// - Throws: `notFound` when there is no such snapshot.
  public func page(
    _ collection: String, prefix: String, after: String?, limit: Int, snapshot: UInt64?
  ) throws(OperationError) -> RecordPage {
    var page = RecordPage(records: [], next: nil)
    var bytes = 0
    let limit = min(limit, Self.pageRecords)
    try reading(snapshot).forEach(in: collection, prefix: prefix, after: after) { record in
      guard page.records.count < limit, bytes < Self.pageBytes else {
        page.next = page.records.last?.key
        return false
      }
      let report = RecordReport(record)
      bytes += 200 + record.size * 2
      page.records.append(report)
      return true
    }
    return page
  }

  private func reading(_ snapshot: UInt64?) throws(OperationError) -> MetadataSnapshot {
    guard let snapshot else { return store.snapshot }
    guard let held = pins.find(snapshot) else {
      throw OperationError(
        .notFound, "there is no snapshot \(snapshot)",
        advice: "it ends with the connection that opened it; open another")
    }
    return held
  }

  /// Holds the store as it is now until the cancellation; throws `refused` when 16 are held.
  public func pin() throws(OperationError) -> (SnapshotReport, Cancellation) {
    let snapshot = store.snapshot
    guard let number = pins.add(snapshot) else {
      throw OperationError(
        .refused, "operators hold \(OperatorPins.most) snapshots already",
        advice: "wait until another export has ended")
    }
    var names = snapshot.collectionNames
    // Definitions first: what reads the records in order knows their collections.
    if let index = names.firstIndex(of: CollectionDefinition.reserved) {
      names.insert(names.remove(at: index), at: 0)
    }
    return (
      SnapshotReport(
        snapshot: number, revision: snapshot.revision, records: snapshot.count, collections: names),
      Cancellation { [pins] in pins.remove(number) }
    )
  }

  // MARK: Writing

  /// The longest that a record may live, when it is said, in milliseconds: 100 years.
  public static let longestTime: Int64 = 3_153_600_000_000

  /// Writes a record that expires, when `version` is given only over that version (0 = only when there is none).
  public func put(
    _ collection: String, _ key: String, _ value: JSON, version: UInt64?,
    expiresInMilliseconds time: Int64
  ) throws(OperationError) -> RecordReport {
    let record = try Self.translating { () throws(MetadataError) -> MetadataRecord? in
      let expectation: MetadataWrite.Expectation =
        switch version {
        case nil: .any
        case 0?: .absent
        case .some(let version): .version(version)
        }
      try store.put(
        MetadataWrite(
          collection: collection, key: key, value: MetadataValue(json: value),
          expectation: expectation, expiry: .after(time * 1_000_000)))
      return store.get(collection, key)
    }
    guard let record else {
      throw OperationError(.notFound, "\(collection)/\(key) has expired already")
    }
    return RecordReport(record)
  }

  /// Removes a record, when `version` is given only that version; throws `notFound`, `conflict`.
  public func remove(
    _ collection: String, _ key: String, version: UInt64?
  ) throws(OperationError) -> WrittenReport {
    let receipt = try Self.translating { () throws(MetadataError) in
      try store.remove(collection, key, expectation: version.map { .version($0) } ?? .any)
    }
    return WrittenReport(
      version: receipt.version, revision: receipt.revision, durability: "\(receipt.durability)")
  }

  /// Waits until everything that was acknowledged is on the disk.
  public func flush() throws(OperationError) -> WrittenReport {
    let revision = store.snapshot.revision
    try Self.translating { () throws(MetadataError) in try store.flush(.disk) }
    return WrittenReport(version: 0, revision: revision, durability: "disk")
  }
}
