import FoundationEssentials
import HostSupport

extension MetadataQuery: CustomStringConvertible {
  /// Reads a query.
  ///
  /// - Parameter text: As QUERY.md has it, at most 64 KiB.
  /// - Throws: `.invalid` with line, column and what was expected, or `.tooLarge`.
  public init(_ text: String) throws(MetadataError) {
    var parser = try QueryParser(text)
    self = try parser.query()
    try validate()
  }

  /// The query as text; reading it gives the query back.
  public var description: String {
    var text = columns.isEmpty ? "" : "select \(list(columns)) "
    text += "from \(Self.text(ofCollection: collection))"
    if let condition { text += " where \(condition)" }
    if !grouping.isEmpty { text += " group by \(list(grouping))" }
    if let groupCondition { text += " having \(groupCondition)" }
    if !ordering.isEmpty { text += " order by \(list(ordering))" }
    if let limit { text += " limit \(limit)" }
    if let cursor { text += " after \(cursor)" }
    return text
  }

  private func list(_ items: [some CustomStringConvertible]) -> String {
    items.map(\.description).joined(separator: ", ")
  }

  private static func text(ofCollection name: String) -> String {
    let names = name.split(separator: ".", omittingEmptySubsequences: false)
    let first = names.first.flatMap(\.unicodeScalars.first)
    let isReserved = names.count == 1 && QueryToken.reserved.contains(name.lowercased())
    let isPlain = first.map(QueryScanner.beginsName) ?? false
    return isPlain && !isReserved ? name : JSON.string(name).text()
  }
}

extension QueryCondition: CustomStringConvertible {
  /// Reads a condition: what stands behind `where` in a query.
  ///
  /// - Parameter text: As QUERY.md has it, at most 64 KiB.
  /// - Throws: `.invalid` with line, column and what was expected, or `.tooLarge`.
  public init(_ text: String) throws(MetadataError) {
    var parser = try QueryParser(text)
    self = try parser.condition()
    try parser.requireEnd(["and", "or"])
  }

  /// The condition as text; reading it gives the condition back.
  public var description: String {
    switch unwrapped {
    case .compare(let term, let relation, let operand): "\(term) \(relation.rawValue) \(operand)"
    case .between(let term, let least, let most): "\(term) between \(least) and \(most)"
    case .among(let term, let choices):
      "\(term) in (\(choices.map(\.description).joined(separator: ", ")))"
    case .amongElements(let term, let list): "\(term) in \(list)"
    case .prefix(let term, let operand): "\(term) prefix \(operand)"
    case .contains(let term, let operand): "\(term) contains \(operand)"
    case .has(let term, let operand): "\(term) has \(operand)"
    case .under(let term, let operand): "\(term) under \(operand)"
    case .exists(let term): "\(term) exists"
    case .isNull(let term): "\(term) is null"
    case .matches(let words): "matches \(words)"
    case .not(let condition): "not \(condition.asPart)"
    case .and(let conditions): conditions.map(\.asPart).joined(separator: " and ")
    case .or(let conditions):
      conditions.map { if case .or = $0.unwrapped { $0.asPart } else { $0.description } }
        .joined(separator: " or ")
    }
  }

  /// The text in parentheses where it would otherwise be read as something else.
  private var asPart: String {
    switch unwrapped {
    case .and, .or: "(\(description))"
    default: description
    }
  }

  /// The condition alone that `and` or `or` joins with no other.
  private var unwrapped: QueryCondition {
    switch self {
    case .and(let conditions) where conditions.count == 1: conditions[0].unwrapped
    case .or(let conditions) where conditions.count == 1: conditions[0].unwrapped
    default: self
    }
  }
}

extension QueryOrder: CustomStringConvertible {
  /// The term as text.
  public var description: String { isDescending ? "\(term) desc" : "\(term)" }
}

extension QueryTerm: CustomStringConvertible {
  /// The term as text.
  public var description: String {
    switch self {
    case .record(let field): field.description
    case .aggregate(let aggregate):
      "\(aggregate.function.name)(\(aggregate.field?.description ?? ""))"
    }
  }
}

extension QueryField: CustomStringConvertible {
  /// The field as text.
  public var description: String {
    guard case .path(let path) = self else {
      return Self.ofRecord.first { $0.field == self }?.name ?? ""
    }
    return path.names.map { Self.text(ofName: $0, isAlone: path.names.count == 1) }
      .joined(separator: ".")
  }

  private static func text(ofName name: String, isAlone: Bool) -> String {
    let scalars = name.unicodeScalars
    let isPlain =
      scalars.allSatisfy(QueryScanner.continuesName)
      && (scalars.first.map(QueryScanner.beginsName) ?? false)
      && !(isAlone && QueryToken.reserved.contains(name.lowercased()))
    if isPlain { return name }
    let escaped = scalars.map { scalar in
      switch scalar {
      case "`": "\\`"
      case "\"": "\""
      default: String(JSON.string(String(scalar)).text().dropFirst().dropLast())
      }
    }
    return "`\(escaped.joined())`"
  }
}

extension QueryOperand: CustomStringConvertible {
  /// The operand as text.
  public var description: String {
    switch self {
    case .value(let value): Self.text(of: value)
    case .position: "?"
    case .name(let name): ":\(name)"
    }
  }

  static func text(of value: MetadataValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): JSON.string(text).text()
    case .bytes(let bytes): "bytes \"\(Data(bytes).base64EncodedString())\""
    case .date(let nanoseconds): "date \"\(Timestamp.text(nanoseconds))\""
    case .list(let elements): "[\(elements.map(text).joined(separator: ", "))]"
    case .map(let members):
      "{"
        + members.sorted { $0.key < $1.key }
        .map { "\(JSON.string($0.key).text()): \(text(of: $0.value))" }
        .joined(separator: ", ") + "}"
    }
  }
}
