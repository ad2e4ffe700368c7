import CDovetail

/// Changes and conditions, lent to one call of the ABI.
///
/// Safe: what it makes points into `arena`, which lives as long as it.
@safe final class Write {
  private let arena = Arena()

  /// One change as the ABI has it.
  func raw(_ change: RecordChange) -> dvt_write {
    var raw = unsafe dvt_write.headed()
    unsafe raw.collection = unsafe arena.text(change.collection)
    unsafe raw.key = unsafe arena.text(change.key)
    if let value = change.value {
      unsafe raw.value = unsafe value.raw(arena)
    } else {
      unsafe raw.flags = DVT_WRITE_REMOVE
    }
    unsafe raw.durability = change.durability.rawValue
    switch change.expect {
    case .any: unsafe raw.expect = DVT_EXPECT_ANY
    case .absent: unsafe raw.expect = DVT_EXPECT_ABSENT
    case .version(let version):
      unsafe raw.expect = DVT_EXPECT_VERSION
      unsafe raw.expected_version = version
    }
    unsafe setExpiry(change.expiry, of: &raw)
    return unsafe raw
  }

  private func setExpiry(_ expiry: Expiry, of raw: inout dvt_write) {
    switch expiry {
    case .byCollection: unsafe raw.expiry = DVT_EXPIRY_BY_COLLECTION
    case .never: unsafe raw.expiry = DVT_EXPIRY_NEVER
    case .at(let moment):
      unsafe raw.expiry = DVT_EXPIRY_AT
      unsafe raw.expires = moment
    case .after(let duration):
      unsafe raw.expiry = DVT_EXPIRY_AFTER
      unsafe raw.expires = Int64(
        clamping: duration.components.seconds &* 1_000_000_000
          &+ duration.components.attoseconds / 1_000_000_000)
    }
  }

  /// Changes as the ABI has them.
  func list(_ changes: [RecordChange]) -> UnsafePointer<UnsafePointer<dvt_write>?>? {
    guard let writes = unsafe arena.array(changes.map { unsafe raw($0) }) else { return nil }
    return unsafe arena.array(changes.indices.map { unsafe .some(writes + $0) })
  }

  /// Conditions as the ABI has them.
  func list(_ conditions: [RecordCondition]) -> UnsafePointer<dvt_condition>? {
    unsafe arena.array(conditions.map { unsafe raw($0) })
  }

  private func raw(_ condition: RecordCondition) -> dvt_condition {
    var raw = unsafe dvt_condition()
    unsafe raw.collection = unsafe arena.text(condition.collection)
    unsafe raw.key = unsafe arena.text(condition.key)
    switch condition.subject {
    case .exists(let exists):
      unsafe raw.subject = DVT_IF_EXISTS
      unsafe raw.number = exists ? 1 : 0
    case .version(let relation, let version):
      unsafe raw.subject = DVT_IF_VERSION
      unsafe raw.relation = relation.rawValue
      unsafe raw.number = version
    case .modified(let relation, let revision):
      unsafe raw.subject = DVT_IF_MODIFIED
      unsafe raw.relation = relation.rawValue
      unsafe raw.number = revision
    case .field(let path, let relation, let value):
      unsafe raw.subject = DVT_IF_FIELD
      unsafe raw.relation = relation.rawValue
      unsafe raw.field = unsafe arena.text(path)
      unsafe raw.value = unsafe value.raw(arena)
    }
    return unsafe raw
  }
}

/// Collects the records that one call shows.
final class Found {
  private(set) var records: [Record] = []
  private(set) var written: [Written] = []

  /// The pointer to pass with `receive`; the object must outlive the call.
  var pointer: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  static let receive: dvt_record_receiver = { pointer, record in
    guard let pointer = unsafe pointer, let record = unsafe record else { return DVT_INVALID }
    let found = unsafe Unmanaged<Found>.fromOpaque(pointer).takeUnretainedValue()
    unsafe found.records.append(Record(record))
    return DVT_OK
  }
}

extension Found {
  static let note: dvt_written_receiver = { pointer, _, written in
    guard let pointer = unsafe pointer, let written = unsafe written else { return }
    let found = unsafe Unmanaged<Found>.fromOpaque(pointer).takeUnretainedValue()
    unsafe found.written.append(Written(written.pointee))
  }

  /// The records that a call shows.
  static func all(
    _ call: (UnsafeMutableRawPointer, UnsafePointer<dvt_error_sink>) -> Int32
  ) throws(PluginError) -> [Record] {
    let found = Found()
    defer { withExtendedLifetime(found) {} }
    unsafe try attempt { unsafe call(found.pointer, $0) }
    return found.records
  }

  /// The record that a call shows, or `nil` when it says that there is none.
  static func one(
    _ call: (UnsafeMutableRawPointer, UnsafePointer<dvt_error_sink>) -> Int32
  ) throws(PluginError) -> Record? {
    do throws(PluginError) {
      return unsafe try all(call).first
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}

/// A watch's closures.
final class WatchBox: Box, @unchecked Sendable {
  private let handler: @Sendable (Record) throws -> Void
  private let resync: (@Sendable (UInt64) throws -> Void)?

  init(
    _ handler: @escaping @Sendable (Record) throws -> Void,
    _ resync: (@Sendable (UInt64) throws -> Void)?
  ) {
    self.handler = handler
    self.resync = resync
  }

  static let receive: dvt_record_receiver = { pointer, record in
    guard let box = unsafe WatchBox.from(pointer), let record = unsafe record else {
      return DVT_INVALID
    }
    return guarded(nil) {
      if unsafe record.pointee.flags & DVT_RECORD_RESYNC != 0 {
        try box.resync?(unsafe record.pointee.revision)
      } else {
        try box.handler(unsafe Record(record))
      }
    }
  }
}
