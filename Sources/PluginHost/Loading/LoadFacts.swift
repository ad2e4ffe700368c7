/// What loading must know of an ELF image; all of it is read from the file, none by running it.
public struct LoadFacts: Sendable, Hashable {
  /// Names of the libraries that it needs, in order (`DT_NEEDED`).
  public var needed: [String]
  /// Where it looks for them, in order (`DT_RUNPATH`, else `DT_RPATH`), `$ORIGIN` not replaced.
  public var runpath: [String]
  /// The name that it goes by (`DT_SONAME`).
  public var soname: String?
  /// Whether `dlclose` of it is safe and is expected to take it out of memory.
  public var unmappable: Bool
  /// Why it must stay mapped, in prose; `nil` when `unmappable`.
  public var keepReason: String?

  /// Takes the facts; an image that says nothing is one that needs nothing and can be unmapped.
  public init(
    needed: [String] = [], runpath: [String] = [], soname: String? = nil, unmappable: Bool = true,
    keepReason: String? = nil
  ) {
    self.needed = needed
    self.runpath = runpath
    self.soname = soname
    self.unmappable = unmappable
    self.keepReason = keepReason
  }
}
