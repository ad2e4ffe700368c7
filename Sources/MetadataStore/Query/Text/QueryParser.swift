import HostSupport

/// Reads queries; the grammar is in QUERY.md.
struct QueryParser {
  private let tokens: [QueryToken]
  private var next = 0
  var depth = 0
  var tests = 0
  /// How many `?` were read.
  var positions = 0

  /// Reads a whole text.
  init(_ text: String) throws(MetadataError) {
    tokens = try QueryScanner.tokens(of: text)
  }

  var head: QueryToken { tokens[next] }
  var tokenBefore: QueryToken { tokens[max(0, next - 1)] }
  var following: QueryToken { tokens[min(next + 1, tokens.count - 1)] }

  mutating func advance() {
    if next < tokens.count - 1 { next += 1 }
  }

  /// Goes on when a word of the language is here.
  mutating func take(_ word: String) -> Bool {
    guard head.word == word else { return false }
    advance()
    return true
  }

  mutating func take(symbol: String) -> Bool {
    guard head.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func require(_ word: String) throws(MetadataError) {
    guard take(word) else { throw expected("\"\(word)\"", oneOf: [word]) }
  }

  mutating func require(symbol: String) throws(MetadataError) {
    guard take(symbol: symbol) else { throw expected("\"\(symbol)\"") }
  }

  /// An error about what is here.
  func expected(_ what: String, oneOf words: [String] = []) -> MetadataError {
    let hint = head.word.map { word in
      words.contains(word) ? "" : Spelling.hint(for: word, in: words)
    }
    return head.refusal("expected \(what), found \(head.shown)\(hint ?? "")")
  }

  /// What must stand at the end, where a clause could also begin.
  func requireEnd(_ clauses: [String]) throws(MetadataError) {
    guard head.kind == .end else {
      let words = clauses.map { "\"\($0)\"" }.joined(separator: ", ")
      throw expected(clauses.isEmpty ? "the end" : "\(words) or the end", oneOf: clauses)
    }
  }
}

extension QueryParser {
  /// The query.
  mutating func query() throws(MetadataError) -> MetadataQuery {
    var columns: [QueryTerm] = []
    if take("select") {
      columns = try list { (parser) throws(MetadataError) in try parser.term() }
    }
    guard take("from") else {
      let words = columns.isEmpty ? ["select", "from"] : ["from"]
      throw expected(
        columns.isEmpty ? "\"select\" or \"from\"" : "\",\" or \"from\"", oneOf: words)
    }
    var query = MetadataQuery(from: try collection())
    query.columns = columns
    var clauses = ["where", "group", "having", "order", "limit", "after"]
    func passed(_ clause: String) {
      clauses.removeFirst((clauses.firstIndex(of: clause) ?? -1) + 1)
    }
    if take("where") {
      query.condition = try condition()
      passed("where")
    }
    if take("group") {
      try require("by")
      query.grouping = try list { (parser) throws(MetadataError) in try parser.field() }
      passed("group")
    }
    if take("having") {
      query.groupCondition = try condition()
      passed("having")
    }
    if take("order") {
      try require("by")
      query.ordering = try list { (parser) throws(MetadataError) in try parser.order() }
      passed("order")
    }
    if take("limit") {
      query.limit = try limit()
      passed("limit")
    }
    if take("after") {
      query.cursor = try cursor()
      passed("after")
    }
    try requireEnd(clauses)
    return query
  }

  private mutating func list<Item>(
    _ item: (inout QueryParser) throws(MetadataError) -> Item
  ) throws(MetadataError) -> [Item] {
    var items: [Item] = []
    repeat {
      guard items.count < MetadataQuery.mostTerms else {
        throw head.refusal("at most \(MetadataQuery.mostTerms) terms are allowed here")
      }
      items.append(try item(&self))
    } while take(symbol: ",")
    return items
  }

  private mutating func collection() throws(MetadataError) -> String {
    let name: String
    switch head.kind {
    case .names(let names, isPlain: true)
    where names.count > 1 || !QueryToken.reserved.contains(names[0].lowercased()):
      name = names.joined(separator: ".")
    case .string(let text): name = text
    default: throw expected("the name of a collection")
    }
    do throws(MetadataError) {
      try MetadataWrite.validate(collection: name)
    } catch {
      throw head.refusal(error.description)
    }
    advance()
    return name
  }

  private mutating func order() throws(MetadataError) -> QueryOrder {
    let term = try term()
    if take("desc") { return QueryOrder(term, isDescending: true) }
    _ = take("asc")
    return QueryOrder(term)
  }

  private mutating func limit() throws(MetadataError) -> QueryOperand {
    if let parameter = parameter() { return parameter }
    guard case .int(let number) = head.kind, number >= 0 else {
      throw expected("a number of results, 0 or more")
    }
    advance()
    return .value(.int(number))
  }

  private mutating func cursor() throws(MetadataError) -> QueryOperand {
    if let parameter = parameter() { return parameter }
    guard case .string(let text) = head.kind else { throw expected("a cursor in double quotes") }
    advance()
    return .value(.string(text))
  }

  /// `?` or `:name`.
  mutating func parameter() -> QueryOperand? {
    switch head.kind {
    case .parameter(let name):
      advance()
      return .name(name)
    case .symbol("?"):
      advance()
      positions += 1
      return .position(positions - 1)
    default: return nil
    }
  }
}
