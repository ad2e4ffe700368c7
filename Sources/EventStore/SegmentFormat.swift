import HostSupport

/// Frames and headers of segments, as FORMAT.md has them.
enum SegmentFormat {
  /// The format that this program writes, and the newest that it reads.
  static let version: UInt32 = 1
  static let marker: [UInt8] = [0xF1, 0xD7, 0x45, 0x4C]
  /// Bytes before a frame's body.
  static let frameHead = 12
  /// Bytes of a segment's header.
  static let header = 32
  /// The fewest and most bytes of a body.
  static let bodies = 17...(64 << 20)
  private static let magic = Array("DVTEVLOG".utf8)

  /// The name of a segment whose first record has a number.
  static func name(_ first: UInt64) -> String {
    let digits = String(first)
    return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".log"
  }

  /// The number of the first record of a segment of that name; `nil` for other files.
  static func first(ofName name: String) -> UInt64? {
    guard name.utf8.count == 24, name.hasSuffix(".log"), let first = UInt64(name.dropLast(4)),
      first > 0, self.name(first) == name
    else { return nil }
    return first
  }

  /// A header.
  static func header(first: UInt64, time: Int64) -> [UInt8] {
    var rest: [UInt8] = []
    rest.add(version)
    rest.add(first)
    rest.add(UInt64(bitPattern: time))
    var bytes = magic
    bytes.add(CRC32C.of(rest[...]))
    return bytes + rest
  }

  /// What the first bytes of a segment turned out to be.
  enum Header: Equatable {
    /// The time of its first record.
    case whole(time: Int64)
    case newer(UInt32)
    case damaged
  }

  /// Reads a header.
  static func readHeader(_ bytes: [UInt8], first: UInt64) -> Header {
    var reader = ByteReader(bytes.dropFirst(magic.count))
    guard bytes.count >= header, bytes.starts(with: magic), let crc = reader.number32(),
      CRC32C.of(bytes[12..<header]) == crc, let version = reader.number32(),
      reader.number64() == first, let time = reader.number64()
    else { return .damaged }
    return version > Self.version ? .newer(version) : .whole(time: Int64(bitPattern: time))
  }

  /// Appends a frame.
  static func addFrame(_ number: UInt64, _ time: Int64, _ content: [UInt8], to bytes: inout [UInt8])
  {
    var framed: [UInt8] = []
    framed.reserveCapacity(20 + content.count)
    framed.add(UInt32(16 + content.count))
    framed.add(number)
    framed.add(UInt64(bitPattern: time))
    framed += content
    bytes += marker
    bytes.add(CRC32C.of(framed[...]))
    bytes += framed
  }

  /// Bytes of a frame.
  static func frameSize(_ content: [UInt8]) -> Int { frameHead + 16 + content.count }
}
