import CDovetail
import MetadataStore

/// Lends a record of the store to a plugin as C structs. The memory lives in an arena until `lend` returns.
@safe struct RecordLoan {
  private let record: MetadataRecord
  private let deleted: Bool

  init(_ record: MetadataRecord, deleted: Bool = false) {
    self.record = record
    self.deleted = deleted
  }

  /// Shows the record to `body`.
  func lend<Result>(_ body: (UnsafePointer<dvt_record>) -> Result) -> Result {
    let arena = Arena()
    defer { arena.free() }
    var lent = unsafe dvt_record(
      struct_size: UInt32(MemoryLayout<dvt_record>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), collection: arena.text(record.collection),
      key: arena.text(record.key), value: deleted ? dvt_value() : arena.value(record.value),
      version: record.version, created: record.created, modified: record.modified,
      deleted: deleted ? 1 : 0, reserved: 0)
    return unsafe withUnsafePointer(to: &lent) { unsafe body($0) }
  }
}

/// Memory for one loan, freed at once.
@safe private final class Arena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  func free() { unsafe blocks.forEach { unsafe $0.deallocate() } }

  func text(_ text: String) -> dvt_str {
    let bytes = unsafe copy(Array(text.utf8))
    return unsafe dvt_str(ptr: bytes.ptr, len: bytes.len)
  }

  private func copy(_ bytes: [UInt8]) -> dvt_bytes {
    guard !bytes.isEmpty else { return unsafe dvt_bytes(ptr: nil, len: 0) }
    let block = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
    unsafe block.copyMemory(from: bytes, byteCount: bytes.count)
    unsafe blocks.append(block)
    return unsafe dvt_bytes(
      ptr: UnsafePointer(block.assumingMemoryBound(to: UInt8.self)), len: UInt64(bytes.count))
  }

  func value(_ value: MetadataValue) -> dvt_value {
    var lent = unsafe dvt_value()
    switch value {
    case .null: unsafe lent.kind = DVT_VALUE_NULL
    case .bool(let flag):
      unsafe lent.kind = DVT_VALUE_BOOL
      unsafe lent.integer = flag ? 1 : 0
    case .int(let number):
      unsafe lent.kind = DVT_VALUE_INT
      unsafe lent.integer = number
    case .double(let number):
      unsafe lent.kind = DVT_VALUE_DOUBLE
      unsafe lent.number = number
    case .string(let text):
      unsafe lent.kind = DVT_VALUE_STRING
      unsafe lent.bytes = copy(Array(text.utf8))
    case .bytes(let bytes):
      unsafe lent.kind = DVT_VALUE_BYTES
      unsafe lent.bytes = copy(bytes)
    case .date(let nanoseconds):
      unsafe lent.kind = DVT_VALUE_DATE
      unsafe lent.integer = nanoseconds
    case .list(let elements):
      unsafe lent.kind = DVT_VALUE_LIST
      unsafe (lent.fields, lent.field_count) = fields(elements.map { ("", $0) })
    case .map(let members):
      unsafe lent.kind = DVT_VALUE_MAP
      unsafe (lent.fields, lent.field_count) = fields(
        members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
    return unsafe lent
  }

  private func fields(
    _ members: [(name: String, value: MetadataValue)]
  ) -> (UnsafePointer<dvt_field>?, UInt64) {
    guard !members.isEmpty else { return (nil, 0) }
    let block = UnsafeMutablePointer<dvt_field>.allocate(capacity: members.count)
    unsafe blocks.append(UnsafeMutableRawPointer(block))
    for (index, member) in members.enumerated() {
      unsafe (block + index).initialize(
        to: dvt_field(name: text(member.name), value: value(member.value)))
    }
    return unsafe (UnsafePointer(block), UInt64(members.count))
  }
}
