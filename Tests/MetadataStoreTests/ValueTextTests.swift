import HostSupport
import Testing

@testable import MetadataStore

@Suite struct ValueTextTests {
  static let values: [MetadataValue] = [
    .null, .bool(true), .bool(false), .int(0), .int(9), .int(10), .int(-1), .int(.max), .int(.min),
    .double(0.5), .double(1), .double(-0.0), .double(1e300), .double(1e-7), .string(""),
    .string("é\u{0}\"\\/\n\u{7F}\u{2028}\u{1F600}"), .bytes([]), .bytes([0, 255]),
    .date(nanoseconds: .min), .date(nanoseconds: -1), .date(nanoseconds: 1), .list([]), .map([:]),
    .list([.int(1), .list([.map(["a": .null])])]),
    .map(["b": .int(1), "a": .string("x"), "é": .double(2)]),
    .map(["$date": .string("x")]), .map(["$": .int(1), "plain": .map(["$map": .null])]),
  ]

  private static func text(_ value: MetadataValue) -> String {
    var bytes = ByteSink()
    PackedValue(value).withView { ValueText.append($0, to: &bytes) }
    return unsafe String(decoding: bytes.bytes, as: UTF8.self)
  }

  private static func value(_ text: String) throws(MetadataError) -> MetadataValue {
    var writer = PackedWriter()
    unsafe try Array(text.utf8).withUnsafeBufferPointer { (text) throws(MetadataError) in
      unsafe try ValueTextReader.read(text, into: &writer)
    }
    return PackedValue(writer).value
  }

  @Test(arguments: values)
  func `The text is that of the value's JSON, and reads back as the value`(value: MetadataValue)
    throws
  {
    let text = Self.text(value)
    #expect(text == value.json.text())
    #expect(try Self.value(text) == value)
  }

  @Test(arguments: [
    (
      " [ 1 , 2.50 , 1e2 ,\t{ \"a\" : \"\\u00e9\\ud83d\\ude00\\/\" } ] \n",
      MetadataValue.list([
        .int(1), .double(2.5), .double(100), .map(["a": .string("é\u{1F600}/")]),
      ])
    ),
    (#"{"$date": 5}"#, .date(nanoseconds: 5)),
    (#"{"$map": {}}"#, .map([:])), ("{}", .map([:])), ("[]", .list([])),
    ("18446744073709551616", .double(18_446_744_073_709_551_616)),
  ])
  func `Text that others wrote is read`(text: String, value: MetadataValue) throws {
    #expect(try Self.value(text) == value)
  }

  @Test(arguments: [
    ("", "a value at byte 0"), ("nul", "null at byte 0"), ("[1", "',' or ']' at byte 2"),
    ("[1,]", "a value at byte 3"), ("{\"a\"}", "':' at byte 4"), ("{a:1}", "a name at byte 1"),
    ("\"a", "the end of a string at byte 2"), ("\"\n\"", "an escape at byte 1"),
    ("\"\\x\"", "an escape at byte 2"), ("\"\\ud800\"", "a surrogate pair at byte 3"),
    ("1 2", "nothing after the value at byte 2"), ("+1", "a value at byte 0"),
    ("1e999", "a number at byte 0"), ("--1", "a number at byte 0"),
    (#"{"$bytes": "?"}"#, "base64 at byte 11"),
    (#"{"$other": 1}"#, "what $other may have at byte 11"),
    (#"{"$date": 1, "a": 2}"#, "'}' at byte 11"),
    (#"{"a": 1, "$date": 2}"#, "a name that does not begin with $ at byte 9"),
  ])
  func `Text that is no value is refused with the place`(text: String, what: String) {
    #expect(throws: MetadataError.invalid("the value's text has not \(what)")) {
      try Self.value(text)
    }
  }

  @Test func `Numbers are read as exactly as the library reads them`() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let whole = Int64.random(in: 0...999_999_999, using: &generator)
      let fraction = Int.random(in: 0...9_999_999, using: &generator)
      let sign = Bool.random(using: &generator) ? "-" : ""
      let text = "\(sign)\(whole).\(fraction)"
      guard case .double(let number) = try Self.value(text) else {
        Issue.record("\(text) is no double")
        return
      }
      #expect(number.bitPattern == Double(text)?.bitPattern, "\(text)")
      #expect(try Self.value("\(sign)\(whole)") == .int(sign.isEmpty ? whole : -whole))
    }
    for text in ["123456789012345", "1234567890123456", "-0.0", "0.1234567890123456", "1.5e3"] {
      let expected = Int64(text).map { MetadataValue.int($0) } ?? .double(Double(text) ?? .nan)
      #expect(try Self.value(text) == expected)
    }
  }

  @Test func `Text that nests too deep is refused`() throws {
    let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    _ = try Self.value(deep)
    #expect(throws: MetadataError.self) { try Self.value("[\(deep)]") }
    #expect(throws: MetadataError.self) {
      try Self.value(String(repeating: "[", count: 1_000_000))
    }
  }

  @Test func `A digest is of the set of records, whatever their order`() {
    func digest(_ records: [MetadataRecord]) -> RecordDigest {
      var digest = RecordDigest()
      for record in records { digest.add(record) }
      return digest
    }
    func record(_ key: String, _ value: Int64, version: UInt64 = 1) -> MetadataRecord {
      MetadataRecord(
        collection: "c", key: key, value: .map(["b": .int(value), "a": .null]), version: version,
        created: 1, modified: 1)
    }
    let both = digest([record("a", 1), record("b", 2)])
    #expect(both == digest([record("b", 2), record("a", 1)]))
    #expect(both != digest([record("a", 2), record("b", 1)]))
    #expect(both != digest([record("a", 1), record("b", 2, version: 2)]))
    #expect(both != digest([record("a", 1)]))
    #expect(RecordDigest(count: both.count, sum: both.sum) == both)
  }
}
