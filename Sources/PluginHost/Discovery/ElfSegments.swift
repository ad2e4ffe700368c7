/// The segments of an image: what the loader maps.
struct ElfSegments {
  struct Segment {
    let kind: UInt32
    let offset: UInt64
    let address: UInt64
    let size: UInt64
  }

  static let load: UInt32 = 1
  static let dynamic: UInt32 = 2
  static let note: UInt32 = 4

  let all: [Segment]

  init(_ source: borrowing ElfSource, _ header: ElfHeader) throws(DiscoveryProblem) {
    let table = try source.bytes(
      at: header.segmentOffset, UInt64(header.segmentCount) * 56, "its segment headers")
    var all: [Segment] = []
    all.reserveCapacity(header.segmentCount)
    for index in 0..<header.segmentCount {
      let at = index * 56
      let segment = Segment(
        kind: table.u32(at), offset: table.u64(at + 8), address: table.u64(at + 16),
        size: table.u64(at + 32))
      if segment.kind == Self.load {
        // Touching a page of a segment beyond the file's end would be a SIGBUS in the host.
        let (end, overflow) = segment.offset.addingReportingOverflow(segment.size)
        guard !overflow, end <= source.size else {
          throw source.notAnImage(
            "is truncated: a segment ends beyond its \(source.size) bytes; copy or build it again")
        }
      }
      all.append(segment)
    }
    self.all = all
    guard all.contains(where: { $0.kind == Self.load }) else {
      throw source.notAnImage("has nothing to load; build it again")
    }
  }

  /// The place in the file of an address in memory, with the bytes that follow it in its segment.
  func place(of address: UInt64) -> (offset: UInt64, available: UInt64)? {
    for segment in all where segment.kind == Self.load && address >= segment.address {
      let distance = address - segment.address
      if distance < segment.size { return (segment.offset + distance, segment.size - distance) }
    }
    return nil
  }

  /// The GNU build id in lower-case hexadecimal.
  func buildID(_ source: borrowing ElfSource) throws(DiscoveryProblem) -> String? {
    for segment in all where segment.kind == Self.note && segment.size <= 65_536 {
      let notes = try source.bytes(at: segment.offset, segment.size, "its notes")
      var at = 0
      while at + 12 <= notes.count {
        let nameSize = Int(notes.u32(at))
        let size = Int(notes.u32(at + 4))
        let content = at + 12 + (nameSize + 3) & ~3
        if notes.u32(at + 8) == 3, nameSize == 4, notes.u32(at + 12) == 0x0055_4E47,
          size <= 64, content + size <= notes.count
        {
          return hexadecimal((0..<size).map { notes.u8(content + $0) })
        }
        at = content + (size + 3) & ~3
      }
    }
    return nil
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
