/// One record as the store holds it: immutable, shared by whoever reads it, and nobody's to change.
///
/// Threading: any thread. The value is decoded each time it is asked for.
public struct MetadataRecord: @unchecked Sendable {
  // Safe: a block is immutable once it is made.
  let block: RecordBlock

  init(_ block: RecordBlock) {
    self.block = block
  }

  /// Makes a record as a persistence provider loads it.
  ///
  /// - Parameters:
  ///   - collection: The collection's name.
  ///   - key: The record's name.
  ///   - value: What is recorded.
  ///   - version: 1….
  ///   - created: The revision that created it.
  ///   - modified: The revision that changed it last.
  ///   - expires: Nanoseconds since 1970-01-01 UTC, or `nil` for never.
  public init(
    collection: String, key: String, value: MetadataValue, version: UInt64, created: UInt64,
    modified: UInt64, expires: Int64? = nil
  ) {
    self.init(
      CollectionName.of(collection), key, KeyHash.of(collection, key), PackedValue(value),
      version: version, created: created, modified: modified, expires: expires)
  }

  init(
    _ collection: CollectionName, _ key: String, _ hash: UInt64, _ value: PackedValue,
    version: UInt64, created: UInt64, modified: UInt64, expires: Int64?
  ) {
    var key = key
    block = key.withUTF8 { key in
      unsafe value.bytes.withUnsafeBufferPointer { value in
        unsafe RecordBlock.make(
          RecordHeader(
            collection: collection, version: version, created: created, modified: modified,
            expires: expires ?? .max, hash: hash,
            keyCount: UInt32(key.count), valueCount: UInt32(value.count)), key: key, value: value)
      }
    }
  }

  /// The collection's name: segments of `[A-Za-z0-9_-]` joined by dots, 1…255 bytes.
  public var collection: String { block.header.collection.text }
  /// The record's name in its collection, 1…512 bytes of UTF-8; two keys are the same when their bytes are.
  public var key: String { unsafe String(decoding: block.key, as: UTF8.self) }
  /// What is recorded.
  public var value: MetadataValue { block.view.value }
  /// 1 when created, then one more with each change.
  public var version: UInt64 { block.header.version }
  /// Revision of the store that created the record.
  public var created: UInt64 { block.header.created }
  /// Revision of the store that changed it last.
  public var modified: UInt64 { block.header.modified }
  /// When it expires, in nanoseconds since 1970-01-01 UTC; `nil` for never.
  public var expires: Int64? {
    let expires = block.header.expires
    return expires == .max ? nil : expires
  }

  /// Bytes of memory that it takes.
  package var size: Int { block.footprint }

  /// Hash of the collection's name; what a cache of decisions about collections goes by.
  package var collectionHash: UInt64 { block.header.collection.hash }

  /// Reads the value where it lies.
  ///
  /// - Parameter body: Must not keep the view.
  /// - Returns: What `body` returned.
  /// - Throws: What `body` throws.
  package func withView<Result, Failure: Error>(
    _ body: (PackedView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(block) {} }
    return try body(block.view)
  }

  /// Reads the bytes of the key where they lie.
  ///
  /// - Parameter body: Must not keep them.
  /// - Returns: What `body` returned.
  package func withKey<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    defer { withExtendedLifetime(block) {} }
    return unsafe body(block.key)
  }
}

extension MetadataRecord: Equatable {
  /// Whether all of both is the same.
  public static func == (left: MetadataRecord, right: MetadataRecord) -> Bool {
    if left.block === right.block { return true }
    let (first, second) = (left.block.header, right.block.header)
    guard
      first.version == second.version && first.created == second.created
        && first.modified == second.modified && first.expires == second.expires
        && first.collection.text == second.collection.text
    else { return false }
    let keys = unsafe ByteOrder.compare(left.block.key, right.block.key)
    let values = unsafe ByteOrder.compare(left.block.value, right.block.value)
    return keys == 0 && values == 0
  }
}

extension MetadataRecord: CustomStringConvertible {
  /// The record in one line, for messages and tests.
  public var description: String {
    "\(collection)/\(key) v\(version) r\(created)…\(modified) \(value)"
  }
}
