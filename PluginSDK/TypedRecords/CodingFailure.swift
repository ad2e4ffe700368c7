import PluginSDK

/// Why a type and a value do not fit, in words.
enum CodingFailure {
  /// An error of a coder as the SDK's.
  static func describing(_ error: any Error, _ what: String) -> PluginError {
    let (path, reason): ([any CodingKey], String) =
      switch error {
      case DecodingError.keyNotFound(let key, let context):
        (context.codingPath + [key], "is missing")
      case DecodingError.typeMismatch(_, let context),
        DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context):
        (context.codingPath, context.debugDescription)
      case EncodingError.invalidValue(_, let context):
        (context.codingPath, context.debugDescription)
      case let error as PluginError: ([], error.message)
      default: ([], "\(error)")
      }
    let place = path.isEmpty ? "" : "\(text(of: path)) "
    return PluginError(.invalid, "\(what): \(place)\(reason)")
  }

  /// A path as text: `items[1].price`.
  private static func text(of path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
      if key is Place { return "\(text)[\(key.stringValue)]" }
      return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
    }
  }

  /// What is there in place of what a type wants.
  static func mismatch(
    _ type: Any.Type, _ wanted: String, _ value: Value, _ path: [any CodingKey]
  ) -> DecodingError {
    .typeMismatch(
      type,
      DecodingError.Context(
        codingPath: path, debugDescription: "must be \(wanted), not \(name(of: value))"))
  }

  /// What a type has that the store does not.
  static func unfit(
    _ value: Any, _ reason: String, _ path: [any CodingKey]
  ) -> EncodingError {
    .invalidValue(
      value, EncodingError.Context(codingPath: path, debugDescription: reason))
  }

  private static func name(of value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .int(let number): "the integer \(number)"
    case .double(let number): "the number \(number)"
    case .string(let text): "the string \"\(text.prefix(40))\""
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .date: "a date"
    case .list: "a list"
    case .map: "a map"
    }
  }
}

/// A place in a list.
struct Place: CodingKey {
  let index: Int

  init(_ index: Int) { self.index = index }

  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) { nil }

  var intValue: Int? { index }
  var stringValue: String { "\(index)" }
}

/// A member by name.
struct Name: CodingKey {
  let stringValue: String

  init(_ name: String) { stringValue = name }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { stringValue = "\(intValue)" }

  var intValue: Int? { nil }
}
