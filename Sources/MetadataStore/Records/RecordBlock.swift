import Glibc

/// What stands before a record's key and value.
struct RecordHeader {
  let collection: CollectionName
  let version: UInt64
  let created: UInt64
  let modified: UInt64
  /// Nanoseconds since 1970-01-01 UTC; `Int64.max` for never.
  let expires: Int64
  /// `KeyHash` of collection and key.
  let hash: UInt64
  let keyCount: UInt32
  let valueCount: UInt32
}

/// A record in one piece of memory: the header, the key's bytes, the packed value.
///
/// Immutable once made, which is why it may be read by any thread.
final class RecordBlock: ManagedBuffer<RecordHeader, UInt8> {
  /// Makes a record.
  ///
  /// - Parameters:
  ///   - header: With the counts of what follows.
  ///   - key: The key's bytes.
  ///   - value: The packed value.
  /// - Returns: The record.
  static func make(
    _ header: RecordHeader, key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) -> RecordBlock {
    let made = RecordBlock.create(minimumCapacity: key.count + value.count) { _ in header }
    unsafe made.withUnsafeMutablePointerToElements { elements in
      if let bytes = key.baseAddress {
        unsafe elements.update(from: bytes, count: key.count)
      }
      if let bytes = value.baseAddress {
        unsafe (elements + key.count).update(from: bytes, count: value.count)
      }
    }
    return unsafe unsafeDowncast(made, to: RecordBlock.self)
  }

  /// The key's bytes. Lifetime: that of the block.
  var key: UnsafeBufferPointer<UInt8> {
    unsafe withUnsafeMutablePointers { header, elements in
      unsafe UnsafeBufferPointer(start: elements, count: Int(header.pointee.keyCount))
    }
  }

  /// Compares a record's key with another one without counting a reference to the record.
  @inline(__always)
  static func compareKey(
    of record: borrowing MetadataRecord, to key: UnsafeBufferPointer<UInt8>
  ) -> Int {
    unsafe Unmanaged.passUnretained(record.block)._withUnsafeGuaranteedRef { block in
      unsafe ByteOrder.compare(block.key, key)
    }
  }

  /// The value's bytes. Lifetime: that of the block.
  var value: UnsafeBufferPointer<UInt8> {
    unsafe withUnsafeMutablePointers { header, elements in
      unsafe UnsafeBufferPointer(
        start: elements + Int(header.pointee.keyCount), count: Int(header.pointee.valueCount))
    }
  }

  /// The value. Lifetime: that of the block.
  var view: PackedView {
    unsafe withUnsafeMutablePointers { header, elements in
      unsafe PackedView(elements + Int(header.pointee.keyCount))
    }
  }

  /// Bytes of memory, with the allocator's own.
  var footprint: Int {
    16 + MemoryLayout<RecordHeader>.size + Int(header.keyCount) + Int(header.valueCount) + 16
  }
}
