import CDovetail

/// A change to one record, lent to one call of the ABI.
///
/// Safe: `raw` points into `arena`, which lives as long as it.
@safe final class Write {
  private let arena = Arena()
  let raw: dvt_write

  init(
    _ collection: String, _ key: String, _ value: Value, _ expect: Expectation,
    _ durability: Durability
  ) {
    var raw = unsafe dvt_write.headed()
    unsafe raw.collection = unsafe arena.text(collection)
    unsafe raw.key = unsafe arena.text(key)
    unsafe raw.value = unsafe value.raw(arena)
    unsafe raw.durability = durability.rawValue
    switch expect {
    case .any: unsafe raw.expect = DVT_EXPECT_ANY
    case .absent: unsafe raw.expect = DVT_EXPECT_ABSENT
    case .version(let version):
      unsafe raw.expect = DVT_EXPECT_VERSION
      unsafe raw.expected_version = version
    }
    unsafe self.raw = unsafe raw
  }
}

/// Collects the records that one call shows.
final class Found {
  private(set) var records: [Record] = []

  /// The pointer to pass with `receive`; the object must outlive the call.
  var pointer: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  static let receive: dvt_record_receiver = { pointer, record in
    guard let pointer = unsafe pointer, let record = unsafe record else { return DVT_INVALID }
    let found = unsafe Unmanaged<Found>.fromOpaque(pointer).takeUnretainedValue()
    unsafe found.records.append(Record(record.pointee))
    return DVT_OK
  }
}

/// A watch's closure.
final class WatchBox: Box, @unchecked Sendable {
  private let handler: @Sendable (Record) throws -> Void

  init(_ handler: @escaping @Sendable (Record) throws -> Void) {
    self.handler = handler
  }

  static let receive: dvt_record_receiver = { pointer, record in
    guard let box = unsafe WatchBox.from(pointer), let record = unsafe record else {
      return DVT_INVALID
    }
    return guarded(nil) { unsafe try box.handler(Record(record.pointee)) }
  }
}
