/// One to three numbers of a version, each perhaps a wildcard: what stands in a range, and a version before it is whole.
struct PartialVersion {
  var major: UInt64?
  var minor: UInt64?
  var patch: UInt64?
  var prerelease = ""
  var build = ""

  /// Parses `1`, `1.2`, `1.2.x`, `*`, `1.2.3-rc.1+build`.
  init(parsing part: Substring, in text: String) throws(VersionError) {
    let fail = { (reason: String) in VersionError(text: text, reason: reason) }
    guard text.utf8.count <= 256 else { throw fail("longer than 256 bytes") }
    var core = part.utf8[...]
    if let plus = core.firstIndex(of: UInt8(ascii: "+")) {
      build = try Self.identifiers(
        core[core.index(after: plus)...], "build metadata", numbersMayHaveZeros: true, fail)
      core = core[..<plus]
    }
    if let dash = core.firstIndex(of: UInt8(ascii: "-")) {
      prerelease = try Self.identifiers(
        core[core.index(after: dash)...], "pre-release", numbersMayHaveZeros: false, fail)
      core = core[..<dash]
    }
    let parts = core.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= 3 else { throw fail("more than three numbers") }
    major = try Self.number(parts[0], "major", fail)
    if parts.count > 1 { minor = try Self.number(parts[1], "minor", fail) }
    if parts.count > 2 { patch = try Self.number(parts[2], "patch", fail) }
    try checkWildcards(fail)
  }

  private func checkWildcards(_ fail: (String) -> VersionError) throws(VersionError) {
    if major == nil, minor != nil || patch != nil { throw fail("a number after a wildcard") }
    if minor == nil, patch != nil { throw fail("a number after a wildcard") }
    if patch == nil, !prerelease.isEmpty || !build.isEmpty {
      throw fail("a pre-release or build needs all three numbers, such as 1.0.0-rc.1")
    }
  }

  /// The smallest version that the partial one covers.
  var floor: SemanticVersion {
    SemanticVersion(major ?? 0, minor ?? 0, patch ?? 0, prerelease: prerelease, build: build)
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func number(
    _ digits: Substring.UTF8View, _ name: String, _ fail: (String) -> VersionError
  ) throws(VersionError) -> UInt64? {
    guard let first = digits.first else { throw fail("the \(name) number is missing") }
    if digits.count == 1, [0x2A, 0x78, 0x58].contains(first) { return nil }
    guard digits.allSatisfy(isDigit) else {
      throw fail("the \(name) number is not a number: \(Substring(digits))")
    }
    guard digits.count == 1 || first != 0x30 else {
      throw fail("the \(name) number has a leading zero: \(Substring(digits))")
    }
    var value: UInt64 = 0
    for digit in digits {
      value = value &* 10 &+ UInt64(digit &- 0x30)
      guard value <= SemanticVersion.largestNumber else {
        throw fail("the \(name) number is larger than 9007199254740991")
      }
    }
    return value
  }

  private static func identifiers(
    _ bytes: Substring.UTF8View, _ name: String, numbersMayHaveZeros: Bool,
    _ fail: (String) -> VersionError
  ) throws(VersionError) -> String {
    for part in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard let first = part.first else { throw fail("the \(name) has an empty part") }
      guard part.allSatisfy(isIdentifierByte) else {
        throw fail("the \(name) may have only letters, digits, - and .")
      }
      if !numbersMayHaveZeros, first == 0x30, part.count > 1, part.allSatisfy(isDigit) {
        throw fail("the \(name) number \(Substring(part)) has a leading zero")
      }
    }
    return String(Substring(bytes))
  }

  private static func isIdentifierByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "-")
  }
}
