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
  /// Whether code of it runs while it is being mapped.
  public var hasConstructors: Bool

  /// Takes the facts; an image that says nothing needs nothing, can be unmapped, and may have constructors.
  public init(
    needed: [String] = [], runpath: [String] = [], soname: String? = nil, unmappable: Bool = true,
    keepReason: String? = nil, hasConstructors: Bool = true
  ) {
    self.needed = needed
    self.runpath = runpath
    self.soname = soname
    self.unmappable = unmappable
    self.keepReason = keepReason
    self.hasConstructors = hasConstructors
  }
}
