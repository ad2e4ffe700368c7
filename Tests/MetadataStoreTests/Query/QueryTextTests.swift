import MetadataStore
import Testing

@Suite struct QueryTextTests {
  /// Texts in canonical form.
  static let canonical = [
    "from users",
    "from shop.orders-2024 where a = 1",
    "from \"2024\" where a = 1",
    "from \"order\"",
    """
    from users where age >= 21 and (city in ("Wien", "Graz") or tags has "vip") and name prefix "A" \
    and bio contains "swift" and created_at between date "2026-01-01T00:00:00.000000000Z" and \
    date "2026-02-01T00:00:00.000000000Z" and address.city exists order by city, age desc limit 50 \
    after "abc="
    """,
    "from users where not a = 1 and not (b = 2 or c = 3)",
    "from users where a = 1 and (b = 2 and c = 3) or (d = 4 or e = 5)",
    "from users where a is null or not a is null or not a exists",
    "from users where a != -5 or a < 2.5 or a <= 1e+20 or a > -0.0 or a = true or a = false",
    "from users where a = [1, [\"x\", null], {}] or b = {\"k\": [], \"l\": {\"m\": bytes \"aGk=\"}}",
    "from users where `order` = 1 and `a b`.`c.d`.e = 2 and `tick\\`s` = 3 and `q\"\\\\\\n` = 4",
    "from users where $key prefix \"a/\" and $version > 3 and $expires exists order by $modified desc",
    "from users where a = ? and b in ? and c in (:x, ?, 3) and matches :words limit :most after :page",
    "from items where category under \"a/b\" and matches \"quick fox\"",
    "from items where name = \"Ω \\\"quoted\\\" \\\\ \\u0007\\n\"",
    """
    select city, count(), count(x), sum(x), avg(x), min(x), max($version), p50(x), p99(a.b) \
    from users where age > 3 group by city having count() > 5 and city != null \
    order by sum(x) desc, city limit 10
    """,
    "select name, $key from users order by name",
    "from users where date = date \"2026-01-01T00:00:00.000000000Z\" and bytes = bytes \"\"",
  ]

  @Test("A query in canonical form is read and printed as it is", arguments: canonical)
  func roundTrip(_ text: String) throws {
    let query = try MetadataQuery(text)
    #expect(query.description == text)
    #expect(try MetadataQuery(query.description) == query)
  }

  @Test(
    "Other forms are read as the canonical one",
    arguments: [
      ("FROM users WHERE a == 1 AND b <> 2", "from users where a = 1 and b != 2"),
      ("from users where a not in (1) ", "from users where not a in (1)"),
      ("from users where a is not null", "from users where not a is null"),
      (
        "from users\n where\ta not exists or a not between 1 and 2",
        "from users where not a exists or not a between 1 and 2"
      ),
      ("from users where ((a = 1))", "from users where a = 1"),
      ("from users where `plain` = 1 order by b asc", "from users where plain = 1 order by b"),
      ("from users where a = \"\\u00e4\\ud83d\\ude00\\/\"", "from users where a = \"ä😀/\""),
      (
        "from users where a = date \"2026-01-31T10:00:00Z\"",
        "from users where a = date \"2026-01-31T10:00:00.000000000Z\""
      ),
      ("from users where a=1 and b<-2", "from users where a = 1 and b < -2"),
    ])
  func otherForms(_ text: String, _ canonical: String) throws {
    #expect(try MetadataQuery(text).description == canonical)
  }

  @Test("The builder makes what the text says")
  func builder() throws {
    let age = QueryTerm.field("age")
    let query = MetadataQuery(from: "users")
      .filtered(
        age >= 21 && (QueryTerm.field("city").isAmong(["Wien", "Graz"]) || .matches("vip"))
      )
      .filtered(!QueryTerm.field("address", "zip").exists && QueryTerm.key.begins(with: "a"))
      .ordered(by: .field("city")).ordered(by: age, descending: true).limited(to: 50).after("c")
    let text = """
      from users where age >= 21 and (city in ("Wien", "Graz") or matches "vip") and \
      (not address.zip exists and $key prefix "a") order by city, age desc limit 50 after "c"
      """
    #expect(query.description == text)
    #expect(try MetadataQuery(text) == query)
    let figures = MetadataQuery(from: "users")
      .selecting(.field("city"), .count, .sum("x"), .percentile(95, "a", "b"))
      .grouped(by: .path(try #require(FieldPath("city")))).having(.count > 5)
      .ordered(by: .sum("x"), descending: true)
    let figuresText = """
      select city, count(), sum(x), p95(a.b) from users group by city having count() > 5 \
      order by sum(x) desc
      """
    #expect(figures.description == figuresText)
    #expect(try MetadataQuery(figuresText) == figures)
  }

  @Test("A condition is read alone")
  func condition() throws {
    let condition = try QueryCondition("a = 1 or b exists")
    #expect(condition == (QueryTerm.field("a") == 1 || QueryTerm.field("b").exists))
    #expect(condition.description == "a = 1 or b exists")
    let error = #expect(throws: MetadataError.self) { try QueryCondition("a = 1 limit 5") }
    #expect(
      error?.description
        == "the query, line 1, column 7: expected \"and\", \"or\" or the end, found \"limit\"")
  }

  static let refused: [(String, String)] = [
    ("", "line 1, column 1: expected \"select\" or \"from\", found the end"),
    (
      "form users",
      "line 1, column 1: expected \"select\" or \"from\", found \"form\" (did you mean \"from\"?)"
    ),
    ("from 7", "line 1, column 6: expected the name of a collection, found 7"),
    (
      "from where a = 1",
      "line 1, column 6: expected the name of a collection, found \"where\""
    ),
    (
      "from users wehre a = 1",
      "line 1, column 12: expected \"where\", \"group\", \"having\", \"order\", \"limit\", \"after\" "
        + "or the end, found \"wehre\" (did you mean \"where\"?)"
    ),
    (
      "from users\nwhere a =",
      "line 2, column 10: expected a value, found the end"
    ),
    (
      "from users where a = Wien",
      "line 1, column 22: expected a value, found \"Wien\"; text stands in double quotes"
    ),
    (
      "from users where a = 'Wien'",
      "line 1, column 22: text stands in double quotes, not in '"
    ),
    (
      "from users where name prefx \"A\"",
      "line 1, column 23: expected = != < <= > >= or one of in, between, prefix, contains, has, under, "
        + "exists, is, not, found \"prefx\" (did you mean \"prefix\"?)"
    ),
    (
      "from users where a not 5",
      "line 1, column 24: expected in, between, prefix, contains, has, under or exists, found 5"
    ),
    (
      "from users where order = 5",
      "line 1, column 18: expected a field, found the word \"order\"; for a field of that name write "
        + "`order`"
    ),
    (
      "from users where $vresion = 5",
      "line 1, column 18: a record has no $vresion (did you mean \"$version\"?); it has $key, "
        + "$version, $created, $modified, $expires"
    ),
    (
      "select cuont() from users",
      "line 1, column 8: there is no figure \"cuont\" (did you mean \"count\"?); there are count, sum, "
        + "avg, min, max and p0 to p100"
    ),
    ("select sum() from users", "line 1, column 12: sum needs a field: sum(…)"),
    ("select a users", "line 1, column 10: expected \",\" or \"from\", found \"users\""),
    ("from users where (a = 1", "line 1, column 24: expected \")\", found the end"),
    ("from users where a in 5", "line 1, column 23: expected \"(\" or a parameter, found 5"),
    ("from users where a in (5", "line 1, column 25: expected \",\" or \")\", found the end"),
    ("from users where a between 1 or 2", "line 1, column 30: expected \"and\", found \"or\""),
    ("from users where a = [1", "line 1, column 24: expected \",\" or \"]\", found the end"),
    (
      "from users where a = {b: 1}",
      "line 1, column 23: expected the name of a member in double quotes, found \"b\""
    ),
    (
      "from users where a = {\"b\": 1, \"b\": 2}",
      "line 1, column 31: the map has the name \"b\" twice"
    ),
    (
      "from users where a = date \"2026-13-01T00:00:00Z\"",
      "line 1, column 27: expected a date like \"2026-01-31T10:00:00Z\" after date, found text"
    ),
    (
      "from users where a = bytes \"?\"",
      "line 1, column 28: expected base64 in double quotes after bytes, found text"
    ),
    (
      "from users where a = 99999999999999999999",
      "line 1, column 22: 99999999999999999999 has more than 64 bits; write 99999999999999999999.0 "
        + "for a double"
    ),
    ("from users where a = 1.2.3", "line 1, column 22: 1.2.3 is no number"),
    ("from users where a = 1.", "line 1, column 22: 1. is no number"),
    ("from users where a = \"x", "line 1, column 22: what begins with \" here has no end"),
    (
      "from users where a = \"\\x\"",
      "line 1, column 23: no such escape: use \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u with 4 digits"
    ),
    ("from users where a ; b", "line 1, column 20: \";\" is no part of the language"),
    ("from users where `` = 1", "line 1, column 18: a name between backticks is empty"),
    ("from users limit -1", "line 1, column 18: expected a number of results, 0 or more, found -1"),
    ("from users after 5", "line 1, column 18: expected a cursor in double quotes, found 5"),
    (
      "from users order by a limit 1 where a = 1",
      "line 1, column 31: expected \"after\" or the end, found \"where\""
    ),
    ("from users after \"x\" x", "line 1, column 22: expected the end, found \"x\""),
    ("from users order a", "line 1, column 18: expected \"by\", found \"a\""),
  ]

  @Test("A text that is no query is refused with place, expectation and hint", arguments: refused)
  func refusals(_ text: String, _ message: String) {
    let error = #expect(throws: MetadataError.self) { try MetadataQuery(text) }
    #expect(error?.description == "the query, \(message)")
  }

  static let senseless: [(String, String)] = [
    (
      "from users where count() > 3",
      "the query tests count() of single records; a figure of groups stands behind having"
    ),
    (
      "from users order by sum(x)",
      "the query orders single records by sum(x); select it, or group by something"
    ),
    (
      "select name, count() from users group by city",
      "the query shows groups of records, and name may differ within a group; group by it too, "
        + "or use min(name)"
    ),
    (
      "from users group by city",
      "the query groups records but selects nothing; write select city, count() from users …"
    ),
    (
      "select count() from users having matches \"x\"",
      "matches is of single records; write it behind where, not behind having"
    ),
  ]

  @Test("A query that makes no sense is refused", arguments: senseless)
  func senselessQueries(_ text: String, _ message: String) {
    let error = #expect(throws: MetadataError.self) { try MetadataQuery(text) }
    #expect(error?.description == message)
  }

  @Test("Nesting, lists, tests, terms and text have bounds")
  func bounds() throws {
    func refusal(_ text: String) -> String? {
      #expect(throws: MetadataError.self) { try MetadataQuery(text) }?.description
    }
    func nested(_ depth: Int) -> String {
      "from a where " + String(repeating: "(", count: depth) + "b = 1"
        + String(repeating: ")", count: depth)
    }
    _ = try MetadataQuery(nested(32))
    #expect(
      refusal(nested(33))
        == "the query, line 1, column 46: conditions are nested deeper than 32 levels; split the query"
    )
    func list(_ count: Int) -> String {
      "from a where b in (\(Array(repeating: "1", count: count).joined(separator: ",")))"
    }
    _ = try MetadataQuery(list(10_000))
    #expect(refusal(list(10_001))?.hasSuffix("in (…) has more than 10000 values") == true)
    func tests(_ count: Int) -> String {
      "from a where " + Array(repeating: "b exists", count: count).joined(separator: " or ")
    }
    _ = try MetadataQuery(tests(1024))
    #expect(
      refusal(tests(1025))?.hasSuffix("the query has more than 1024 tests; use in (…)") == true)
    func terms(_ count: Int) -> String {
      "from a order by \((0..<count).map { "b\($0)" }.joined(separator: ", "))"
    }
    _ = try MetadataQuery(terms(64))
    #expect(refusal(terms(65))?.hasSuffix("at most 64 terms are allowed here") == true)
    #expect(
      refusal("from a where b = \"\(String(repeating: "x", count: 65_536))\"")
        == "the query has 65555 bytes; at most 65536 are allowed, so give long lists as parameters")
    #expect(
      refusal("from a where \(Array(repeating: "x", count: 17).joined(separator: ".")) = 1")
        == "the query, line 1, column 14: a field has at most 16 names and 512 bytes")
    let deep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
    #expect(
      refusal("from a where b = \(deep)")
        == "the value is nested deeper than 32 levels; flatten it")
    var condition = QueryTerm.field("a").exists
    for _ in 0..<100 { condition = !condition }
    #expect(throws: MetadataError.self) { try QueryMatcher(condition) }
    #expect(throws: MetadataError.self) { try QueryMatcher(.and([])) }
    #expect(throws: MetadataError.self) { try QueryMatcher(QueryTerm.field().exists) }
  }
}
