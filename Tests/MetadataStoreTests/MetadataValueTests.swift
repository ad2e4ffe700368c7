import HostSupport
import MetadataStore
import Testing

@Suite struct MetadataValueTests {
  static let values: [(MetadataValue, String)] = [
    (.null, "null"),
    (.bool(true), "true"),
    (.int(.max), "9223372036854775807"),
    (.int(.min), "-9223372036854775808"),
    (.int((1 << 53) + 1), "9007199254740993"),
    (.double(0.1), "0.1"),
    (.double(1), #"{"$double":"1.0"}"#),
    (.double(-0.0), #"{"$double":"-0.0"}"#),
    (.double(1e300), #"{"$double":"1e+300"}"#),
    (.double(.leastNonzeroMagnitude), "5e-324"),
    (.string("tab\t \u{0} é 🦆"), #""tab\t \u0000 é 🦆""#),
    (.string("$bytes"), #""$bytes""#),
    (.bytes([]), #"{"$bytes":""}"#),
    (.bytes([0, 255, 128]), #"{"$bytes":"AP+A"}"#),
    (.date(nanoseconds: 0), #"{"$date":"1970-01-01T00:00:00.000000000Z"}"#),
    (.date(nanoseconds: -1), #"{"$date":"1969-12-31T23:59:59.999999999Z"}"#),
    (.date(nanoseconds: .max), #"{"$date":"2262-04-11T23:47:16.854775807Z"}"#),
    (.date(nanoseconds: .min), #"{"$date":"1677-09-21T00:12:43.145224192Z"}"#),
    (
      .date(nanoseconds: 951_782_400_000_000_000),
      #"{"$date":"2000-02-29T00:00:00.000000000Z"}"#
    ),
    (.list([]), "[]"),
    (.list([.int(1), .list([.null])]), "[1,[null]]"),
    (.map([:]), "{}"),
    (.map(["a": .int(1), "": .null]), #"{"":null,"a":1}"#),
    (.map(["$bytes": .string("no")]), #"{"$map":{"$bytes":"no"}}"#),
    (.map(["$map": .map(["$x": .null])]), #"{"$map":{"$map":{"$map":{"$x":null}}}}"#),
  ]

  @Test("Every kind of value goes through JSON without loss", arguments: values)
  func roundTrip(value: MetadataValue, text: String) throws {
    #expect(value.json.text() == text)
    let back = try MetadataValue(json: JSON(parsing: text.utf8))
    #expect(back == value)
    if case .double(let number) = value, case .double(let read) = back {
      #expect(read.bitPattern == number.bitPattern)
    }
  }

  static let malformed: [(String, String)] = [
    (
      #"{"$bytes":"AA==","x":1}"#,
      "an object with the member $bytes has others too; put such a map in {\"$map\": …}"
    ),
    (#"{"$bytes":"?"}"#, "$bytes is not base64"),
    (
      #"{"$date":"2023-02-29T00:00:00Z"}"#,
      "$date is not like 2026-01-31T10:00:00.000000001Z: 2023-02-29T00:00:00Z"
    ),
    (
      #"{"$date":"2263-01-01T00:00:00Z"}"#,
      "$date is not like 2026-01-31T10:00:00.000000001Z: 2263-01-01T00:00:00Z"
    ),
    (#"{"$double":"one"}"#, "$double is not a number: one"),
    (
      #"{"$what":1}"#,
      "$what is none of $bytes, $date, $double and $map, or its content has the wrong type; "
        + "put a map with such a name in {\"$map\": …}"
    ),
  ]

  @Test("Malformed JSON is refused with the reason", arguments: malformed)
  func refusal(text: String, message: String) throws {
    let json = try JSON(parsing: text.utf8)
    let error = #expect(throws: MetadataError.self) { try MetadataValue(json: json) }
    #expect(error?.description == message)
  }

  @Test("Dates are read with fewer decimals and as nanoseconds")
  func dateForms() throws {
    for (text, nanoseconds) in [
      (#"{"$date":"1970-01-01T00:00:01Z"}"#, Int64(1_000_000_000)),
      (#"{"$date":"1970-01-01T00:00:01.5Z"}"#, 1_500_000_000),
      (#"{"$date":7}"#, 7),
    ] {
      let value = try MetadataValue(json: JSON(parsing: text.utf8))
      #expect(value == .date(nanoseconds: nanoseconds))
    }
  }

  static func nested(_ depth: Int) -> MetadataValue {
    (1..<depth).reduce(.null) { inner, _ in .list([inner]) }
  }

  static let limits: [(MetadataValue, String?)] = [
    (nested(32), nil),
    (nested(33), "the value is nested deeper than 32 levels; flatten it"),
    (.bytes([UInt8](repeating: 1, count: 1 << 20)), nil),
    (
      .bytes([UInt8](repeating: 1, count: 1 << 20 + 1)),
      "the value of c/k has 1048577 bytes; at most 1048576 are allowed, "
        + "so split it over several records"
    ),
    (
      .map(["x": .list([.double(.nan)])]),
      "the value of c/k has a number that is not finite; use null or text instead"
    ),
  ]

  @Test("The limits of values hold", arguments: limits)
  func limit(value: MetadataValue, message: String?) throws {
    let store = try MetadataStore()
    let write = MetadataWrite(collection: "c", key: "k", value: value)
    guard let message else {
      try store.put(write)
      #expect(store.get("c", "k")?.value == value)
      return
    }
    let error = #expect(throws: MetadataError.self) { try store.put(write) }
    #expect(error?.description == message)
    #expect(store.stats.records == 0)
  }

  @Test("JSON nested too deeply is refused")
  func deepJSON() throws {
    let text = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
    let json = try JSON(parsing: text.utf8)
    let error = #expect(throws: MetadataError.self) { try MetadataValue(json: json) }
    #expect(error?.description == "the value is nested deeper than 32 levels; flatten it")
  }
}
