/// The dynamic table of an image: what the loader acts upon.
struct ElfDynamic {
  private(set) var needed: [String] = []
  private(set) var soname: String?
  private(set) var runpath: [String] = []
  private(set) var traits: ImageFacts.Traits = []
  /// Entries of `.init_array`.
  private(set) var initializers: UInt64 = 0
  private(set) var initAddress: UInt64?

  /// Values of the tags that are there once, before they are understood.
  private struct Raw {
    var needed: [UInt64] = []
    var soname: UInt64?
    var runpath: UInt64?
    var rpath: UInt64?
    var stringAddress: UInt64?
    var stringSize: UInt64 = 0
    var flags: UInt64 = 0
    var flags1: UInt64 = 0
  }

  init(_ source: borrowing ElfSource, _ segments: ElfSegments) throws(DiscoveryProblem) {
    guard let segment = segments.all.first(where: { $0.kind == ElfSegments.dynamic }) else {
      throw source.notAnImage("has no dynamic table; link it with -shared")
    }
    guard segment.size <= 65_536 else {
      throw source.notAnImage("has a damaged dynamic table; build it again")
    }
    let table = try source.bytes(at: segment.offset, segment.size, "its dynamic table")
    let raw = read(table)
    // DF_1_PIE marks a program.
    guard raw.flags1 & 0x0800_0000 == 0 else {
      throw source.notAnImage("is a program, not a shared object; link it with -shared")
    }
    if raw.flags & 0x10 != 0 { traits.insert(.staticTLS) }
    if raw.flags1 & 0x08 != 0 { traits.insert(.noDelete) }
    try readStrings(source, segments, raw)
  }

  private mutating func read(_ table: ElfBytes) -> Raw {
    var raw = Raw()
    var at = 0
    while at + 16 <= table.count {
      let value = table.u64(at + 8)
      switch table.u64(at) {
      case 0: return raw
      case 1 where raw.needed.count < 1_024: raw.needed.append(value)
      case 5: raw.stringAddress = value
      case 10: raw.stringSize = value
      case 12: initAddress = value
      case 14: raw.soname = value
      case 15: raw.rpath = value
      case 27: initializers &+= value / 8
      case 29: raw.runpath = value
      case 30: raw.flags = value
      case 33: initializers &+= value / 8
      case 0x6FFF_FFFB: raw.flags1 = value
      default: break
      }
      at += 16
    }
    return raw
  }

  private mutating func readStrings(
    _ source: borrowing ElfSource, _ segments: ElfSegments, _ raw: Raw
  ) throws(DiscoveryProblem) {
    guard let address = raw.stringAddress, let place = segments.place(of: address),
      raw.stringSize <= place.available, raw.stringSize <= ElfSymbols.largestTable
    else { throw source.notAnImage("has a damaged table of names; build it again") }
    let strings = try source.bytes(at: place.offset, raw.stringSize, "its names")
    for offset in raw.needed {
      guard let name = strings.string(at: offset) else {
        throw source.notAnImage("has a damaged list of needed libraries; build it again")
      }
      needed.append(name)
    }
    soname = raw.soname.flatMap { strings.string(at: $0) }
    let path = (raw.runpath ?? raw.rpath).flatMap { strings.string(at: $0) } ?? ""
    runpath = path.split(separator: ":").map(String.init)
  }
}
