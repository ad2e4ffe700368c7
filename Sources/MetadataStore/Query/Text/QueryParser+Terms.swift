import HostSupport

extension QueryParser {
  /// Something of a record, or a figure.
  mutating func term() throws(MetadataError) -> QueryTerm {
    guard case .symbol("(") = following.kind, let name = head.word,
      !QueryToken.reserved.contains(name)
    else { return .record(try field()) }
    guard let function = QueryAggregate.Function(name: name) else {
      let known = QueryAggregate.Function.names
      throw head.refusal(
        "there is no figure \"\(name)\"\(Spelling.hint(for: name, in: known)); there are count, sum, "
          + "avg, min, max and p0 to p100")
    }
    advance()
    advance()
    if take(symbol: ")") {
      guard function == .count else {
        throw tokenBefore.refusal("\(name) needs a field: \(name)(…)")
      }
      return .count
    }
    let field = try field()
    try require(symbol: ")")
    return .aggregate(QueryAggregate(function, of: field))
  }

  /// Something of a record.
  mutating func field() throws(MetadataError) -> QueryField {
    switch head.kind {
    case .names(let names, let isPlain):
      if isPlain, names.count == 1, QueryToken.reserved.contains(names[0].lowercased()) {
        throw head.refusal(
          "expected a field, found the word \"\(names[0])\"; for a field of that name write "
            + "`\(names[0])`")
      }
      let path = FieldPath(names: names)
      try path.validate(head)
      advance()
      return .path(path)
    case .ofRecord(let name):
      let known = QueryField.ofRecord
      guard let found = known.first(where: { $0.name == name }) else {
        throw head.refusal(
          "a record has no \(name)\(Spelling.hint(for: name, in: known.map(\.name))); it has "
            + known.map(\.name).joined(separator: ", "))
      }
      advance()
      return found.field
    default: throw expected("a field")
    }
  }
}

extension FieldPath {
  fileprivate func validate(_ token: QueryToken) throws(MetadataError) {
    guard isWithinLimits else {
      throw token.refusal(
        "a field has at most \(Self.mostNames) names and \(Self.maximumBytes) bytes")
    }
  }

  /// Whether the names are not empty, not too many and not too long.
  var isWithinLimits: Bool {
    guard (1...Self.mostNames).contains(names.count), segments.allSatisfy({ !$0.isEmpty }) else {
      return false
    }
    // At most every byte is escaped.
    let bytes = segments.reduce(0) { $0 + $1.count }
    return bytes * 2 + names.count <= Self.maximumBytes
      || description.utf8.count <= Self.maximumBytes
  }
}
