import MetadataStore
import Testing

@Suite struct QueryTruthTests {
  static let record = MetadataRecord(
    collection: "people", key: "ann/1",
    value: .map([
      "age": .int(30), "height": .double(1.5), "whole": .double(30), "big": .int(.max),
      "name": .string("Ann Übel"), "no": .null, "yes": .bool(true), "data": .bytes([1, 2, 3]),
      "born": .date(nanoseconds: 1_000_000_000), "tags": .list([.string("vip"), .int(7)]),
      "category": .string("a/b"), "empty": .string(""), "a very long name of a field": .int(1),
      "address": .map(["city": .string("Wien"), "geo": .map(["lat": .double(48.2)])]),
    ]), version: 3, created: 5, modified: 9, expires: 2_000_000_000)

  static let table: [(String, Bool)] = [
    ("age = 30", true), ("age = 30.0", true), ("whole = 30", true), ("age != 30", false),
    ("age > 29", true), ("age > 30", false), ("age >= 30", true), ("age < 30.5", true),
    ("age <= 29.5", false), ("height < 2", true), ("height > 1", true),
    ("big = 9223372036854775807", true), ("big = 9223372036854775808.0", false),
    ("big < 9223372036854775808.0", true),
    // What is missing.
    ("gone = 1", false), ("gone != 1", false), ("gone < 1", false), ("gone is null", false),
    ("gone exists", false), ("not gone = 1", true), ("not gone exists", true),
    ("gone in (1, 2)", false), ("gone not in (1, 2)", true), ("gone prefix \"\"", false),
    ("age.inner exists", false), ("address.city.inner = 1", false),
    // Null is a value.
    ("no is null", true), ("no exists", true), ("no = null", true), ("no != null", false),
    ("no < false", true), ("age is null", false), ("age != null", true), ("age is not null", true),
    // Kinds have an order.
    ("yes < 0", true), ("yes > false", true), ("age < date \"1900-01-01T00:00:00Z\"", true),
    ("born < \"\"", true), ("name < bytes \"\"", true), ("data < []", true), ("tags < {}", true),
    ("age < \"0\"", true), ("age = \"30\"", false),
    ("born between date \"1970-01-01T00:00:00Z\" and date \"1970-01-01T00:00:01Z\"", true),
    ("born > date \"1970-01-01T00:00:01Z\"", false),
    ("age between 30 and 30", true), ("age between 31 and 40", false),
    ("age between 40 and 20", false),
    // Text.
    ("name prefix \"Ann\"", true), ("name prefix \"ann\"", false), ("name prefix \"\"", true),
    ("age prefix \"3\"", false), ("data prefix bytes \"AQI=\"", true),
    ("name contains \"n Ü\"", true), ("name contains \"Übel\"", true),
    ("name contains \"übel\"", false), ("name contains \"\"", true),
    ("data contains bytes \"AgM=\"", true), ("data contains \"x\"", false),
    ("empty prefix \"a\"", false), ("empty contains \"\"", true),
    ("name contains \"Ann Übel and more\"", false),
    // Lists and categories.
    ("tags has \"vip\"", true), ("tags has 7.0", true), ("tags has \"vi\"", false),
    ("age has 30", true), ("tags = [\"vip\", 7]", true), ("tags > [\"vip\"]", true),
    ("category under \"a\"", true), ("category under \"a/b\"", true),
    ("category under \"a/b/c\"", false), ("category under \"a/\"", false),
    ("category under \"\"", false), ("empty under \"\"", true),
    ("age in (1, 30.0)", true), ("age in (1, 2, 3)", false),
    ("name in (\"x\", \"Ann Übel\")", true),
    // Inside maps.
    ("address.city = \"Wien\"", true), ("address.geo.lat > 48", true),
    ("address = {\"city\": \"Wien\"}", false), ("address exists", true),
    ("`a very long name of a field` = 1", true), ("`a very long name of a fiel` exists", false),
    ("`a very long name of a field.` exists", false),
    // The record itself.
    ("$key = \"ann/1\"", true), ("$key prefix \"ann/\"", true), ("$key under \"ann\"", true),
    ("$version = 3", true), ("$created = 5", true), ("$modified > 5", true),
    ("$expires = date \"1970-01-01T00:00:02Z\"", true), ("$expires exists", true),
    // Words.
    ("matches \"ann\"", true), ("matches \"ÜBEL ann\"", true), ("matches \"an\"", false),
    ("matches \"wien, VIP!\"", true), ("matches \"vip graz\"", false),
    // Joined.
    ("age = 30 and yes = true", true), ("age = 30 and yes = false", false),
    ("age = 1 or yes = true", true), ("age = 1 or yes = false", false),
    ("not (age = 1 or yes = false)", true), ("not (age = 30 and yes = true)", false),
    ("not not age = 30", true), ("age = 1 and age = 2 or age = 30", true),
    ("age = 1 and (age = 2 or age = 30)", false),
    ("not age = 1 and not (yes = true and age = 2)", true),
  ]

  @Test("A condition is true or false of a record as the table says", arguments: table)
  func truth(_ text: String, _ isTrue: Bool) throws {
    let matcher = try QueryMatcher(try QueryCondition(text))
    #expect(matcher.matches(Self.record) == isTrue)
    #expect(try QueryMatcher(!QueryCondition(text)).matches(Self.record) == !isTrue)
  }

  @Test("A record whose value is no map has no fields")
  func noMap() throws {
    let record = MetadataRecord(
      collection: "a", key: "k", value: .string("some words"), version: 1, created: 1, modified: 1)
    #expect(try !QueryMatcher(QueryCondition("some exists")).matches(record))
    #expect(try !QueryMatcher(QueryCondition("$expires exists")).matches(record))
    #expect(try QueryMatcher(QueryCondition("matches \"words\"")).matches(record))
    #expect(try QueryMatcher(QueryCondition("$key = \"k\"")).matches(record))
  }

  @Test("Values of parameters take the places that are open")
  func parameters() throws {
    let condition = try QueryCondition("age > ? and name prefix :start and age in :ages")
    func matches(_ age: Int64, _ start: String, _ ages: [MetadataValue]) throws -> Bool {
      try QueryMatcher(
        condition,
        QueryParameters([.int(age)], named: ["start": .string(start), "ages": .list(ages)])
      ).matches(Self.record)
    }
    #expect(try matches(20, "Ann", [.int(30)]))
    #expect(try !matches(30, "Ann", [.int(30)]))
    #expect(try !matches(20, "Bob", [.int(30)]))
    #expect(try !matches(20, "Ann", []))
  }

  @Test(
    "A value that cannot be used is refused",
    arguments: [
      (
        "a = ?", [],
        "the query has a place ? number 1, but 0 values were given; give one for each"
      ),
      ("a = :nmae", [], "no value was given for :nmae of the query (did you mean \"name\"?)"),
      ("a in :name", [], "in :name needs a list, not \"x\""),
      ("a prefix ?", [.int(5)], "a prefix needs text or bytes, not 5"),
      ("a under ?", [.bytes([])], "a under needs text, not bytes \"\""),
      ("matches ?", [.null], "matches needs text, not null"),
      ("matches ?", [.string("?!")], "matches needs a word, and there is none in \"?!\""),
      (
        "a = ?", [.double(.infinity)],
        "a number of the query is not finite, and no record has such"
      ),
    ] as [(String, [MetadataValue], String)])
  func refusals(_ text: String, _ values: [MetadataValue], _ message: String) throws {
    let condition = try QueryCondition(text)
    let error = #expect(throws: MetadataError.self) {
      try QueryMatcher(condition, QueryParameters(values, named: ["name": .string("x")]))
    }
    #expect(error?.description == message)
  }
}
