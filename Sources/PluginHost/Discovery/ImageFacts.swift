/// What the ELF headers of a shared object say, read without mapping it.
public struct ImageFacts: Sendable, Equatable {
  /// Properties that are there or not.
  public struct Traits: OptionSet, Sendable, Hashable {
    /// The bits, as the registry cache keeps them.
    public let rawValue: UInt32
    /// Traits from their bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// It exports `dovetail_plugin`.
    public static let exportsEntry = Traits(rawValue: 1 << 0)
    /// It has `swift5_*` sections: the Swift runtime keeps pointers into it for ever.
    public static let swiftMetadata = Traits(rawValue: 1 << 1)
    /// It was linked with a static Swift standard library.
    public static let staticSwiftRuntime = Traits(rawValue: 1 << 2)
    /// It has symbols of binding GNU_UNIQUE: the loader keeps it.
    public static let uniqueSymbols = Traits(rawValue: 1 << 3)
    /// It is marked DF_1_NODELETE: the loader keeps it.
    public static let noDelete = Traits(rawValue: 1 << 4)
    /// It is marked DF_STATIC_TLS.
    public static let staticTLS = Traits(rawValue: 1 << 5)
    /// Code of its own runs inside `dlopen`.
    public static let constructors = Traits(rawValue: 1 << 6)
  }

  /// Properties that are there or not.
  public var traits: Traits = []
  /// The ELF machine number: 62 is x86-64, 183 is AArch64.
  public var machine: UInt16 = 0
  /// Its SONAME; `nil` when it has none.
  public var soname: String?
  /// The libraries that it needs, in order.
  public var needed: [String] = []
  /// Its RUNPATH, or the RPATH where there is none, split at `:`.
  public var runpath: [String] = []
  /// The build id in lower-case hexadecimal; `nil` when it has none.
  public var buildID: String?
  /// Functions that it imports and that leave something behind that refers to it, such as `pthread_create`; sorted.
  public var lingeringImports: [String] = []
  /// Symbols that it exports beyond `dovetail_plugin`: the first few by name, and how many there are.
  public var otherExports = Exports()

  /// Exported symbols: a few of them and the count of all.
  public struct Exports: Sendable, Equatable {
    /// The first eight names in byte order.
    public var sample: [String] = []
    /// How many there are.
    public var count = 0
    /// No symbols.
    public init() {}
  }

  /// Facts of an image of which nothing is known yet.
  public init() {}

  /// Whether an image can truly leave memory.
  public enum UnloadClass: Sendable, Equatable {
    /// `dlclose` unmaps it.
    case unmappable
    /// It stays mapped when its plugin has ended, for this reason.
    case retired(reason: String)
  }

  /// Whether the image can truly leave memory when its plugin has ended.
  ///
  /// - Parameter mode: What the manifest asks for. `clean` overrides imported functions, but nothing that the loader or the
  ///   Swift runtime decides.
  /// - Returns: The class, with the first reason that keeps the image mapped.
  public func unloadClass(_ mode: UnloadMode) -> UnloadClass {
    if traits.contains(.swiftMetadata) {
      return .retired(reason: "the Swift runtime keeps pointers into the image")
    }
    if traits.contains(.uniqueSymbols) {
      return .retired(reason: "it has GNU_UNIQUE symbols, so the loader never unmaps it")
    }
    if traits.contains(.noDelete) {
      return .retired(reason: "it is linked with -z nodelete, so the loader never unmaps it")
    }
    if traits.contains(.staticTLS) {
      return .retired(reason: "it uses static thread-local storage (DF_STATIC_TLS)")
    }
    switch mode {
    case .keep: return .retired(reason: "the manifest says \"unload\": \"keep\"")
    case .clean: return .unmappable
    case .auto:
      guard let first = lingeringImports.first else { return .unmappable }
      return .retired(
        reason: "it imports \(first), which may leave something behind that refers to the image;"
          + " \"unload\": \"clean\" in the manifest promises that nothing is left")
    }
  }

  /// Why the image must not be loaded into this process, or `nil` when nothing speaks against it.
  ///
  /// - Parameters:
  ///   - toolchain: What the manifest says built it, such as `swift-6.3.1`.
  ///   - runtime: The version of the host's Swift runtime, such as `6.3.1`.
  /// - Returns: The reason and what to do, in one sentence.
  public func refusal(toolchain: String?, runtime: String) -> String? {
    ToolchainCheck(facts: self, toolchain: toolchain, runtime: runtime).refusal
  }

  /// What `inspect` warns of: exports beyond the entry symbol, an absolute RUNPATH.
  public var warnings: [String] {
    var result: [String] = []
    if otherExports.count > 0 {
      result.append(
        "exports \(otherExports.count) symbols beside dovetail_plugin"
          + " (\(otherExports.sample.joined(separator: ", "))); link with a version script that has local: *"
      )
    }
    for path in runpath where path.hasPrefix("/") {
      result.append("RUNPATH \(path) is absolute and may not exist elsewhere; use $ORIGIN")
    }
    return result
  }
}
