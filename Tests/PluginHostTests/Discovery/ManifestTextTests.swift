import HostSupport
import Testing

@testable import PluginHost

@Suite("The text of a manifest")
struct ManifestTextTests {
  static let values: [(text: String, value: JSON)] = [
    ("null", .null), ("true", .bool(true)), (" false\n", .bool(false)), ("0", .int(0)),
    ("-12", .int(-12)), ("9223372036854775807", .int(.max)), ("1.5", .double(1.5)),
    ("1e3", .double(1000)), ("-2.5E-1", .double(-0.25)),
    ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("\"\"", .string("")),
    ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("a\"\\/\u{8}\u{C}\n\r\t")),
    ("\"\\u0041\\uD83D\\uDE00ü\"", .string("A😀ü")), ("[]", .array([])),
    ("[1, [2]]", .array([.int(1), .array([.int(2)])])), ("{ }", .object([:])),
    ("{\"a\" : {\"b\": [null]}}", .object(["a": .object(["b": .array([.null])])])),
  ]

  @Test("is read as RFC 8259 has it", arguments: values)
  func reads(_ item: (text: String, value: JSON)) throws {
    #expect(try ManifestText.parse(Array(item.text.utf8)) == item.value)
  }

  static let errors: [(text: String, message: String)] = [
    ("", "the text ends too early at line 1, column 1"),
    ("tru", "a value is missing at line 1, column 1"),
    ("[1,]", "a value is missing at line 1, column 4"),
    ("[1 2]", "a , or ] is missing at line 1, column 4"),
    ("{\n \"a\" 1}", "a : is missing at line 2, column 6"),
    ("{\"a\": 1", "a , or } is missing at line 1, column 8"),
    ("{\"a\": 1, \"a\": 2}", "the name \"a\" is there twice at line 1, column 16"),
    ("{a: 1}", "a name in quotes is missing at line 1, column 2"),
    ("01", "text after the end of the value at line 1, column 2"),
    ("-", "a digit is missing at line 1, column 2"),
    ("1.", "a digit is missing at line 1, column 3"),
    ("1e", "a digit is missing at line 1, column 3"),
    ("1e999", "the number is too large at line 1, column 6"),
    ("\"a", "a string does not end at line 1, column 3"),
    ("\"a\\", "an unknown escape in a string at line 1, column 4"),
    ("\"\\n", "a string does not end at line 1, column 4"),
    ("\"\\x\"", "an unknown escape in a string at line 1, column 4"),
    ("\"\\u12G4\"", "\\u needs four hexadecimal digits at line 1, column 6"),
    ("\"\\uDC00\"", "half a surrogate pair in a string at line 1, column 8"),
    ("\"\\uD800x\"", "half a surrogate pair in a string at line 1, column 8"),
    ("\"\\uD800\\u0041\"", "half a surrogate pair in a string at line 1, column 14"),
    ("\"a\nb\"", "a control character in a string at line 1, column 3"),
    ("// x\n1", "a value is missing at line 1, column 1"),
    ("1 1", "text after the end of the value at line 1, column 3"),
    (String(repeating: "[", count: 33), "more than 32 levels at line 1, column 33"),
  ]

  @Test("is refused with the line and column where it goes wrong", arguments: errors)
  func refuses(_ item: (text: String, message: String)) {
    let error = #expect(throws: ManifestError.self) {
      try ManifestText.parse(Array(item.text.utf8))
    }
    #expect(error?.reason == "is not JSON: \(item.message)")
  }

  @Test("that is noise never crashes the reader", arguments: 0..<4 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = SeededNumbers(seed: seed)
    let alphabet = Array("{}[]\",:0123456789.eE+-tfn\\u \n".utf8) + [0, 0x80, 0xC3, 0xFF]
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      _ = try? ManifestText.parse(bytes)
    }
  }

  @Test("reads back what the encoder of the host writes", arguments: 0..<50 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    let value = JSON.random(depth: 4, using: &random)
    #expect(try ManifestText.parse(Array(value.text(pretty: seed % 2 == 0).utf8)) == value)
  }
}

extension JSON {
  static func random(depth: Int, using random: inout SeededNumbers) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .int(Int64.random(in: .min ... .max, using: &random))
    case 3: return .double(Double(Int.random(in: -999...999, using: &random)) + 0.25)
    case 4:
      let texts = ["", "a", "\"\\/", "\u{0}\u{1F}", "äöü", "😀", "line\nbreak\ttab"]
      return .string(texts.randomElement(using: &random) ?? "")
    case 5:
      return .array((0..<3).map { _ in JSON.random(depth: depth - 1, using: &random) })
    default:
      var members: [String: JSON] = [:]
      for name in ["x", "y z", "é"] { members[name] = .random(depth: depth - 1, using: &random) }
      return .object(members)
    }
  }
}
