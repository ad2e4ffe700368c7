/// The bytes of keys that tell most keys of a collection apart, as a number in the keys' order: most comparisons of keys need then
/// not look at the records, which lie anywhere in memory.
///
/// Keys such as `order-00001742` begin alike, so the window begins behind what all of them have in common, or earlier when that
/// lets it reach their end.
struct KeyWindow: Sendable, Equatable {
  /// What keys begin with that the window looks behind.
  private let prefix: [UInt8]

  /// The window on keys' first bytes.
  init() { prefix = [] }

  /// A window on keys of which some are known.
  ///
  /// - Parameters:
  ///   - first: The first of them in their order.
  ///   - last: The last one.
  ///   - longest: Bytes of the longest one, about.
  ///   - width: Bytes that the window has, 1…8.
  init(from first: MetadataRecord, to last: MetadataRecord, longest: Int, width: Int) {
    let first = unsafe first.withKey { unsafe Array($0) }
    let common = unsafe last.withKey { last in
      unsafe zip(first, last).prefix { $0 == $1 }.count
    }
    prefix = Array(first.prefix(max(0, min(common, longest - width))))
  }

  /// Whether a key begins as all keys did when the window was chosen; of others it tells nothing.
  func holds(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
    unsafe prefix.isEmpty || key.starts(with: prefix)
  }

  /// Eight bytes of a key as a number: of two keys the one that comes first has no greater one.
  ///
  /// - Parameter key: The key's bytes.
  /// - Returns: The first byte in the highest bits; bytes that are not there are 0.
  @inline(__always)
  func digest(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let start = prefix.count
    if start > 0 {
      let order = unsafe prefix.withUnsafeBufferPointer { prefix in
        unsafe ByteOrder.compare(UnsafeBufferPointer(rebasing: key.prefix(start)), prefix)
      }
      if order != 0 { return order < 0 ? 0 : .max }
    }
    var digest: UInt64 = 0
    for index in start..<min(start + 8, key.count) {
      digest |= unsafe UInt64(key[index]) << UInt64(56 - (index - start) * 8)
    }
    return digest
  }
}
