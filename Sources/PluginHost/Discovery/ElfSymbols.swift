/// The dynamic symbols of an image: what it imports and exports.
struct ElfSymbols {
  /// The largest table that is read: 64 MiB.
  static let largestTable: UInt64 = 64 << 20
  /// The symbol that every plugin exports.
  static let entry = "dovetail_plugin"

  private(set) var traits: ImageFacts.Traits = []
  private(set) var lingering: Set<String> = []
  private(set) var otherExports = ImageFacts.Exports()
  /// Whether the compiler's `crtbegin` is linked in.
  private(set) var hasStartFiles = false
  /// Whether the image tells the Swift runtime of itself.
  private(set) var registersWithSwift = false
  /// Whether it has indirect functions, whose resolvers run inside `dlopen`.
  private(set) var hasIndirectFunctions = false

  /// Functions that may leave something behind that refers to the image that called them.
  private static let lingeringNames: Set<String> = [
    "pthread_create", "thrd_create", "pthread_key_create", "__cxa_thread_atexit_impl", "sigaction",
    "signal",
  ]
  /// Symbols that linkers export by themselves.
  private static let linkerNames: Set<String> = [
    "_init", "_fini", "__bss_start", "_edata", "_end",
  ]

  init(_ source: borrowing ElfSource, _ sections: ElfSections) throws(DiscoveryProblem) {
    guard let section = sections.all.first(where: { $0.kind == ElfSections.dynamicSymbols })
    else { return }
    guard sections.all.indices.contains(section.link) else {
      throw source.notAnImage("has a damaged symbol table; build it again")
    }
    let names = sections.all[section.link]
    guard section.size <= Self.largestTable, names.size <= Self.largestTable else {
      throw source.notAnImage("has a symbol table of more than 64 MiB; strip it")
    }
    let table = try source.bytes(at: section.offset, section.size, "its symbols")
    let text = try source.bytes(at: names.offset, names.size, "its symbol names")
    for at in stride(from: 24, to: table.count - 23, by: 24) {
      guard let name = text.text(at: UInt64(table.u32(at))) else { continue }
      let info = table.u8(at + 4)
      if table.u16(at + 6) == 0 {
        noteImport(name)
      } else {
        noteExport(name, binding: info >> 4, kind: info & 15, visibility: table.u8(at + 5) & 3)
      }
    }
  }

  private mutating func noteImport(_ name: ArraySlice<UInt8>) {
    switch name.first {
    case UInt8(ascii: "p"), UInt8(ascii: "t"), UInt8(ascii: "s"), UInt8(ascii: "_"): break
    default: return
    }
    guard name.count >= 6, name.count <= 32 else { return }
    let name = String(decoding: name, as: UTF8.self)
    if Self.lingeringNames.contains(name) { lingering.insert(name) }
    if name == "_ITM_registerTMCloneTable" { hasStartFiles = true }
    if name == "swift_addNewDSOImage" { registersWithSwift = true }
  }

  private mutating func noteExport(
    _ name: ArraySlice<UInt8>, binding: UInt8, kind: UInt8, visibility: UInt8
  ) {
    if kind == 10 { hasIndirectFunctions = true }
    if binding == 10 { traits.insert(.uniqueSymbols) }
    guard !name.isEmpty, binding != 0, visibility == 0 || visibility == 3 else { return }
    if name.elementsEqual(Self.entry.utf8) {
      traits.insert(.exportsEntry)
      return
    }
    // Most images export nothing more; those that do export thousands, of which eight are kept.
    let name = String(decoding: name, as: UTF8.self)
    guard !Self.linkerNames.contains(name) else { return }
    otherExports.count += 1
    keepSample(name)
  }

  private mutating func keepSample(_ name: String) {
    if otherExports.sample.count == 8 {
      guard let last = otherExports.sample.last, name < last else { return }
      otherExports.sample.removeLast()
    }
    let place = otherExports.sample.firstIndex { name < $0 } ?? otherExports.sample.count
    otherExports.sample.insert(name, at: place)
  }
}
