/// The first 64 bytes of an ELF file.
struct ElfHeader {
  let machine: UInt16
  let segmentOffset: UInt64
  let segmentCount: Int
  let sectionOffset: UInt64
  let sectionCount: Int
  let sectionNames: Int

  /// The machine number of this host.
  static var hostMachine: UInt16 {
    #if arch(x86_64)
      62
    #elseif arch(arm64)
      183
    #else
      0
    #endif
  }

  init(_ source: borrowing ElfSource) throws(DiscoveryProblem) {
    guard source.size > 0 else {
      throw source.notAnImage("is empty; copy or build it again")
    }
    let magic = try source.bytes(at: 0, min(4, source.size), "its first bytes")
    guard magic.array == [0x7F, 0x45, 0x4C, 0x46] else {
      throw source.notAnImage("is not an ELF file; a plugin is a shared object made with -shared")
    }
    let bytes = try source.bytes(at: 0, min(64, source.size), "its header")
    machine = bytes.u16(18)
    try Self.checkKind(source, bytes, machine)
    segmentOffset = bytes.u64(32)
    segmentCount = Int(bytes.u16(56))
    sectionOffset = bytes.u64(40)
    sectionCount = Int(bytes.u16(60))
    sectionNames = Int(bytes.u16(62))
    try checkTables(source, bytes)
  }

  private static func checkKind(
    _ source: borrowing ElfSource, _ bytes: ElfBytes, _ machine: UInt16
  ) throws(DiscoveryProblem) {
    let wrong = { (path: String, reason: String) in
      DiscoveryProblem(path: path, kind: .wrongArchitecture, reason: reason)
    }
    let host = name(of: hostMachine)
    guard bytes.u8(4) != 1 else {
      throw wrong(source.path, "is a 32-bit image; build it for 64-bit \(host)")
    }
    guard bytes.count == 64 else {
      throw source.notAnImage("is truncated within its header; copy or build it again")
    }
    guard bytes.u8(4) == 2, bytes.u8(6) == 1 else {
      throw source.notAnImage("has a damaged ELF header; copy or build it again")
    }
    guard bytes.u8(5) == 1, machine == hostMachine else {
      let theirs = bytes.u8(5) == 1 ? name(of: machine) : "a big-endian machine"
      throw wrong(source.path, "is built for \(theirs), but this host runs on \(host); rebuild it")
    }
    guard bytes.u16(16) == 3 else {
      throw source.notAnImage(
        "is not a shared object (ELF type \(bytes.u16(16)), not 3); link it with -shared")
    }
  }

  private func checkTables(
    _ source: borrowing ElfSource, _ bytes: ElfBytes
  ) throws(DiscoveryProblem) {
    guard segmentCount > 0, segmentCount <= 1_024, bytes.u16(54) == 56 else {
      throw source.notAnImage("has a damaged table of segments; build it again")
    }
    guard sectionCount > 0 else {
      throw source.notAnImage("has no section headers; strip it with strip, not sstrip")
    }
    guard sectionCount <= 16_384, bytes.u16(58) == 64, sectionNames < sectionCount else {
      throw source.notAnImage("has a damaged table of sections; build it again")
    }
  }

  /// A machine's name for people.
  static func name(of machine: UInt16) -> String {
    switch machine {
    case 3: "x86"
    case 8: "MIPS"
    case 21: "PowerPC 64"
    case 22: "S/390"
    case 40: "ARM"
    case 62: "x86-64"
    case 183: "AArch64"
    case 243: "RISC-V"
    case 258: "LoongArch"
    default: "machine \(machine)"
    }
  }
}
