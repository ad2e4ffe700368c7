import HostSupport

/// A piece of a query's text.
struct QueryToken {
  enum Kind: Equatable {
    /// Names joined by dots; plain when none stands in backticks.
    case names([String], isPlain: Bool)
    case string(String)
    case int(Int64)
    case double(Double)
    /// `:name`.
    case parameter(String)
    /// `$name`.
    case ofRecord(String)
    case symbol(String)
    case end
  }

  let kind: Kind
  /// Where it begins, in Unicode scalars, 1….
  let line: Int
  let column: Int

  /// The word that it is, in lower case; `nil` when it cannot be one.
  var word: String? {
    guard case .names(let names, isPlain: true) = kind, names.count == 1 else { return nil }
    return names[0].lowercased()
  }

  /// What an error says was found.
  var shown: String {
    switch kind {
    case .names(let names, _): "\"\(names.joined(separator: "."))\""
    case .string: "text"
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .parameter(let name): ":\(name)"
    case .ofRecord(let name): "\(name)"
    case .symbol(let symbol): "\"\(symbol)\""
    case .end: "the end"
    }
  }

  /// An error at this place.
  func refusal(_ text: String) -> MetadataError { Self.refusal(line, column, text) }

  static func refusal(_ line: Int, _ column: Int, _ text: String) -> MetadataError {
    .invalid("the query, line \(line), column \(column): \(text)")
  }

  /// Words that a field's name must stand in backticks for.
  static let reserved: Set<String> = [
    "select", "from", "where", "group", "by", "having", "order", "limit", "after", "and", "or",
    "not", "in", "between", "prefix", "contains", "has", "under", "exists", "is", "null",
    "matches", "asc", "desc", "true", "false",
  ]
}
