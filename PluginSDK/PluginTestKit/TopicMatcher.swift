import Glibc
import PluginSDK

/// The pattern of a subscription, or a topic's name.
///
/// Safe: a compiled expression is written in `init` and `deinit` only, and Glibc locks it while it matches.
@safe final class TopicMatcher: @unchecked Sendable {
  private let segments: [Substring]
  private let expression: UnsafeMutablePointer<regex_t>?

  /// A topic, or segments with `*` and a last `>`; `nil` for anything else.
  init?(_ text: String, allowingWildcards: Bool) {
    guard (1...255).contains(text.utf8.count) else { return nil }
    segments = text.split(separator: ".", omittingEmptySubsequences: false)
    unsafe expression = nil
    for (index, segment) in segments.enumerated() {
      if allowingWildcards, segment == "*" { continue }
      if allowingWildcards, segment == ">", index == segments.count - 1 { continue }
      let isPlain = segment.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x2D
      }
      guard !segment.isEmpty, isPlain else { return nil }
    }
  }

  /// An expression, refused as a host refuses it. The corresponding C function is `regcomp`.
  init(regex text: String) throws(PluginError) {
    guard text.firstMatch(of: Self.backReference) == nil else {
      throw .refusal("\"\(text)\" has a back-reference, which can take hours")
    }
    guard !text.matches(of: Self.counts).contains(where: { (Int($0.output.1) ?? .max) > 255 })
    else { throw .refusal("\"\(text)\" has a repeat counted beyond 255") }
    let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
    let code = unsafe regcomp(compiled, text, REG_EXTENDED | REG_NOSUB)
    guard !text.isEmpty, code == 0 else {
      unsafe compiled.deallocate()
      throw .refusal("\"\(text)\" is no extended regular expression")
    }
    segments = []
    unsafe expression = unsafe compiled
  }

  private static var backReference: Regex<Substring> { /(?:^|[^\\])(?:\\\\)*\\[1-9]/ }
  private static var counts: Regex<(Substring, Substring)> { /[{,]([0-9]+)(?=[,}])/ }

  deinit {
    guard let expression = unsafe expression else { return }
    unsafe regfree(expression)
    unsafe expression.deallocate()
  }

  /// Whether a topic is matched.
  func matches(_ topic: String) -> Bool {
    if let expression = unsafe expression {
      return unsafe regexec(expression, topic, 0, nil, 0) == 0
    }
    let given = topic.split(separator: ".", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      if segment == ">" { return given.count > index }
      guard index < given.count, segment == "*" || segment == given[index] else { return false }
    }
    return segments.count == given.count
  }
}
