import Testing

@testable import PluginHost

@Suite("A semantic version")
struct SemanticVersionTests {
  @Test(
    "is written as it was read",
    arguments: [
      "0.0.0", "1.2.3", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x.7.z.92",
      "1.0.0-x-y-z.--", "1.0.0-alpha+001", "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85",
      "9007199254740991.0.0",
    ])
  func roundTrip(text: String) throws {
    #expect(try SemanticVersion(parsing: text).description == text)
  }

  @Test("is ordered by precedence, build metadata aside")
  func precedence() throws {
    let ordered = [
      "0.9.9", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1",
      "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
      "1.0.1", "1.2.0", "1.10.0", "2.0.0",
    ]
    let versions = try ordered.map { try SemanticVersion(parsing: $0) }
    for (i, left) in versions.enumerated() {
      for (j, right) in versions.enumerated() {
        #expect((left < right) == (i < j), "\(left) < \(right)")
        #expect((left == right) == (i == j), "\(left) == \(right)")
      }
    }
  }

  @Test("is equal to another that differs in build metadata only, and hashes alike")
  func buildMetadata() throws {
    let left = try SemanticVersion(parsing: "1.0.0+a")
    let right = try SemanticVersion(parsing: "1.0.0+b")
    #expect(left == right)
    #expect(Set([left, right]).count == 1)
  }

  @Test(
    "is refused with the part that is wrong",
    arguments: [
      ("", "\"\": the major number is missing"),
      ("1", "\"1\": a version has three numbers, such as 1.0.0"),
      ("1.2", "\"1.2\": a version has three numbers, such as 1.0.0"),
      ("1.2.x", "\"1.2.x\": a version has three numbers, such as 1.0.0"),
      ("1.2.3.4", "\"1.2.3.4\": more than three numbers"),
      ("01.2.3", "\"01.2.3\": the major number has a leading zero: 01"),
      ("1.02.3", "\"1.02.3\": the minor number has a leading zero: 02"),
      ("1.2.-", "\"1.2.-\": the pre-release has an empty part"),
      ("1..3", "\"1..3\": the minor number is missing"),
      ("v1.2.3", "\"v1.2.3\": the major number is not a number: v1"),
      ("1.2.3 ", "\"1.2.3 \": the patch number is not a number: 3 "),
      ("1.2.3-01", "\"1.2.3-01\": the pre-release number 01 has a leading zero"),
      ("1.2.3-a..b", "\"1.2.3-a..b\": the pre-release has an empty part"),
      ("1.2.3-ä", "\"1.2.3-ä\": the pre-release may have only letters, digits, - and ."),
      ("1.2.3+", "\"1.2.3+\": the build metadata has an empty part"),
      ("1.2.3+a+b", "\"1.2.3+a+b\": the build metadata may have only letters, digits, - and ."),
      (
        "9007199254740992.0.0",
        "\"9007199254740992.0.0\": the major number is larger than 9007199254740991"
      ),
    ])
  func refusals(text: String, message: String) {
    let error = #expect(throws: VersionError.self) { try SemanticVersion(parsing: text) }
    #expect(error?.description == message)
  }

  @Test("of more than 256 bytes is refused")
  func tooLong() {
    let text = "1.0.0-" + String(repeating: "a", count: 251)
    let error = #expect(throws: VersionError.self) { try SemanticVersion(parsing: text) }
    #expect(error?.reason == "longer than 256 bytes")
  }
}
