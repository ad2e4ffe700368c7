/// A place in a JSON value (RFC 6901): `/servers/0/port`; the empty text is the whole value.
public struct JSONPointer: Sendable, Equatable {
  private let tokens: [String]

  /// Parses a pointer; `nil` when a text that is not empty does not begin with `/`, or has a stray `~`.
  public init?(_ text: String) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    guard text.hasPrefix("/") else { return nil }
    var tokens: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = Self.unescape(part) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  /// A name as it stands in a pointer: `~` as `~0`, `/` as `~1`.
  public static func escape(_ name: String) -> String {
    name.utf8.contains { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }
      ? String(name.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }) : name
  }

  private static func unescape(_ part: Substring) -> String? {
    var text = ""
    var rest = part[...]
    while let character = rest.popFirst() {
      guard character == "~" else {
        text.append(character)
        continue
      }
      switch rest.popFirst() {
      case "0": text.append("~")
      case "1": text.append("/")
      default: return nil
      }
    }
    return text
  }

  /// Finds the place in a value.
  ///
  /// - Parameter json: Where to look.
  /// - Returns: What is there, or `nil`.
  public func value(in json: JSON) -> JSON? {
    var found = json
    for token in tokens {
      switch found {
      case .object(let members):
        guard let member = members[token] else { return nil }
        found = member
      case .array(let elements):
        guard let index = Int(token), elements.indices.contains(index), "\(index)" == token else {
          return nil
        }
        found = elements[index]
      default: return nil
      }
    }
    return found
  }
}
