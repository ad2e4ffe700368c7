/// Turns the text of a range into comparisons.
struct VersionRangeParser {
  let text: String

  typealias Comparison = VersionRange.Comparison

  func alternatives() throws(VersionError) -> [[Comparison]] {
    var rest = text[...]
    var result: [[Comparison]] = []
    while true {
      guard let bar = rest.utf8.firstIndex(of: UInt8(ascii: "|")) else {
        result.append(try alternative(rest))
        return result
      }
      result.append(try alternative(rest[..<bar]))
      rest = rest[rest.utf8.index(after: bar)...]
      guard rest.utf8.first == UInt8(ascii: "|") else {
        throw VersionError(text: text, reason: "a single |; alternatives are separated by ||")
      }
      rest = rest.dropFirst()
    }
  }

  private func alternative(_ part: Substring) throws(VersionError) -> [Comparison] {
    var words = part.split { $0 == " " || $0 == "," || $0 == "\t" }
    guard !words.isEmpty else {
      throw VersionError(text: text, reason: "nothing to compare with; write * for any version")
    }
    if words.count == 3, words[1] == "-" { return try hyphen(words[0], words[2]) }
    joinOperators(&words)
    var result: [Comparison] = []
    for word in words { result += try comparison(word) }
    return result
  }

  /// Joins an operator that stands alone with the version that follows: `>= 1.2` is `>=1.2`.
  private func joinOperators(_ words: inout [Substring]) {
    var joined: [Substring] = []
    for word in words {
      if let last = joined.last, last.allSatisfy({ "<>=^~".contains($0) }) {
        joined[joined.count - 1] = last + word
      } else {
        joined.append(word)
      }
    }
    words = joined
  }

  private func hyphen(_ low: Substring, _ high: Substring) throws(VersionError) -> [Comparison] {
    let low = try PartialVersion(parsing: low, in: text)
    let high = try PartialVersion(parsing: high, in: text)
    return [Comparison(operator: .atLeast, version: low.floor)] + upTo(high)
  }

  private func comparison(_ word: Substring) throws(VersionError) -> [Comparison] {
    let symbol = word.prefix { "<>=^~!".contains($0) }
    let version = try PartialVersion(parsing: word[symbol.endIndex...], in: text)
    let floor = Comparison(operator: .atLeast, version: version.floor)
    switch symbol {
    case "", "=": return exactly(version)
    case "^": return [floor] + below(caretCeiling(version))
    case "~": return [floor] + below(coveredCeiling(version))
    case ">=": return [floor]
    case "<=": return upTo(version)
    case ">": return [above(version)]
    case "<": return [under(version)]
    default:
      throw VersionError(
        text: text, reason: "unknown operator \(symbol); use ^, ~, <, <=, >, >= or =")
    }
  }

  private func exactly(_ version: PartialVersion) -> [Comparison] {
    guard version.patch == nil else {
      return [Comparison(operator: .equal, version: version.floor)]
    }
    let floor = Comparison(operator: .atLeast, version: version.floor)
    return [floor] + below(coveredCeiling(version))
  }

  private func upTo(_ version: PartialVersion) -> [Comparison] {
    guard version.patch == nil else {
      return [Comparison(operator: .atMost, version: version.floor)]
    }
    return below(coveredCeiling(version))
  }

  private func under(_ version: PartialVersion) -> Comparison {
    let bound = version.patch == nil ? lowest(version.floor) : version.floor
    return Comparison(operator: .less, version: bound)
  }

  private func above(_ version: PartialVersion) -> Comparison {
    if version.patch != nil { return Comparison(operator: .greater, version: version.floor) }
    guard let ceiling = coveredCeiling(version) else {
      // Nothing is above all versions: a comparison that never holds.
      return Comparison(operator: .less, version: lowest(SemanticVersion(0, 0, 0)))
    }
    return Comparison(operator: .atLeast, version: ceiling)
  }

  /// The first version after all that a partial one covers: 1.2 → 1.3.0, 1 → 2.0.0, * → none.
  private func coveredCeiling(_ version: PartialVersion) -> SemanticVersion? {
    guard let major = version.major else { return nil }
    guard let minor = version.minor else { return SemanticVersion(major + 1, 0, 0) }
    return SemanticVersion(major, minor + 1, 0)
  }

  private func caretCeiling(_ version: PartialVersion) -> SemanticVersion? {
    guard let major = version.major else { return nil }
    guard major == 0, let minor = version.minor else { return SemanticVersion(major + 1, 0, 0) }
    guard minor == 0, let patch = version.patch else { return SemanticVersion(0, minor + 1, 0) }
    return SemanticVersion(0, 0, patch + 1)
  }

  /// Below a version and below its pre-releases, which belong to it.
  private func below(_ ceiling: SemanticVersion?) -> [Comparison] {
    guard let ceiling else { return [] }
    return [Comparison(operator: .less, version: lowest(ceiling))]
  }

  /// The lowest pre-release of a version; a pre-release itself stays as it is.
  private func lowest(_ version: SemanticVersion) -> SemanticVersion {
    guard !version.isPrerelease else { return version }
    return SemanticVersion(version.major, version.minor, version.patch, prerelease: "0")
  }
}
