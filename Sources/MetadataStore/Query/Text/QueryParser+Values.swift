import FoundationEssentials
import HostSupport

extension QueryParser {
  /// A value or the place of one.
  mutating func operand() throws(MetadataError) -> QueryOperand {
    if let parameter = parameter() { return parameter }
    return .value(try value(depth: 1))
  }

  private mutating func value(depth: Int) throws(MetadataError) -> MetadataValue {
    guard depth <= MetadataQuery.maximumDepth else { throw .tooDeep }
    switch head.kind {
    case .string(let text):
      advance()
      return .string(text)
    case .int(let number):
      advance()
      return .int(number)
    case .double(let number):
      advance()
      return .double(number)
    case .symbol("["): return .list(try elements(depth))
    case .symbol("{"): return .map(try members(depth))
    default: return try word()
    }
  }

  private mutating func word() throws(MetadataError) -> MetadataValue {
    switch head.word {
    case "true", "false":
      defer { advance() }
      return .bool(head.word == "true")
    case "null":
      advance()
      return .null
    case "date":
      advance()
      guard case .string(let text) = head.kind, let date = Timestamp.nanoseconds(text) else {
        throw expected("a date like \"2026-01-31T10:00:00Z\" after date")
      }
      advance()
      return .date(nanoseconds: date)
    case "bytes":
      advance()
      guard case .string(let text) = head.kind, let data = Data(base64Encoded: text) else {
        throw expected("base64 in double quotes after bytes")
      }
      advance()
      return .bytes([UInt8](data))
    default:
      if case .names(let names, _) = head.kind {
        throw head.refusal(
          "expected a value, found \"\(names.joined(separator: "."))\"; text stands in double quotes"
        )
      }
      throw expected("a value")
    }
  }

  private mutating func elements(_ depth: Int) throws(MetadataError) -> [MetadataValue] {
    advance()
    var elements: [MetadataValue] = []
    if take(symbol: "]") { return elements }
    repeat { elements.append(try value(depth: depth + 1)) } while take(symbol: ",")
    guard take(symbol: "]") else { throw expected("\",\" or \"]\"") }
    return elements
  }

  private mutating func members(_ depth: Int) throws(MetadataError) -> [String: MetadataValue] {
    advance()
    var members: [String: MetadataValue] = [:]
    if take(symbol: "}") { return members }
    repeat {
      guard case .string(let name) = head.kind else {
        throw expected("the name of a member in double quotes")
      }
      guard members[name] == nil else {
        throw head.refusal("the map has the name \"\(name)\" twice")
      }
      advance()
      try require(symbol: ":")
      members[name] = try value(depth: depth + 1)
    } while take(symbol: ",")
    guard take(symbol: "}") else { throw expected("\",\" or \"}\"") }
    return members
  }
}
