/// Whether an image's Swift code fits the runtime of this process.
///
/// Swift has no stable ABI on Linux: code of another major.minor corrupts memory instead of failing.
struct ToolchainCheck {
  let facts: ImageFacts
  let toolchain: String?
  let runtime: String

  /// The reason and what to do; `nil` when nothing speaks against loading.
  var refusal: String? {
    guard facts.traits.contains(.swiftMetadata) else { return nil }
    if facts.traits.contains(.staticSwiftRuntime) {
      return "is linked with a static Swift standard library, which this process has already;"
        + " build it without -static-stdlib, or isolate it"
    }
    guard let ours = Self.majorMinor(runtime) else { return nil }
    guard let built = toolchain.flatMap(Self.majorMinor) else {
      return "does not say which Swift built it, and this host runs Swift \(ours);"
        + " build it with the EmbedManifest plugin, or add \"toolchain\": \"swift VERSION\" to its manifest"
    }
    if built == ours { return nil }
    return "was built with Swift \(built), but this host runs Swift \(ours);"
      + " rebuild it with Swift \(ours), or isolate it with its own runtime"
  }

  /// The first `NUMBER.NUMBER` of a text: `swift-6.3.1-RELEASE` gives `6.3`.
  static func majorMinor(_ text: String) -> String? {
    let numbers = text.utf8.split { !PartialVersion.isDigit($0) && $0 != UInt8(ascii: ".") }
    for number in numbers {
      let parts = number.split(separator: UInt8(ascii: "."))
      if parts.count >= 2 { return "\(Substring(parts[0])).\(Substring(parts[1]))" }
    }
    return nil
  }
}
