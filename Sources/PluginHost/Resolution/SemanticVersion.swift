/// A version as Semantic Versioning 2.0.0 defines it, such as `1.4.0-rc.1+linux`.
///
/// Comparison and equality follow precedence: build metadata counts in neither.
public struct SemanticVersion: Sendable {
  /// The largest number that a part may have: 2⁵³ − 1, so that JSON tools keep it exact.
  public static let largestNumber: UInt64 = 9_007_199_254_740_991

  /// Grows with incompatible changes.
  public let major: UInt64
  /// Grows with compatible additions.
  public let minor: UInt64
  /// Grows with compatible repairs.
  public let patch: UInt64
  /// The text between `-` and `+`; empty for a release.
  public let prerelease: String
  /// The text after `+`; empty when there is none.
  public let build: String

  /// A version from its parts, which are taken as they are.
  public init(
    _ major: UInt64, _ minor: UInt64, _ patch: UInt64, prerelease: String = "", build: String = ""
  ) {
    self.major = major
    self.minor = minor
    self.patch = patch
    self.prerelease = prerelease
    self.build = build
  }

  /// Parses a full version: three numbers, then optionally `-PRERELEASE` and `+BUILD`.
  ///
  /// - Parameter text: 5…256 bytes of ASCII.
  /// - Throws: `VersionError` that says which part is wrong.
  public init(parsing text: String) throws(VersionError) {
    let partial = try PartialVersion(parsing: text[...], in: text)
    guard let major = partial.major, let minor = partial.minor, let patch = partial.patch else {
      throw VersionError(text: text, reason: "a version has three numbers, such as 1.0.0")
    }
    self.init(major, minor, patch, prerelease: partial.prerelease, build: partial.build)
  }

  /// Whether this is a version before a release.
  public var isPrerelease: Bool { !prerelease.isEmpty }

  /// Whether the three numbers are the same.
  func hasSameNumbers(as other: SemanticVersion) -> Bool {
    (major, minor, patch) == (other.major, other.minor, other.patch)
  }
}

extension SemanticVersion: Comparable, Hashable {
  /// Whether two versions have the same precedence; build metadata does not count.
  public static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
    left.hasSameNumbers(as: right) && left.prerelease == right.prerelease
  }

  /// Whether one version comes before another by precedence.
  public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    guard left.hasSameNumbers(as: right) else {
      return (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
    if left.prerelease.isEmpty || right.prerelease.isEmpty {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    return precedes(left.prerelease, right.prerelease)
  }

  /// Hashes what equality compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(major)
    hasher.combine(minor)
    hasher.combine(patch)
    hasher.combine(prerelease)
  }

  /// Compares pre-releases identifier by identifier: numbers by value and before words; words by bytes.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    var rest = right.utf8.split(separator: UInt8(ascii: "."))[...]
    for mine in left.utf8.split(separator: UInt8(ascii: ".")) {
      guard let theirs = rest.popFirst() else { return false }
      if mine.elementsEqual(theirs) { continue }
      let mineIsNumber = mine.allSatisfy(PartialVersion.isDigit)
      let theirsIsNumber = theirs.allSatisfy(PartialVersion.isDigit)
      guard mineIsNumber == theirsIsNumber else { return mineIsNumber }
      // Numbers have no leading zeros, so a longer one is a larger one.
      if mineIsNumber, mine.count != theirs.count { return mine.count < theirs.count }
      return mine.lexicographicallyPrecedes(theirs)
    }
    return !rest.isEmpty
  }
}

extension SemanticVersion: CustomStringConvertible {
  /// The version as text, build metadata included.
  public var description: String {
    "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-\(prerelease)")
      + (build.isEmpty ? "" : "+\(build)")
  }
}
