/// A hash of a collection's name and a key, another one in each process.
enum KeyHash {
  private static let seed = UInt64.random(in: .min ... .max) | 1

  /// The hash of both.
  static func of(
    _ collection: UnsafeBufferPointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>
  ) -> UInt64 {
    let first = unsafe mix(seed, collection)
    return finish(unsafe mix(first ^ 0x9E37_79B9_7F4A_7C15, key))
  }

  /// The hash of both.
  static func of(_ collection: String, _ key: String) -> UInt64 {
    var (collection, key) = (collection, key)
    return collection.withUTF8 { name in key.withUTF8 { unsafe of(name, $0) } }
  }

  /// The hash of both.
  static func of(_ collection: String, _ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var collection = collection
    return collection.withUTF8 { unsafe of($0, key) }
  }

  private static func mix(_ state: UInt64, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var state = state ^ UInt64(bytes.count) &* 0xA076_1D64_78BD_642F
    guard var next = unsafe UnsafeRawPointer(bytes.baseAddress) else { return state }
    var left = bytes.count
    while left >= 8 {
      let word = unsafe next.loadUnaligned(as: UInt64.self)
      state = fold(state ^ word, 0xE703_7ED1_A0B4_28DB)
      unsafe next += 8
      left -= 8
    }
    var rest: UInt64 = 0
    for index in 0..<left {
      rest |= UInt64(unsafe next.load(fromByteOffset: index, as: UInt8.self)) << UInt64(index * 8)
    }
    return fold(state ^ rest, 0x8EBC_6AF0_9C88_C6E3)
  }

  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (high, low) = left.multipliedFullWidth(by: right)
    return high ^ low
  }

  private static func finish(_ state: UInt64) -> UInt64 {
    let mixed = (state ^ state >> 32) &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ mixed >> 32
  }
}
