/// A set of versions, written as npm and Cargo users know it: `^1.2`, `~1.2.3`, `>=1 <3 || 4.x`.
///
/// A pre-release satisfies a range only if one of the comparisons that it meets names a pre-release of the same three
/// numbers: `^1.0.0-rc.1` takes `1.0.0-rc.2` and `1.1.0`, but not `1.1.0-rc.1`, and `*` takes releases only.
public struct VersionRange: Sendable, Hashable {
  /// The range as it was written.
  public let text: String
  /// Alternatives, of which one must hold; each is a list of comparisons that must all hold.
  let alternatives: [[Comparison]]

  /// One bound of a range.
  struct Comparison: Sendable, Hashable {
    enum Operator: Sendable, Hashable { case less, atMost, equal, atLeast, greater }
    let `operator`: Operator
    let version: SemanticVersion

    func holds(for candidate: SemanticVersion) -> Bool {
      switch `operator` {
      case .less: candidate < version
      case .atMost: candidate <= version
      case .equal: candidate == version
      case .atLeast: candidate >= version
      case .greater: candidate > version
      }
    }
  }

  /// The range of all releases.
  public static let any = VersionRange(text: "*", alternatives: [[]])

  init(text: String, alternatives: [[Comparison]]) {
    self.text = text
    self.alternatives = alternatives
  }

  /// Parses a range.
  ///
  /// `||` separates alternatives. An alternative is comparisons separated by spaces or commas, all of which must hold,
  /// or `LOW - HIGH`. A comparison is `^V` (nothing left of the first non-zero number changes), `~V` (the minor number
  /// stays), `<V`, `<=V`, `>V`, `>=V`, `=V` or `V`; `V` has one to three numbers, and `x`, `X` or `*` stands for any.
  ///
  /// - Parameter text: 1…256 bytes of ASCII.
  /// - Throws: `VersionError` that says which part is wrong.
  public init(parsing text: String) throws(VersionError) {
    guard text.utf8.count <= 256 else {
      throw VersionError(text: text, reason: "longer than 256 bytes")
    }
    self.init(text: text, alternatives: try VersionRangeParser(text: text).alternatives())
  }

  /// Whether a version lies in the range.
  public func contains(_ version: SemanticVersion) -> Bool {
    alternatives.contains { comparisons in
      comparisons.allSatisfy { $0.holds(for: version) }
        && (!version.isPrerelease
          || comparisons.contains {
            $0.version.isPrerelease && $0.version.hasSameNumbers(as: version)
          })
    }
  }
}

extension VersionRange: CustomStringConvertible {
  /// The range as it was written.
  public var description: String { text }
}
