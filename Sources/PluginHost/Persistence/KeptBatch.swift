import CDovetail
import MetadataStore

/// A batch as a plugin's provider gets it: all its text in one piece of memory.
@safe struct KeptBatch: ~Copyable {
  private var bytes: ByteSink
  private var records: [dvt_kept_record] = unsafe []
  private let revision: UInt64
  private let durability: UInt32

  init(_ batch: PersistenceBatch, durability: Durability) {
    revision = batch.revision
    self.durability = UInt32(durability.rawValue)
    bytes = ByteSink(capacity: batch.operations.count * 512)
    unsafe records.reserveCapacity(batch.operations.count)
    for operation in batch.operations {
      switch operation {
      case .put(let record): add(record)
      case .remove(let collection, let key): add(collection, key)
      }
    }
  }

  private mutating func add(_ record: MetadataRecord) {
    var kept = unsafe dvt_kept_record()
    unsafe kept.collection.len = add(record.collection)
    unsafe kept.key.len = record.withKey { key in
      unsafe bytes.append(key)
      return UInt64(key.count)
    }
    let start = bytes.count
    record.withView { ValueText.append($0, to: &bytes) }
    unsafe kept.value.len = UInt64(bytes.count - start)
    unsafe kept.version = record.version
    unsafe kept.created = record.created
    unsafe kept.modified = record.modified
    if let expires = record.expires {
      unsafe kept.expires = expires
      unsafe kept.flags = DVT_KEPT_EXPIRES
    }
    unsafe records.append(kept)
  }

  private mutating func add(_ collection: String, _ key: String) {
    var kept = unsafe dvt_kept_record()
    unsafe kept.collection.len = add(collection)
    unsafe kept.key.len = add(key)
    unsafe kept.flags = DVT_KEPT_REMOVED
    unsafe records.append(kept)
  }

  private mutating func add(_ text: String) -> UInt64 {
    let start = bytes.count
    bytes.append(text)
    return UInt64(bytes.count - start)
  }

  /// Lends the batch while `body` runs; one call at a time.
  mutating func lend(_ body: (UnsafePointer<dvt_batch>) throws(MetadataError) -> Void)
    throws(MetadataError)
  {
    var result: Result<Void, MetadataError> = .success(())
    var next = unsafe bytes.bytes.baseAddress
    let (revision, durability) = (revision, durability)
    unsafe records.withUnsafeMutableBufferPointer { records in
      for index in records.indices {
        unsafe Self.place(&records[index].collection, &next)
        unsafe Self.place(&records[index].key, &next)
        unsafe Self.place(&records[index].value, &next)
      }
      var batch = unsafe dvt_batch(
        struct_size: UInt32(MemoryLayout<dvt_batch>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), revision: revision,
        records: UnsafePointer(records.baseAddress), count: UInt64(records.count),
        durability: durability, reserved: 0)
      result = Result { () throws(MetadataError) in unsafe try body(&batch) }
    }
    try result.get()
  }

  private static func place(_ text: inout dvt_str, _ next: inout UnsafePointer<UInt8>?) {
    unsafe text.ptr = unsafe next
    unsafe next = unsafe next.map { unsafe $0 + Int(text.len) }
  }
}
