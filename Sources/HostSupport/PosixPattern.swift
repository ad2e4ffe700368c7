import Glibc

/// A POSIX extended regular expression. The corresponding C functions are `regcomp` and `regexec`.
///
/// Back-references and repeats counted beyond 255 are refused, because they can take hours. Threading: may be used from
/// several threads at once; Glibc locks each pattern.
@safe public final class PosixPattern: @unchecked Sendable {
  // Safe: `compiled` is written in `init` and `deinit` only.
  private let compiled: UnsafeMutablePointer<regex_t>
  /// The expression's text.
  public let text: String
  /// Texts of which at least one occurs in whatever it matches, none of them empty; `nil` where none can be told.
  public let requiredLiterals: [[UInt8]]?

  /// Why a text is refused.
  public struct Failure: Error {
    /// With the text.
    public let reason: String
  }

  /// Compiles an expression.
  ///
  /// - Parameter text: At most 1,024 bytes.
  /// - Throws: What is wrong with it, or dangerous.
  public init(_ text: String) throws(Failure) {
    if let reason = Self.problem(text) { throw Failure(reason: "\"\(text)\" \(reason)") }
    self.text = text
    requiredLiterals = RequiredLiterals.of(text)
    unsafe compiled = try Self.compile(text)
  }

  /// Compiles a pattern; on failure Glibc has freed what it allocated, so `regfree` must not see it.
  private static func compile(_ text: String) throws(Failure) -> UnsafeMutablePointer<regex_t> {
    let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
    let code = unsafe regcomp(compiled, text, REG_EXTENDED | REG_NOSUB)
    guard code != 0 else { return unsafe compiled }
    var message = [CChar](repeating: 0, count: 256)
    let size = unsafe regerror(code, compiled, &message, message.count)
    unsafe compiled.deallocate()
    let bytes = message.prefix(max(0, min(size, message.count) - 1)).map(UInt8.init(bitPattern:))
    let reason = String(decoding: bytes, as: UTF8.self)
    throw Failure(reason: "\"\(text)\" is no extended regular expression: \(reason)")
  }

  /// Whether it matches anywhere in a text.
  public func matches(_ subject: String) -> Bool {
    unsafe regexec(compiled, subject, 0, nil, 0) == 0
  }

  /// What makes a pattern dangerous, or `nil`.
  private static func problem(_ text: String) -> String? {
    guard text.utf8.count <= 1_024 else { return "is longer than 1024 bytes" }
    guard !text.utf8.contains(0) else { return "contains a zero byte" }
    var escaped = false
    var repeats = 0
    for byte in text.utf8 {
      if escaped {
        escaped = false
        if (0x31...0x39).contains(byte) { return "has a back-reference, which can take hours" }
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
      } else if byte == UInt8(ascii: "{") {
        repeats += 1
      }
    }
    guard repeats <= 8 else { return "has more than 8 counted repeats" }
    let counts = text.split { !$0.isNumber }.compactMap { $0.count > 3 ? 1_000 : Int($0) }
    guard repeats == 0 || counts.allSatisfy({ $0 <= 255 }) else {
      return "has a repeat counted beyond 255"
    }
    return nil
  }

  deinit {
    unsafe regfree(compiled)
    unsafe compiled.deallocate()
  }
}
