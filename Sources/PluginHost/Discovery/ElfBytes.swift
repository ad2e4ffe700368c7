/// A piece of an ELF file; every access is checked against its end.
struct ElfBytes {
  private let storage: [UInt8]
  private let start: Int
  let count: Int

  /// A piece of `storage`, which must hold it whole.
  init(storage: [UInt8], start: Int, count: Int) {
    self.storage = storage
    self.start = start
    self.count = count
  }

  /// A little-endian number of a width in bytes; 0 where it does not lie within the piece.
  private func number(_ offset: Int, _ width: Int) -> UInt64 {
    guard offset >= 0, offset <= count - width else { return 0 }
    var value: UInt64 = 0
    var index = start + offset + width
    for _ in 0..<width {
      index -= 1
      value = value << 8 | UInt64(storage[index])
    }
    return value
  }

  func u8(_ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: number(offset, 1)) }
  func u16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(offset, 2)) }
  func u32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(offset, 4)) }
  func u64(_ offset: Int) -> UInt64 { number(offset, 8) }

  /// The bytes themselves.
  var array: [UInt8] { Array(storage[start..<start + count]) }

  /// The bytes from an offset up to the next zero byte, at most 4,096; `nil` when there is no such text.
  func text(at offset: UInt64) -> ArraySlice<UInt8>? {
    guard offset < UInt64(count) else { return nil }
    let begin = start + Int(offset)
    let limit = min(start + count, begin + 4_097)
    var end = begin
    while end < limit, storage[end] != 0 { end += 1 }
    return end < limit ? storage[begin..<end] : nil
  }

  /// The same as a string; bytes that are no UTF-8 are replaced.
  func string(at offset: UInt64) -> String? {
    text(at: offset).map { String(decoding: $0, as: UTF8.self) }
  }
}
