/// The frame of every file of a store: JSON whose first line has the format and a checksum of all the rest.
///
///     {"format":2,"crc32":"89abcdef","record":
///     { … the content, indented … }
///     }
///
/// The first line up to the checksum is the same in every format, so that an old program recognises a newer file. The checksum
/// covers every byte of the file but its own eight digits.
///
/// Format 2 puts records into shards and has journals of many batches; a record's file is as in format 1.
enum Envelope {
  /// The format that this program writes, and the newest that it reads; it reads all since 1.
  static let format = 2

  /// What a file's bytes turned out to be.
  enum Content: Equatable {
    /// The place of the body, and the format.
    case body(Range<Int>, format: Int)
    case damaged(String)
    case newer(Int)
  }

  private static let start = Array("{\"format\":".utf8)
  private static let checksumName = Array(#","crc32":""#.utf8)
  private static let end = Array("\n}\n".utf8)

  /// Frames a content as the bytes of a file.
  ///
  /// - Parameters:
  ///   - body: The content, which is JSON.
  ///   - kind: The name of the content: `record`, `session`, `journal` or `store`.
  /// - Returns: The bytes.
  static func bytes(_ body: [UInt8], kind: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(body.count + 64)
    bytes += start
    bytes += "\(format)".utf8
    bytes += checksumName
    let digits = bytes.count
    bytes += "00000000\",\"\(kind)\":\n".utf8
    bytes += body
    bytes += end
    var checksum = CRC32()
    checksum.add(bytes[..<digits])
    checksum.add(bytes[(digits + 8)...])
    bytes.replaceSubrange(digits..<(digits + 8), with: checksum.hex.utf8)
    return bytes
  }

  /// Reads the bytes of a file.
  static func content(_ bytes: [UInt8], kind: String) -> Content {
    guard bytes.starts(with: start) else { return .damaged("it does not begin with a format") }
    let digits = bytes[start.count...].prefix(9).prefix { (48...57).contains($0) }
    let checksumStart = digits.endIndex + checksumName.count
    guard let format = Int(String(decoding: digits, as: UTF8.self)),
      bytes.count >= checksumStart + 8,
      bytes[digits.endIndex..<checksumStart].elementsEqual(checksumName)
    else { return .damaged("it has no checksum") }
    var checksum = CRC32()
    checksum.add(bytes[..<checksumStart])
    checksum.add(bytes[(checksumStart + 8)...])
    guard bytes[checksumStart..<(checksumStart + 8)].elementsEqual(checksum.hex.utf8) else {
      return .damaged("its checksum is wrong")
    }
    guard format <= Self.format else { return .newer(format) }
    let name = Array("\",\"\(kind)\":\n".utf8)
    let rest = bytes[(checksumStart + 8)...]
    guard rest.starts(with: name), rest.count >= name.count + end.count,
      rest.suffix(end.count).elementsEqual(end)
    else { return .damaged("it holds no \(kind)") }
    let body = (rest.startIndex + name.count)..<(rest.endIndex - end.count)
    return .body(body, format: format)
  }
}
