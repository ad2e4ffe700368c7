import Testing

@testable import PluginHost

@Suite("A version range")
struct VersionRangeTests {
  struct Case: CustomTestStringConvertible {
    let range: String
    let inside: [String]
    let outside: [String]
    var testDescription: String { range }
  }

  static let cases = [
    Case(range: "*", inside: ["0.0.0", "1.2.3", "99.0.0"], outside: ["1.0.0-rc.1"]),
    Case(range: "x", inside: ["0.0.0", "1.2.3"], outside: ["1.0.0-rc.1"]),
    Case(range: "1.2.3", inside: ["1.2.3", "1.2.3+b"], outside: ["1.2.4", "1.2.3-rc.1"]),
    Case(range: "=1.2.3", inside: ["1.2.3"], outside: ["1.2.2", "1.2.4"]),
    Case(range: "1.2", inside: ["1.2.0", "1.2.9"], outside: ["1.1.9", "1.3.0", "1.3.0-a"]),
    Case(range: "1", inside: ["1.0.0", "1.9.9"], outside: ["0.9.9", "2.0.0", "2.0.0-a"]),
    Case(range: "1.x", inside: ["1.0.0", "1.9.9"], outside: ["2.0.0"]),
    Case(range: "1.2.*", inside: ["1.2.0", "1.2.9"], outside: ["1.3.0"]),
    Case(range: "1.X.x", inside: ["1.0.0"], outside: ["2.0.0"]),
    Case(
      range: "^1.2.3", inside: ["1.2.3", "1.9.0"],
      outside: ["1.2.2", "2.0.0", "2.0.0-a", "1.3.0-a"]),
    Case(range: "^1.2", inside: ["1.2.0", "1.9.9"], outside: ["1.1.9", "2.0.0"]),
    Case(range: "^1", inside: ["1.0.0", "1.9.9"], outside: ["0.9.9", "2.0.0"]),
    Case(range: "^0.2.3", inside: ["0.2.3", "0.2.9"], outside: ["0.2.2", "0.3.0"]),
    Case(range: "^0.0.3", inside: ["0.0.3"], outside: ["0.0.2", "0.0.4"]),
    Case(range: "^0.0", inside: ["0.0.0", "0.0.9"], outside: ["0.1.0"]),
    Case(range: "^0", inside: ["0.0.0", "0.9.9"], outside: ["1.0.0"]),
    Case(range: "^*", inside: ["0.0.0", "9.0.0"], outside: []),
    Case(
      range: "^1.0.0-rc.1", inside: ["1.0.0-rc.1", "1.0.0-rc.2", "1.0.0", "1.1.0"],
      outside: ["1.0.0-beta", "1.1.0-rc.1", "2.0.0"]),
    Case(range: "~1.2.3", inside: ["1.2.3", "1.2.9"], outside: ["1.2.2", "1.3.0"]),
    Case(range: "~1.2", inside: ["1.2.0"], outside: ["1.3.0"]),
    Case(range: "~1", inside: ["1.0.0", "1.9.0"], outside: ["2.0.0"]),
    Case(range: ">1.2.3", inside: ["1.2.4", "2.0.0"], outside: ["1.2.3"]),
    Case(range: ">1.2", inside: ["1.3.0"], outside: ["1.2.0", "1.2.9"]),
    Case(range: ">1", inside: ["2.0.0"], outside: ["1.9.9"]),
    Case(range: ">*", inside: [], outside: ["0.0.0", "9.9.9"]),
    Case(range: ">=1.2", inside: ["1.2.0", "9.0.0"], outside: ["1.1.9"]),
    Case(range: "<1.2.3", inside: ["1.2.2", "0.0.0"], outside: ["1.2.3", "1.2.3-a"]),
    Case(range: "<1.2", inside: ["1.1.9"], outside: ["1.2.0", "1.2.0-a"]),
    Case(range: "<=1.2", inside: ["1.2.9", "0.1.0"], outside: ["1.3.0"]),
    Case(range: "<=1.2.3", inside: ["1.2.3"], outside: ["1.2.4"]),
    Case(range: "<=*", inside: ["1.2.3"], outside: []),
    Case(range: ">=1 <3", inside: ["1.0.0", "2.9.9"], outside: ["0.9.9", "3.0.0"]),
    Case(range: ">=1, <3", inside: ["1.0.0", "2.9.9"], outside: ["0.9.9", "3.0.0"]),
    Case(range: ">= 1.2  < 2", inside: ["1.2.0"], outside: ["2.0.0", "1.1.0"]),
    Case(
      range: ">=1.2.3-alpha <1.2.3", inside: ["1.2.3-alpha", "1.2.3-beta"],
      outside: ["1.2.3", "1.2.2-beta"]),
    Case(range: "1.2.3 - 2.3.4", inside: ["1.2.3", "2.3.4"], outside: ["1.2.2", "2.3.5"]),
    Case(range: "1.2 - 2.3", inside: ["1.2.0", "2.3.9"], outside: ["2.4.0"]),
    Case(range: "1 - 2", inside: ["1.0.0", "2.9.9"], outside: ["3.0.0"]),
    Case(range: "^1 || ^3", inside: ["1.5.0", "3.0.0"], outside: ["2.0.0", "4.0.0"]),
    Case(range: "1.0.0||2.0.0||3.x", inside: ["1.0.0", "2.0.0", "3.1.0"], outside: ["1.0.1"]),
  ]

  @Test("holds the versions it names and no others", arguments: cases)
  func contains(_ item: Case) throws {
    let range = try VersionRange(parsing: item.range)
    #expect(range.description == item.range)
    for text in item.inside {
      #expect(range.contains(try SemanticVersion(parsing: text)), "\(text) in \(item.range)")
    }
    for text in item.outside {
      #expect(!range.contains(try SemanticVersion(parsing: text)), "\(text) not in \(item.range)")
    }
  }

  @Test(
    "is refused with what is wrong",
    arguments: [
      ("", "\"\": nothing to compare with; write * for any version"),
      ("^1 ||", "\"^1 ||\": nothing to compare with; write * for any version"),
      ("^1 | ^2", "\"^1 | ^2\": a single |; alternatives are separated by ||"),
      ("!1", "\"!1\": unknown operator !; use ^, ~, <, <=, >, >= or ="),
      ("=>1", "\"=>1\": unknown operator =>; use ^, ~, <, <=, >, >= or ="),
      ("latest", "\"latest\": the major number is not a number: latest"),
      ("^", "\"^\": the major number is missing"),
      ("1.x.3", "\"1.x.3\": a number after a wildcard"),
      ("x.1", "\"x.1\": a number after a wildcard"),
      ("1.2-rc", "\"1.2-rc\": a pre-release or build needs all three numbers, such as 1.0.0-rc.1"),
    ])
  func refusals(text: String, message: String) {
    let error = #expect(throws: VersionError.self) { try VersionRange(parsing: text) }
    #expect(error?.description == message)
  }
}
