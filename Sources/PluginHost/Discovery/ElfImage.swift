/// A shared object as its ELF headers describe it, read without mapping or running any of it.
///
/// Every offset, size and count in the file is checked; the largest table that is read has 64 MiB. The segments and the
/// dynamic table are believed where the loader believes them; sections are needed for the manifest and the symbol count.
public struct ElfImage: Sendable, Equatable {
  /// What the system says of the file that was read.
  public let identity: FileIdentity
  /// What the headers say.
  public let facts: ImageFacts
  /// The bytes of the section `dovetail_manifest`; `nil` when there is none.
  public let manifestBytes: [UInt8]?

  /// The section that holds a manifest.
  public static let manifestSection = "dovetail_manifest"

  /// Reads a file, which may hold anything.
  ///
  /// - Parameter path: The file; symbolic links are followed, only a regular file is opened.
  /// - Throws: `DiscoveryProblem` that says why the file is no shared object for this machine.
  public init(path: String) throws(DiscoveryProblem) {
    let source = try ElfSource(path: path)
    let header = try ElfHeader(source)
    let segments = try ElfSegments(source, header)
    let sections = try ElfSections(source, header)
    let dynamic = try ElfDynamic(source, segments)
    let symbols = try ElfSymbols(source, sections)
    identity = source.identity
    manifestBytes = try sections.manifest(source)
    facts = try ElfImage.facts(source, header, segments, sections, dynamic, symbols)
  }

  private static func facts(
    _ source: borrowing ElfSource, _ header: ElfHeader, _ segments: ElfSegments,
    _ sections: ElfSections, _ dynamic: ElfDynamic, _ symbols: ElfSymbols
  ) throws(DiscoveryProblem) -> ImageFacts {
    var facts = ImageFacts()
    facts.machine = header.machine
    facts.soname = dynamic.soname
    facts.needed = dynamic.needed
    facts.runpath = dynamic.runpath
    facts.buildID = try segments.buildID(source)
    facts.lingeringImports = symbols.lingering.sorted()
    facts.otherExports = symbols.otherExports
    facts.traits = dynamic.traits.union(symbols.traits)
    if sections.hasSwiftMetadata || symbols.registersWithSwift {
      facts.traits.insert(.swiftMetadata)
      if !dynamic.needed.contains("libswiftCore.so") { facts.traits.insert(.staticSwiftRuntime) }
    }
    if hasConstructors(sections, dynamic, symbols) { facts.traits.insert(.constructors) }
    return facts
  }

  /// Whether code of the author's own runs inside `dlopen`.
  ///
  /// The compiler's start files put code there in every image, which does not count: one entry of `.init_array` that
  /// comes with an import of `_ITM_registerTMCloneTable`, one that registers Swift metadata, and an `.init` section of up
  /// to 32 bytes. Resolvers of indirect functions run there too and do count.
  private static func hasConstructors(
    _ sections: ElfSections, _ dynamic: ElfDynamic, _ symbols: ElfSymbols
  ) -> Bool {
    var usual: UInt64 = symbols.hasStartFiles ? 1 : 0
    if sections.hasSwiftMetadata || symbols.registersWithSwift { usual += 1 }
    if dynamic.initializers > usual || symbols.hasIndirectFunctions { return true }
    guard let initAddress = dynamic.initAddress else { return false }
    guard let section = sections.startCode else { return true }
    return section.address != initAddress || section.size > 32
  }
}
