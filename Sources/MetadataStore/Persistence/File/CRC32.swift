/// The checksum of files: CRC-32 as zlib and PNG have it (polynomial 0xEDB88320).
struct CRC32 {
  /// For each byte, and for each byte followed by 1…7 zeros: eight bytes are taken at a time.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in
        value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
      }
    }
    for index in 256..<2048 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
    }
    return tables
  }()

  private var state: UInt32 = 0xFFFF_FFFF

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    let tables = Self.tables
    state = unsafe bytes.withUnsafeBytes { buffer in
      var state = self.state
      var index = 0
      while index + 8 <= buffer.count {
        let word = unsafe buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let mixed = UInt64(littleEndian: word) ^ UInt64(state)
        state = 0
        for byte in 0..<8 {
          state ^= tables[(7 - byte) * 256 + Int(mixed >> UInt64(8 * byte) & 0xFF)]
        }
        index += 8
      }
      while index < buffer.count {
        state = unsafe tables[Int((state ^ UInt32(buffer[index])) & 0xFF)] ^ (state >> 8)
        index += 1
      }
      return state
    }
  }

  /// The checksum of what was added so far as 8 lower-case hexadecimal digits.
  var hex: String {
    let digits = String(state ^ 0xFFFF_FFFF, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
