/// The sections of an image that matter to the host.
struct ElfSections {
  struct Section {
    let kind: UInt32
    let address: UInt64
    let offset: UInt64
    let size: UInt64
    let link: Int
  }

  static let dynamicSymbols: UInt32 = 11
  private static let withoutBytes: UInt32 = 8

  let all: [Section]
  private(set) var hasSwiftMetadata = false
  /// `.init`, which the start files fill.
  private(set) var startCode: Section?
  private var manifestIndex: Int?

  init(_ source: borrowing ElfSource, _ header: ElfHeader) throws(DiscoveryProblem) {
    let table = try source.bytes(
      at: header.sectionOffset, UInt64(header.sectionCount) * 64, "its section headers")
    var all: [Section] = []
    all.reserveCapacity(header.sectionCount)
    for index in 0..<header.sectionCount {
      let at = index * 64
      all.append(
        Section(
          kind: table.u32(at + 4), address: table.u64(at + 16), offset: table.u64(at + 24),
          size: table.u64(at + 32), link: Int(table.u32(at + 40))))
    }
    self.all = all
    let names = all[header.sectionNames]
    guard names.size <= 1 << 20 else {
      throw source.notAnImage("has a damaged table of section names; build it again")
    }
    let text = try source.bytes(at: names.offset, names.size, "its section names")
    for index in all.indices {
      guard let name = text.text(at: UInt64(table.u32(index * 64))) else { continue }
      note(name, index)
    }
  }

  private mutating func note(_ name: ArraySlice<UInt8>, _ index: Int) {
    switch name.first {
    case UInt8(ascii: "s") where name.starts(with: "swift5_".utf8):
      if all[index].size > 0 { hasSwiftMetadata = true }
    case UInt8(ascii: "d") where name.elementsEqual(ElfImage.manifestSection.utf8):
      if manifestIndex == nil { manifestIndex = index }
    case UInt8(ascii: ".") where name.elementsEqual(".init".utf8):
      startCode = all[index]
    default: break
    }
  }

  /// The bytes of the manifest; `nil` when there is no such section.
  func manifest(_ source: borrowing ElfSource) throws(DiscoveryProblem) -> [UInt8]? {
    guard let manifestIndex else { return nil }
    let section = all[manifestIndex]
    guard section.kind != Self.withoutBytes else {
      throw DiscoveryProblem(
        path: source.path, kind: .badManifest,
        reason: "manifest: its section has no bytes in the file; make it constant data")
    }
    guard section.size <= UInt64(Manifest.largestSize) else {
      throw DiscoveryProblem(
        path: source.path, kind: .badManifest,
        reason: "manifest: has \(section.size) bytes; at most 65536 are allowed")
    }
    return try source.bytes(at: section.offset, section.size, "the bytes of its manifest").array
  }
}
