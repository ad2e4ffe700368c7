import Testing

@testable import HostSupport

@Suite("what an expression cannot match without")
struct RequiredLiteralsTests {
  @Test(
    "it is the longest run of plain characters, or one of each alternative",
    arguments: [
      ("phase", ["phase"]), ("^order\\.(paid|sent)$", ["order."]), ("a.bcd", ["bcd"]),
      ("torrent[.]added", ["torrent.added"]), ("abc?d", ["ab"]), ("abc+d", ["abc"]),
      ("abc{2,3}defg", ["cdefg"]), ("abc{0,3}d", ["ab"]), ("(paid|sent)", ["paid", "sent"]),
      ("paid|sent", ["paid", "sent"]), ("x(yyyy)+z", ["yyyy"]), ("x(yyyy)*zz", ["zz"]),
      ("[[:alpha:]]+-one", ["-one"]), ("[^]]two", ["two"]), ("[]a]two", ["two"]),
      ("\\w+three", ["three"]), ("\\<four", ["four"]),
    ])
  func literals(expression: String, expected: [String]) {
    #expect(
      RequiredLiterals.of(expression).map { $0.map { String(decoding: $0, as: UTF8.self) } }
        == expected)
  }

  @Test(
    "where it cannot be told there is none",
    arguments: [
      "", ".*", "[0-9]+", "a?", "a*b*", "paid|", "(paid|x?)", "*a", "^*a", "a|*b", "a{", "a)b",
      "(?a)",
    ])
  func none(expression: String) { #expect(RequiredLiterals.of(expression) == nil) }

  @Test("whatever an expression matches contains one of them")
  func sound() throws {
    var random = SystemRandomNumberGenerator()
    let pieces = [
      "a", "b", "ab", ".", "\\.", "[ab]", "[^a]", "[.]", "(a|b)", "(ab|ba|)", "(a(b)c)", "^", "$",
      "a|b", "|", "c",
      "[[:alpha:]]",
    ]
    let counts = ["", "", "", "", "*", "+", "?", "{0,2}", "{1,2}", "{2}"]
    var matched = 0
    for _ in 0..<4_000 {
      let expression = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        (pieces.randomElement(using: &random) ?? "") + (counts.randomElement(using: &random) ?? "")
      }.joined()
      guard let pattern = try? PosixPattern(expression), let literals = pattern.requiredLiterals
      else { continue }
      for _ in 0..<20 {
        let text = String(
          (0..<Int.random(in: 0...8, using: &random)).map { _ in
            "abc.".randomElement(using: &random) ?? "a"
          })
        guard pattern.matches(text) else { continue }
        matched += 1
        #expect(
          literals.contains { text.contains(String(decoding: $0, as: UTF8.self)) },
          "\(expression) matches \(text)")
      }
    }
    #expect(matched > 1_000)
  }
}
