/// Makes records of what providers outside the kernel keep, one after the other, with the memory of the one before.
package struct KeptRecordReader {
  /// What stands beside a record's names and value.
  package struct Marks {
    let version: UInt64
    let created: UInt64
    let modified: UInt64
    let expires: Int64?

    /// Takes them as they were kept.
    package init(version: UInt64, created: UInt64, modified: UInt64, expires: Int64?) {
      self.version = version
      self.created = created
      self.modified = modified
      self.expires = expires
    }
  }

  private var writer = PackedWriter(capacity: 1024)
  private var last: CollectionName?

  /// Begins.
  package init() {}

  /// Reads a record.
  ///
  /// - Parameters:
  ///   - collection: The bytes of its collection's name.
  ///   - key: The bytes of its key.
  ///   - text: Its value, as `ValueText` writes it.
  ///   - marks: The rest.
  /// - Returns: The record.
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong.
  package mutating func record(
    _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>,
    text: UnsafeBufferPointer<UInt8>, _ marks: Marks
  ) throws(MetadataError) -> MetadataRecord {
    guard marks.version > 0, marks.created <= marks.modified else {
      throw .invalid("its version is 0, or it was modified before it was created")
    }
    let name = unsafe try self.name(collection)
    guard (1...MetadataWrite.maximumKeyBytes).contains(key.count),
      unsafe (try? UTF8Span(validating: key.span)) != nil
    else {
      throw .invalid("its key is not of 1…\(MetadataWrite.maximumKeyBytes) bytes of UTF-8")
    }
    writer.reset()
    unsafe try ValueTextReader.read(text, into: &writer)
    return unsafe writer.withBytes { value in
      MetadataRecord(
        unsafe RecordBlock.make(
          RecordHeader(
            collection: name, version: marks.version, created: marks.created,
            modified: marks.modified, expires: marks.expires ?? .max,
            hash: unsafe KeyHash.of(collection, key), keyCount: UInt32(key.count),
            valueCount: UInt32(value.count)), key: key, value: value))
    }
  }

  private mutating func name(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) throws(MetadataError) -> CollectionName {
    if let last, unsafe last.hasBytes(bytes) { return last }
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    try MetadataWrite.validate(collection: text)
    let name = CollectionName.of(text)
    last = name
    return name
  }
}
