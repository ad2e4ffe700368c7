/// The checksum of files: CRC-32 as zlib and PNG have it (polynomial 0xEDB88320).
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  private var state: UInt32 = 0xFFFF_FFFF

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    let table = Self.table
    for byte in bytes { state = table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8) }
  }

  /// The checksum of what was added so far as 8 lower-case hexadecimal digits.
  var hex: String {
    let digits = String(state ^ 0xFFFF_FFFF, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
