/// Which changes a watch is told of.
public struct WatchScope: Sendable {
  /// What a change means for a watch.
  enum Meaning {
    /// Nothing.
    case none
    /// The record is among those that are watched, or was and is gone.
    case change
    /// The record is there, but no longer among them.
    case leaving
  }

  /// The collection; it need not exist yet.
  public let collection: String
  /// What the keys begin with; empty for all.
  public let prefix: String
  /// Whether `prefix` is the whole key.
  public let isKey: Bool
  /// What a record must fulfil; `nil` for nothing.
  public let condition: QueryMatcher?

  /// Chooses the records whose keys begin with a prefix.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - prefix: What the keys begin with; empty for all.
  ///   - condition: What a record must fulfil; `nil` for nothing.
  public init(collection: String, prefix: String = "", condition: QueryMatcher? = nil) {
    self.collection = collection
    self.prefix = prefix
    isKey = false
    self.condition = condition
  }

  /// Chooses one record.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - condition: What it must fulfil; `nil` for nothing.
  public init(collection: String, key: String, condition: QueryMatcher? = nil) {
    self.collection = collection
    prefix = key
    isKey = true
    self.condition = condition
  }

  /// What a change of whichever record means.
  func meaning(of change: MetadataChange) -> Meaning {
    change.record.collection == collection ? meaning(ofItsOwn: change) : .none
  }

  /// What a change of a record of the collection means.
  func meaning(ofItsOwn change: MetadataChange) -> Meaning {
    guard holdsKey(of: change.record) else { return .none }
    guard let condition else { return .change }
    if !change.isRemoval, condition.matches(change.record) { return .change }
    guard let previous = change.previous, condition.matches(previous) else { return .none }
    return change.isRemoval ? .change : .leaving
  }

  private func holdsKey(of record: MetadataRecord) -> Bool {
    if !isKey, prefix.isEmpty { return true }
    return unsafe record.withKey { key in
      unsafe (!isKey || key.count == prefix.utf8.count) && key.starts(with: prefix.utf8)
    }
  }
}
