/// Holds one JSON text against a schema, from its first byte to its last, without making values of it.
///
/// What `allOf`, `anyOf`, `oneOf` and `$ref` name goes over the same bytes again; a text that takes too long so is refused.
struct SchemaCheck {
  typealias Violation = JSONSchema.Violation

  private enum Step {
    case index(Int)
    case name(Range<Int>)
  }

  private let schema: JSONSchema
  private var cursor = JSONCursor()
  private var path: [Step] = []
  private var steps = 0
  private var isExhausted = false

  init(_ schema: JSONSchema) { self.schema = schema }

  /// Checks a whole text.
  mutating func run(_ text: Span<UInt8>) throws(Violation) {
    steps = 100_000 + 16 * text.count
    guard JSONCursor.isUTF8(text) else { throw fault(text) }
    cursor.skipSpace(text)
    try check(0, text)
    cursor.skipSpace(text)
    guard cursor.at == text.count else { throw fault(text) }
  }

  /// Checks the value at the cursor, and goes behind it.
  private mutating func check(_ number: Int, _ text: Span<UInt8>) throws(Violation) {
    steps -= 1
    if steps < 0 {
      isExhausted = true
      throw violation(text, "takes too long to be checked")
    }
    let node = schema.nodes[number]
    let start = cursor.at
    guard let byte = cursor.peek(text) else { throw fault(text) }
    switch byte {
    case UInt8(ascii: "{"): try checkObject(node, text)
    case UInt8(ascii: "["): try checkArray(node, text)
    case UInt8(ascii: "\""): try checkString(node, text)
    case UInt8(ascii: "t"), UInt8(ascii: "f"): try checkWord(node, .boolean, text)
    case UInt8(ascii: "n"): try checkWord(node, .null, text)
    default: try checkNumber(node, text)
    }
    let end = cursor.at
    try checkBeside(node, start, text)
    cursor.at = end
  }

  // MARK: Kinds of values

  private mutating func checkObject(
    _ node: SchemaNode, _ text: Span<UInt8>
  ) throws(Violation) {
    let start = cursor.at
    try checkKind(.object, node, start, text)
    try enter(text)
    var missing = (1 << UInt64(node.rules.required.count)) &- 1 as UInt64
    if node.rules.required.count == 64 { missing = .max }
    var isFirst = true
    while !cursor.take(UInt8(ascii: "}"), text) {
      if !isFirst { try expect(UInt8(ascii: ","), text) }
      isFirst = false
      guard let name = cursor.string(text) else { throw fault(text) }
      try expect(UInt8(ascii: ":"), text)
      path.append(.name(name.range))
      let member = find(name, among: node.rules.members, text)
      if let member { missing &= ~member.bit }
      if let node = member?.node {
        try check(node, text)
      } else if member != nil {
        try skip(text)
      } else {
        switch node.rules.others {
        case .any: try skip(text)
        case .none: throw violation(text, "is not allowed here")
        case .node(let node): try check(node, text)
        }
      }
      path.removeLast()
      cursor.skipSpace(text)
    }
    if missing != 0 {
      let name = node.rules.required[missing.trailingZeroBitCount]
      throw Violation(
        pointer: "\(pointer(text))/\(JSONPointer.escape(name))",
        reason: "is missing; it is required")
    }
    try checkComposite(node, start, text)
  }

  private mutating func checkArray(
    _ node: SchemaNode, _ text: Span<UInt8>
  ) throws(Violation) {
    let start = cursor.at
    try checkKind(.array, node, start, text)
    try enter(text)
    var count = 0
    while !cursor.take(UInt8(ascii: "]"), text) {
      if count > 0 { try expect(UInt8(ascii: ","), text) }
      path.append(.index(count))
      if let items = node.rules.items { try check(items, text) } else { try skip(text) }
      path.removeLast()
      count += 1
      cursor.skipSpace(text)
    }
    if let least = node.rules.leastItems, count < least {
      throw violation(text, "must have at least \(least) elements, not \(count)")
    }
    if let most = node.rules.mostItems, count > most {
      throw violation(text, "must have at most \(most) elements, not \(count)")
    }
    try checkComposite(node, start, text)
  }

  private mutating func checkString(
    _ node: SchemaNode, _ text: Span<UInt8>
  ) throws(Violation) {
    let start = cursor.at
    try checkKind(.string, node, start, text)
    guard let string = cursor.string(text) else { throw fault(text) }
    if let shortest = node.rules.shortest, string.scalars < shortest {
      throw violation(text, "must have at least \(shortest) characters, not \(string.scalars)")
    }
    if let longest = node.rules.longest, string.scalars > longest {
      throw violation(text, "must have at most \(longest) characters, not \(string.scalars)")
    }
    guard node.rules.pattern != nil || node.rules.choices != nil else { return }
    let value = JSONCursor.text(of: string, text)
    try checkChoice(.string(value), node, start, text)
    if let pattern = node.rules.pattern, value.utf8.contains(0) || !pattern.matches(value) {
      throw violation(text, "must match \(pattern.text), unlike \(found(start, text))")
    }
  }

  private mutating func checkNumber(
    _ node: SchemaNode, _ text: Span<UInt8>
  ) throws(Violation) {
    let start = cursor.at
    guard let isWhole = cursor.number(text) else { throw fault(text) }
    let end = cursor.at
    if let kinds = node.rules.kinds, !kinds.contains(.number) {
      let value = isWhole ? nil : JSONCursor.number(in: start..<end, text).double
      guard kinds.contains(.integer), value.map({ $0.rounded() == $0 }) ?? true else {
        throw violation(text, "must be \(kinds.phrase), not \(found(start, text))")
      }
    }
    guard node.rules.choices != nil || !node.rules.bounds.isEmpty else { return }
    let value = JSONCursor.number(in: start..<end, text)
    try checkChoice(value, node, start, text)
    for bound in node.rules.bounds where !bound.holds(for: value) {
      throw violation(
        text, "must be \(bound.keyword.phrase) \(bound.limit.text()), not \(value.text())")
    }
  }

  private mutating func checkWord(
    _ node: SchemaNode, _ kind: SchemaNode.Kinds, _ text: Span<UInt8>
  ) throws(Violation) {
    let start = cursor.at
    guard let value = cursor.word(text) else { throw fault(text) }
    try checkKind(kind, node, start, text)
    try checkChoice(value, node, start, text)
  }

  // MARK: What several kinds have in common

  private func checkKind(
    _ kind: SchemaNode.Kinds, _ node: SchemaNode, _ start: Int, _ text: Span<UInt8>
  ) throws(Violation) {
    guard let kinds = node.rules.kinds, kinds.isDisjoint(with: kind) else { return }
    throw violation(text, "must be \(kinds.phrase), not \(found(start, text))")
  }

  private func checkChoice(
    _ value: JSON, _ node: SchemaNode, _ start: Int, _ text: Span<UInt8>
  ) throws(Violation) {
    guard let choices = node.rules.choices, !choices.contains(where: { $0.equalsByNumber(value) })
    else { return }
    if choices.isEmpty { throw violation(text, "is not allowed here") }
    let allowed = choices.prefix(16).map { $0.text() }.joined(separator: ", ")
    let more = choices.count > 16 ? ", …" : ""
    let words = choices.count == 1 ? "must be" : "must be one of"
    throw violation(text, "\(words) \(allowed)\(more), not \(found(start, text))")
  }

  private func checkComposite(
    _ node: SchemaNode, _ start: Int, _ text: Span<UInt8>
  ) throws(Violation) {
    guard node.rules.choices != nil else { return }
    let bytes = (start..<cursor.at).map { text[$0] }
    guard let value = try? JSON(parsing: bytes) else { throw fault(text) }
    try checkChoice(value, node, start, text)
  }

  /// Holds the value from `start` to the cursor against what `$ref`, `allOf`, `anyOf` and `oneOf` name.
  private mutating func checkBeside(
    _ node: SchemaNode, _ start: Int, _ text: Span<UInt8>
  ) throws(Violation) {
    for number in node.rules.all {
      cursor.at = start
      try check(number, text)
    }
    if !node.rules.any.isEmpty {
      var reasons: [Violation] = []
      for number in node.rules.any {
        guard let reason = try attempt(number, start, text) else {
          reasons = []
          break
        }
        reasons.append(reason)
      }
      if !reasons.isEmpty { throw none(of: reasons, text) }
    }
    guard !node.rules.one.isEmpty else { return }
    var reasons: [Violation] = []
    for number in node.rules.one {
      if let reason = try attempt(number, start, text) { reasons.append(reason) }
    }
    if reasons.count == node.rules.one.count { throw none(of: reasons, text) }
    let fits = node.rules.one.count - reasons.count
    guard fits == 1 else {
      throw violation(text, "must fit only one of \(node.rules.one.count) schemas, not \(fits)")
    }
  }

  /// Why the value at `start` does not fit; `nil` when it does.
  private mutating func attempt(
    _ number: Int, _ start: Int, _ text: Span<UInt8>
  ) throws(Violation) -> Violation? {
    let depth = path.count
    cursor.at = start
    do throws(Violation) {
      try check(number, text)
      return nil
    } catch {
      path.removeLast(path.count - depth)
      if isExhausted { throw error }
      return error
    }
  }

  private func none(of reasons: [Violation], _ text: Span<UInt8>) -> Violation {
    let here = pointer(text)
    let all = reasons.prefix(3).map { reason in
      reason.pointer == here ? reason.reason : "\(reason.pointer) \(reason.reason)"
    }
    let words = all.joined(separator: "; or ") + (reasons.count > 3 ? "; or …" : "")
    return Violation(pointer: here, reason: words)
  }

  // MARK: Going on

  private mutating func skip(_ text: Span<UInt8>) throws(Violation) {
    steps -= 1
    guard cursor.skipValue(text, deepest: JSONSchema.deepest - path.count) else {
      throw fault(text)
    }
  }

  /// Goes past an opening bracket.
  private mutating func enter(_ text: Span<UInt8>) throws(Violation) {
    guard path.count < JSONSchema.deepest else {
      throw violation(text, "is nested deeper than \(JSONSchema.deepest) levels")
    }
    cursor.at += 1
    cursor.skipSpace(text)
  }

  private mutating func expect(_ byte: UInt8, _ text: Span<UInt8>) throws(Violation) {
    cursor.skipSpace(text)
    guard cursor.take(byte, text) else { throw fault(text) }
    cursor.skipSpace(text)
  }

  private func find(
    _ name: JSONCursor.StringRange, among members: [SchemaNode.Member], _ text: Span<UInt8>
  ) -> SchemaNode.Member? {
    if name.hasEscapes {
      let bytes = Array(JSONCursor.text(of: name, text).utf8)
      return members.first { $0.name == bytes }
    }
    let range = name.range
    for member in members where member.name.count == range.count {
      var at = range.lowerBound
      for byte in member.name {
        guard byte == text[at] else { break }
        at += 1
      }
      if at == range.upperBound { return member }
    }
    return nil
  }

  // MARK: Words

  private func violation(_ text: Span<UInt8>, _ reason: String) -> Violation {
    Violation(pointer: pointer(text), reason: reason)
  }

  /// The text is no JSON, or deeper than is looked.
  private func fault(_ text: Span<UInt8>) -> Violation {
    let fault = JSONScanner.fault(in: text.indices.map { text[$0] }, json5: false)
    return Violation(
      pointer: "",
      reason: "is no JSON: \(fault?.description ?? "wrong, or too deep, at byte \(cursor.at)")")
  }

  private func pointer(_ text: Span<UInt8>) -> String {
    path.map { step in
      switch step {
      case .index(let index): return "/\(index)"
      case .name(let range):
        let raw = JSONCursor.StringRange(range: range, hasEscapes: true, scalars: 0)
        return "/" + JSONPointer.escape(JSONCursor.text(of: raw, text))
      }
    }.joined()
  }

  /// What stands at a place, for a person.
  private func found(_ start: Int, _ text: Span<UInt8>) -> String {
    var cursor = JSONCursor()
    cursor.at = start
    switch text[start] {
    case UInt8(ascii: "{"): return "an object"
    case UInt8(ascii: "["): return "an array"
    case UInt8(ascii: "\""):
      guard let string = cursor.string(text), string.range.count <= 64 else { return "a string" }
      return "the string \(JSONCursor.bytes(start..<cursor.at, text))"
    case UInt8(ascii: "t"): return "true"
    case UInt8(ascii: "f"): return "false"
    case UInt8(ascii: "n"): return "null"
    default:
      guard cursor.number(text) != nil, cursor.at - start <= 64 else { return "a number" }
      return "the number \(JSONCursor.bytes(start..<cursor.at, text))"
    }
  }
}
