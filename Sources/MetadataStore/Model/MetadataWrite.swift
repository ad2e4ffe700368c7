/// A change that is asked of one record.
public struct MetadataWrite: Sendable, Equatable {
  /// What must be true of the record for the write to happen.
  public enum Expectation: Sendable, Equatable {
    /// Nothing: write whatever is there.
    case any
    /// There is no such record.
    case absent
    /// The record has this version.
    case version(UInt64)
  }

  /// When a record that is put expires.
  public enum Expiry: Sendable, Equatable {
    /// As its collection has it: never, unless the collection's definition has a `ttl`.
    case byCollection
    /// Never.
    case never
    /// At a moment: nanoseconds since 1970-01-01 UTC.
    case at(Int64)
    /// That many nanoseconds after the write.
    case after(Int64)
  }

  /// The change itself.
  public enum Action: Sendable, Equatable {
    /// Creates the record or gives it a new value.
    case put(PackedValue)
    /// Removes the record, which must exist.
    case remove
  }

  /// The collection's name: segments of `[A-Za-z0-9_-]` joined by dots, 1…255 bytes.
  public let collection: String
  /// The record's name, 1…512 bytes.
  public let key: String
  /// Whether to put or to remove.
  public let action: Action
  /// What must be true of the record.
  public let expectation: Expectation
  /// The least safety that is asked; a transaction takes the strongest of its writes.
  public let durability: Durability
  /// When the record expires.
  public let expiry: Expiry
  /// Whether it is the store's own, because the record's time is over.
  let isExpiry: Bool
  /// The least version that the record gets; 0 for the next one.
  let leastVersion: UInt64

  /// A write that creates a record or gives it a new value.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - value: At most 32 deep and 1 MiB, numbers finite.
  ///   - expectation: What must be true of the record.
  ///   - durability: The least safety that is asked.
  ///   - expiry: When it expires.
  public init(
    collection: String, key: String, value: MetadataValue, expectation: Expectation = .any,
    durability: Durability = .disk, expiry: Expiry = .byCollection
  ) {
    self.init(
      collection: collection, key: key, packed: PackedValue(value), expectation: expectation,
      durability: durability, expiry: expiry)
  }

  /// A write of a value that is packed already.
  package init(
    collection: String, key: String, packed value: PackedValue, expectation: Expectation,
    durability: Durability, expiry: Expiry = .byCollection, leastVersion: UInt64 = 0
  ) {
    self.collection = collection
    self.key = key
    self.action = .put(value)
    self.expectation = expectation
    self.durability = durability
    self.expiry = expiry
    isExpiry = false
    self.leastVersion = leastVersion
  }

  private init(
    removing key: String, from collection: String, _ expectation: Expectation,
    _ durability: Durability, isExpiry: Bool = false
  ) {
    self.collection = collection
    self.key = key
    self.action = .remove
    self.expectation = expectation
    self.durability = durability
    self.expiry = .never
    self.isExpiry = isExpiry
    leastVersion = 0
  }

  /// A write that brings a record from another store: it keeps its version where that is higher than the next one, and its expiry.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - durability: The least safety that is asked.
  /// - Returns: The write.
  public static func importing(
    _ record: MetadataRecord, durability: Durability = .os
  ) -> MetadataWrite {
    MetadataWrite(
      collection: record.collection, key: record.key, packed: PackedValue(record.value),
      expectation: .any, durability: durability, expiry: record.expires.map { .at($0) } ?? .never,
      leastVersion: record.version)
  }

  /// A write that removes a record whose time is over.
  static func expiring(_ record: MetadataRecord) -> MetadataWrite {
    MetadataWrite(
      removing: record.key, from: record.collection, .version(record.version), .memory,
      isExpiry: true)
  }

  /// A write that removes a record.
  ///
  /// - Parameters:
  ///   - key: The record's name.
  ///   - collection: The collection's name.
  ///   - expectation: `any` or a version; `absent` is refused as invalid.
  ///   - durability: The least safety that is asked.
  /// - Returns: The write, for `MetadataStore.transaction`.
  public static func removing(
    _ key: String, from collection: String, expectation: Expectation = .any,
    durability: Durability = .disk
  ) -> MetadataWrite {
    MetadataWrite(removing: key, from: collection, expectation, durability)
  }
}
