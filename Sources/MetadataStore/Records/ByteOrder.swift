import Glibc

/// The order of bytes, in which keys and names stand.
enum ByteOrder {
  /// Negative when `left` comes first, 0 when they are equal, positive when `right` comes first. The corresponding C function is
  /// `memcmp`.
  static func compare(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let common = min(left.count, right.count)
    if common > 0, let first = left.baseAddress, let second = right.baseAddress {
      let order = unsafe memcmp(first, second, common)
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }
}
