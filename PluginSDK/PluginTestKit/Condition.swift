import CDovetail
import PluginSDK

/// A filter, as a host reads and evaluates it.
struct Condition: Sendable {
  private let field: EventField
  private let test: UInt32
  private let value: String

  /// Reads a filter.
  init(_ raw: dvt_filter, at index: Int) throws(PluginError) {
    test = unsafe raw.test
    value = unsafe raw.value.string
    guard test <= DVT_FILTER_GREATER else {
      throw .refusal("filters[\(index)].test is \(test), expected one of DVT_FILTER_…")
    }
    let text = unsafe raw.field.string
    guard let field = EventField(text) else { throw .noField(text) }
    self.field = field
  }

  /// Whether an event meets it.
  func holds(for event: Event) -> Bool {
    guard let found = field.value(in: event) else { return test == DVT_FILTER_NOT_EQUAL }
    if case .string(let text) = found { return holds(text: Array(text.utf8)) }
    let order = (try? Settings(value)).flatMap { Self.order(found, $0) }
    switch test {
    case DVT_FILTER_EQUAL: return order == 0 || isSame(found)
    case DVT_FILTER_NOT_EQUAL: return order != 0 && !isSame(found)
    case DVT_FILTER_EXISTS: return true
    case DVT_FILTER_LESS: return order == -1
    case DVT_FILTER_GREATER: return order == 1
    default: return false
    }
  }

  private func isSame(_ found: Settings) -> Bool {
    (try? Settings(value)).map { $0.json == found.json } ?? false
  }

  private func holds(text: [UInt8]) -> Bool {
    let value = Array(value.utf8)
    switch test {
    case DVT_FILTER_EQUAL: return text == value
    case DVT_FILTER_NOT_EQUAL: return text != value
    case DVT_FILTER_PREFIX: return text.starts(with: value)
    case DVT_FILTER_SUFFIX: return text.suffix(value.count) == value[...]
    case DVT_FILTER_CONTAINS: return text.firstRange(of: value) != nil
    case DVT_FILTER_EXISTS: return true
    case DVT_FILTER_LESS: return text.lexicographicallyPrecedes(value)
    default: return value.lexicographicallyPrecedes(text)
    }
  }

  /// -1, 0 or 1 where both are numbers.
  private static func order(_ left: Settings, _ right: Settings) -> Int? {
    guard let left = left.number, let right = right.number else { return nil }
    return left < right ? -1 : left > right ? 1 : 0
  }
}

extension Settings {
  fileprivate var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}

extension PluginError {
  /// What a host says of a malformed argument.
  static func refusal(_ message: String) -> PluginError {
    PluginError(.invalid, message, domain: "dovetail")
  }

  /// What a host says of a field that events do not have.
  static func noField(_ text: String) -> PluginError {
    .refusal(
      "'\(text)' is no field of an event; use source, subject, datacontenttype, dataschema, extension:NAME or "
        + "data:/JSON/POINTER")
  }
}
