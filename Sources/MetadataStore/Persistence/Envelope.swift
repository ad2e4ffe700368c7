import HostSupport

/// The frame of every file of a store: JSON whose first line has the format and a checksum of all the rest.
///
///     {"format":1,"crc32":"89abcdef","record":
///     { … the content, indented … }
///     }
///
/// The first line up to the checksum is the same in every format, so that an old program recognises a newer file. The checksum
/// covers every byte of the file but its own eight digits.
enum Envelope {
  /// The format that this program writes, and the newest that it reads.
  static let format = 1

  /// What a file's bytes turned out to be.
  enum Content {
    case body(JSON)
    case damaged(String)
    case newer(Int)
  }

  private static let checksumName = Array(#","crc32":""#.utf8)

  /// Frames a content as the bytes of a file.
  ///
  /// - Parameters:
  ///   - body: The content.
  ///   - kind: The name of the content: `record`, `journal` or `store`.
  /// - Returns: The bytes.
  static func bytes(_ body: JSON, kind: String) -> [UInt8] {
    let head = Array("{\"format\":\(format)".utf8) + checksumName
    let tail = Array("\",\"\(kind)\":\n\(body.text(pretty: true))\n}\n".utf8)
    var checksum = CRC32()
    checksum.add(head[...])
    checksum.add(tail[...])
    return head + Array(checksum.hex.utf8) + tail
  }

  /// Reads the bytes of a file.
  static func content(_ bytes: [UInt8], kind: String) -> Content {
    let start = Array("{\"format\":".utf8)
    guard bytes.starts(with: start) else { return .damaged("it does not begin with a format") }
    let digits = bytes[start.count...].prefix(9).prefix { (48...57).contains($0) }
    let checksumStart = digits.endIndex + checksumName.count
    guard let format = Int(String(decoding: digits, as: UTF8.self)),
      bytes.count >= checksumStart + 8,
      bytes[digits.endIndex..<checksumStart].elementsEqual(checksumName)
    else { return .damaged("it has no checksum") }
    let rest = bytes[(checksumStart + 8)...]
    var checksum = CRC32()
    checksum.add(bytes[..<checksumStart])
    checksum.add(rest)
    guard bytes[checksumStart..<(checksumStart + 8)].elementsEqual(checksum.hex.utf8) else {
      return .damaged("its checksum is wrong")
    }
    guard format <= Self.format else { return .newer(format) }
    return body(rest, kind: kind)
  }

  private static func body(_ rest: ArraySlice<UInt8>, kind: String) -> Content {
    let name = Array("\",\"\(kind)\":\n".utf8)
    let end = Array("\n}\n".utf8)
    guard rest.starts(with: name), rest.count >= name.count + end.count,
      rest.suffix(end.count).elementsEqual(end)
    else { return .damaged("it holds no \(kind)") }
    do throws(JSONError) {
      return .body(try JSON(parsing: rest.dropFirst(name.count).dropLast(end.count)))
    } catch {
      return .damaged(error.description)
    }
  }
}
