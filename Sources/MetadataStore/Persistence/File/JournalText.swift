import HostSupport

/// The lines of a segment of the journal, each a JSON object with a checksum of what follows it in the line.
///
///     {"format":2,"crc32c":"89abcdef","synced":4096,"revision":12,"operations":[{"put":{…}},{"remove":{…}}]}
///     {"format":2,"crc32c":"89abcdef","synced":0,"replaces":[6]}
///
/// A line is one batch, or says which segments this one stands for. `synced` says how many bytes of the file were on the disk when
/// the line was written: a line that cannot be read is a loss when a later one has it among them, else it was never acknowledged as
/// safe from a power failure, and nor was what follows. Segments are read in the order of their numbers. Zeros may follow the lines.
enum JournalText {
  /// A segment's bytes as far as they could be read.
  struct Segment {
    var replaced: [Int] = []
    var batches: [PersistenceBatch] = []
    /// Why something that was on the disk is missing.
    var damage: String?
    /// The format, when it is newer than this program.
    var newerFormat: Int?
  }

  private static let start = Array("{\"format\":".utf8)
  private static let checksumName = Array(",\"crc32c\":\"".utf8)

  /// The line of a batch.
  ///
  /// - Parameters:
  ///   - operations: The batch's.
  ///   - revision: The batch's.
  ///   - synced: Bytes of the segment that are on the disk.
  /// - Returns: The line with its end.
  static func line(
    _ operations: some Sequence<PersistenceOperation>, revision: UInt64, synced: Int
  ) -> [UInt8] {
    var writer = JSONWriter(isIndented: false)
    writer.raw("\"synced\":")
    writer.int(Int64(synced))
    writer.raw(",\"revision\":")
    writer.int(revision)
    writer.raw(",\"operations\":[")
    var isFirst = true
    for operation in operations {
      if !isFirst { writer.raw(",") }
      isFirst = false
      writer.operation(operation)
    }
    writer.raw("]}\n")
    return framed(writer.bytes)
  }

  /// The first line of a segment that stands for others.
  static func line(replacing replaced: [Int]) -> [UInt8] {
    let numbers = replaced.map { "\($0)" }.joined(separator: ",")
    return framed(Array("\"synced\":0,\"replaces\":[\(numbers)]}\n".utf8))
  }

  private static func framed(_ rest: [UInt8]) -> [UInt8] {
    start + Array("\(Envelope.format)".utf8) + checksumName + digits(CRC32C.of(rest.dropLast()))
      + Array("\",".utf8) + rest
  }

  private static func digits(_ checksum: UInt32) -> [UInt8] {
    let digits = String(checksum, radix: 16)
    return Array((String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8)
  }

  /// Reads a segment.
  static func read(_ bytes: [UInt8]) -> Segment {
    var segment = Segment()
    var position = 0
    var gap: Int?
    while let end = FileCalls.find(0x0A, in: bytes, from: position) {
      let range = position..<end
      position = end + 1
      guard let format = intactFormat(bytes, range) else {
        gap = gap ?? range.lowerBound
        continue
      }
      guard format <= Envelope.format else {
        segment.newerFormat = format
        break
      }
      guard let line = line(bytes, range) else {
        gap = gap ?? range.lowerBound
        continue
      }
      if let place = gap {
        guard line.synced > place else { break }
        segment.damage = "what is at byte \(place) cannot be read"
        gap = nil
      }
      segment.replaced += line.replaced
      if let batch = line.batch { segment.batches.append(batch) }
    }
    return segment
  }

  /// The format of a line whose checksum is right.
  private static func intactFormat(_ bytes: [UInt8], _ line: Range<Int>) -> Int? {
    guard bytes[line].starts(with: start) else { return nil }
    let digits = bytes[line].dropFirst(start.count).prefix(9).prefix { (48...57).contains($0) }
    let checksum = digits.endIndex + checksumName.count
    guard let format = Int(String(decoding: digits, as: UTF8.self)),
      line.upperBound - checksum > 10,
      bytes[digits.endIndex..<line.upperBound].starts(with: checksumName),
      bytes[checksum..<(checksum + 8)].elementsEqual(
        Self.digits(CRC32C.of(bytes[(checksum + 10)..<line.upperBound]))),
      bytes[checksum + 8] == UInt8(ascii: "\""), bytes[checksum + 9] == UInt8(ascii: ",")
    else { return nil }
    return format
  }

  private static func line(
    _ bytes: [UInt8], _ line: Range<Int>
  ) -> (batch: PersistenceBatch?, replaced: [Int], synced: Int)? {
    var reader = JSONReader(bytes, in: line)
    var synced: UInt64 = 0
    var revision: UInt64?
    var operations: [PersistenceOperation] = []
    var replaced: [Int] = []
    do throws(MetadataError) {
      try reader.object { (reader, name) throws(MetadataError) in
        switch name {
        case "revision": revision = try reader.unsigned()
        case "synced": synced = try reader.unsigned()
        case "operations":
          try reader.list { (reader) throws(MetadataError) in
            operations.append(try reader.operation())
          }
        case "replaces":
          try reader.list { (reader) throws(MetadataError) in
            replaced.append(Int(clamping: try reader.unsigned()))
          }
        default: _ = try reader.value()
        }
      }
    } catch {
      return nil
    }
    let batch = revision.map { PersistenceBatch(revision: $0, operations: operations) }
    return (batch, replaced, Int(clamping: synced))
  }
}
