import HostSupport
@testable import MetadataStore
import Testing

@Suite struct QueryPlanTests {
  /// 1,000 records, of 10 cities and 100 ages; the last ones have no score.
  static let snapshot = {
    let records = (0..<1000).map { number in
      var members: [String: MetadataValue] = [
        "city": .string("city-\(number % 10)"), "age": .int(Int64(number % 100)),
        "name": .string("name \(number)"), "group": .string("a/\(number % 4)"),
        "tags": .list([.string("t\(number % 50)"), .string("t\(number % 50)")]),
      ]
      if number < 900 { members["score"] = .double(Double(number)) }
      return MetadataRecord(
        collection: "users", key: "k\(1000 + number)", value: .map(members), version: 1,
        created: 1, modified: 1)
    }
    var root = StoreRoot(revision: 1, ["users": records])
    let definitions = [
      FieldPath("city").map { IndexDefinition.field($0) },
      FieldPath("age").map { IndexDefinition.field($0) },
      FieldPath("score").map { IndexDefinition.field($0) },
      FieldPath("tags").map { IndexDefinition.tags($0) },
      FieldPath("group").map { IndexDefinition.category($0) },
    ].compactMap { $0 }
    let sorted = root.collections["users"]?.records ?? RecordTree()
    root.setIndexes(definitions.compactMap { CollectionIndex($0, of: sorted) }, of: "users")
    return MetadataSnapshot(root)
  }()

  static let plans: [(String, String)] = [
    (
      "from users",
      "all records of users|order: as read|records: about 1000 expected, 1000 read, 1000 returned"
    ),
    (
      "from users where name contains \"99\" limit 5",
      "all records of users|tested: name contains \"99\"|order: as read|"
        + "records: about 1000 expected, 600 read, 5 returned"
    ),
    (
      "from users where city = \"city-3\"",
      "field index on city of users: city = \"city-3\"|order: as read|"
        + "records: about 100 expected, 100 read, 100 returned"
    ),
    (
      "from users where city = \"city-3\" and age >= 90 and age < 95 order by age limit 3",
      "field index on age of users: age >= 90 and age < 95|tested: city = \"city-3\"|"
        + "order: as read|records: about 50 expected, 34 read, 3 returned"
    ),
    (
      "from users where age >= 20 order by age desc limit 2",
      "field index on age of users, backwards: age >= 20|order: as read|"
        + "records: about 794 expected, 3 read, 2 returned"
    ),
    (
      "from users order by age limit 2",
      "field index on age of users|order: as read|records: about 1000 expected, 3 read, 2 returned"
    ),
    // Not every record has a score: those without come first.
    (
      "from users order by score limit 2",
      "all records of users|order: sorted|records: about 1000 expected, 1000 read, 2 returned"
    ),
    (
      "from users where score exists order by score desc limit 2",
      "field index on score of users, backwards: score exists|order: as read|"
        + "records: about 900 expected, 3 read, 2 returned"
    ),
    (
      "from users where tags has \"t7\" and city != \"x\" order by $key desc",
      "tags index on tags of users, backwards: tags has \"t7\"|tested: city != \"x\"|"
        + "order: as read|records: about 40 expected, 20 read, 20 returned"
    ),
    (
      "from users where `group` under \"a\" and $key prefix \"k199\"",
      "keys of users: $key prefix \"k199\"|tested: `group` under \"a\"|order: as read|"
        + "records: about 10 expected, 10 read, 10 returned"
    ),
    (
      "from users where city in (\"city-9\", \"city-1\", \"city-1\") order by city, $key",
      "field index on city of users: city in (\"city-9\", \"city-1\", \"city-1\")|order: as read|"
        + "records: about 200 expected, 200 read, 200 returned"
    ),
    (
      "from users where city prefix \"city-1\" order by name",
      "field index on city of users: city prefix \"city-1\"|order: sorted|"
        + "records: about 100 expected, 100 read, 100 returned"
    ),
    (
      "from users where city = \"city-1\" or age = 1",
      "all records of users|tested: city = \"city-1\" or age = 1|order: as read|"
        + "records: about 1000 expected, 1000 read, 100 returned"
    ),
    (
      "from users where age > 10 and age < 5",
      "field index on age of users: age > 10 and age < 5|order: sorted|"
        + "records: about 0 expected, 0 read, 0 returned"
    ),
    (
      "select city, count() from users where age = 7 group by city",
      "field index on age of users: age = 7|order: sorted|"
        + "records: about 10 expected, 10 read, 1 returned"
    ),
    (
      "from nobody where a = 1",
      "all records of nobody|tested: a = 1|order: as read|"
        + "records: about 0 expected, 0 read, 0 returned"
    ),
  ]

  @Test("A plan says which way was taken and what it cost", arguments: plans)
  func plan(_ text: String, _ expected: String) throws {
    let query = try MetadataQuery(text)
    let plan = try Self.snapshot.query(query).plan
    #expect(plan.description == expected.replacing("|", with: "\n"))
    var foreseen = try Self.snapshot.plan(for: query)
    #expect(foreseen.examined == nil && foreseen.returned == nil)
    (foreseen.examined, foreseen.returned) = (plan.examined, plan.returned)
    #expect(foreseen == plan)
  }

  @Test("A plan and a result have JSON")
  func json() throws {
    let records = try Self.snapshot.query(
      MetadataQuery("from users where age = 7 and name prefix \"name 1\" limit 1"))
    let plan = """
      {"access":"index","answered":["age = 7"],"collection":"users","estimated":10,"examined":10,\
      "index":{"field":"age"},"order":"as-read","returned":1,"reversed":false,\
      "tested":["name prefix \\"name 1\\""]}
      """
    #expect(records.plan.json.text() == plan)
    #expect(records.cursor == nil)
    #expect(records.json["records"]?.array?.first?["key"]?.string == "k1107")
    #expect(records.json["records"]?.array?.first?["value"]?["age"]?.int == 7)
    let rows = try Self.snapshot.query(
      MetadataQuery("select $key, score, gone from users where age = 99 order by $key desc limit 2")
    )
    #expect(
      rows.json["rows"]?.text()
        == "[{\"$key\":\"k1999\"},{\"$key\":\"k1899\",\"score\":{\"$double\":\"899.0\"}}]")
    #expect(rows.json["columns"]?.text() == "[\"$key\",\"score\",\"gone\"]")
    #expect(rows.json["cursor"]?.string == rows.cursor && rows.cursor != nil)
  }

  @Test("Words are looked up by the provider when it can, and tested all the same")
  func search() throws {
    let query = try MetadataQuery("from users where matches \"name 55\"")
    let scanned = try Self.snapshot.query(query)
    #expect(scanned.records.map(\.key) == ["k1055"])
    #expect(scanned.plan.access == .all)
    let found = try Self.snapshot.query(query) { words in
      #expect(words == "name 55")
      return ["k1056", "k1055", "gone", "k1055"]
    }
    #expect(found.records.map(\.key) == ["k1055"])
    #expect(
      found.plan.description == """
        full-text search of users
        tested: matches "name 55"
        order: as read
        records: about 2 expected, 2 read, 1 returned
        """)
    let unable = try Self.snapshot.query(query) { _ in nil }
    #expect(unable.records.map(\.key) == ["k1055"])
    #expect(throws: MetadataError.storage("broken")) {
      try Self.snapshot.query(query) { (_) throws(MetadataError) in throw .storage("broken") }
    }
  }

  @Test("Groups are filtered, ordered, limited and paged")
  func groups() throws {
    let query = try MetadataQuery(
      """
      select city, count(), max(age), p50(score), min($key) from users where age < 55 group by city
      having max(age) >= 50 and count() = 60 order by max(age) desc, city limit 2
      """)
    let first = try Self.snapshot.query(query)
    #expect(
      first.rows == [
        [.string("city-4"), .int(60), .int(54), .double(424), .string("k1004")],
        [.string("city-3"), .int(60), .int(53), .double(423), .string("k1003")],
      ])
    let second = try Self.snapshot.query(query.after(first.cursor))
    #expect(second.rows.map(\.first) == [.string("city-2"), .string("city-1")])
    let third = try Self.snapshot.query(query.after(second.cursor))
    #expect(third.rows.map(\.first) == [.string("city-0")])
    #expect(third.cursor == nil)
    let nothing = try Self.snapshot.query(
      MetadataQuery(
        "select count(), sum(age), avg(age), min(age), p95(age) from users where age < 0"))
    #expect(nothing.rows == [[.int(0), .int(0), .null, .null, .null]])
    #expect(
      try Self.snapshot.query(
        MetadataQuery("select city from users where age < 0 group by city")
      ).rows.isEmpty)
  }

  @Test("Sums of integers stay exact, and one beyond 64 bits is a double")
  func sums() throws {
    let records = [Int64.max, .max, -1, 5].enumerated().map { place, number in
      MetadataRecord(
        collection: "a", key: "\(place)",
        value: .map(["x": .int(number), "y": place == 0 ? .double(0.5) : .int(.max - 1)]),
        version: 1, created: 1, modified: 1)
    }
    let snapshot = MetadataSnapshot(StoreRoot(revision: 1, ["a": records]))
    #expect(
      try snapshot.query(MetadataQuery("select sum(x), p50(x), max(x) from a")).rows
        == [[.double(0x1p64), .double(5), .int(.max)]])
    #expect(
      try snapshot.query(MetadataQuery("select sum(x) from a where $key != \"0\"")).rows == [
        [.double(0x1p63)]
      ])
    #expect(
      try snapshot.query(MetadataQuery("select sum(x) from a where $key >= \"1\" and x < 6")).rows
        == [[.int(4)]])
  }

  @Test("A stream gives the records one by one and can be ended")
  func stream() throws {
    var keys: [String] = []
    let plan = try Self.snapshot.forEach(MetadataQuery("from users where age > 50 order by age")) {
      keys.append($0.key)
      return keys.count < 3
    }
    #expect(keys == ["k1051", "k1151", "k1251"])
    #expect(plan.examined == 3 && plan.returned == 3)
    #expect(throws: MetadataError.self) {
      try Self.snapshot.forEach(MetadataQuery("select count() from users")) { _ in true }
    }
  }

  @Test("A cursor that is damaged or of another query is refused")
  func cursors() throws {
    func refusal(_ query: MetadataQuery) -> String? {
      #expect(throws: MetadataError.self) { try Self.snapshot.query(query) }?.description
    }
    let query = try MetadataQuery("from users order by city limit 1")
    let cursor = try #require(try Self.snapshot.query(query).cursor)
    #expect(
      refusal(query.after("x"))
        == "the query's cursor is damaged; take the one of the page before as it is")
    #expect(
      refusal(try MetadataQuery("from users order by age limit 1").after(cursor))
        == "the query's cursor is of a query with another order; begin at the first page")
    let parameter = try MetadataQuery("from users order by city limit :most after ?")
    let page = try Self.snapshot.query(
      parameter, QueryParameters([.string(cursor)], named: ["most": .int(1)]))
    #expect(page.records.map(\.key) == ["k1010"])
    #expect(throws: MetadataError.self) {
      try Self.snapshot.query(
        parameter, QueryParameters([.string(cursor)], named: ["most": .int(-1)]))
    }
    #expect(try Self.snapshot.query(MetadataQuery("from users limit 0")).records.isEmpty)
  }
}
