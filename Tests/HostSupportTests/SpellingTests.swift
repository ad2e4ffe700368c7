import Testing

@testable import HostSupport

@Suite("The nearest name")
struct SpellingTests {
  @Test(
    "is found by few insertions, deletions, substitutions and swaps, or by how it begins",
    arguments: [
      ("requries", "requires"), ("permisions", "permissions"), ("IDD", "id"), ("watsh", "watch"),
      ("lifecycleDeadlien", "lifecycleDeadline"), ("id", "id"), ("perm", "permissions"),
    ])
  func near(name: String, expected: String) {
    let names = ["requires", "permissions", "id", "watch", "lifecycleDeadline"]
    #expect(Spelling.nearest(to: name, in: names) == expected)
  }

  @Test("is none when nothing is near", arguments: ["", "zzzz", "reload", "w", "re"])
  func far(name: String) {
    #expect(
      Spelling.nearest(to: name, in: ["requires", "reverses", "permissions", "watch"]) == nil)
  }

  @Test("is the first in byte order of those equally near")
  func ties() {
    #expect(Spelling.nearest(to: "bad", in: ["bat", "bar", "dad"]) == "bar")
  }

  @Test(
    "has the restricted Damerau-Levenshtein distance",
    arguments: [
      ("", "", 0), ("a", "", 1), ("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3),
      ("ca", "abc", 3), ("abcd", "abcd", 0),
    ])
  func distance(left: String, right: String, expected: Int) {
    #expect(Spelling.distance(Array(left.utf8), Array(right.utf8)) == expected)
    #expect(Spelling.distance(Array(right.utf8), Array(left.utf8)) == expected)
  }

  @Test("is given as a hint, or nothing is")
  func hint() {
    #expect(Spelling.hint(for: "wtach", in: ["watch"]) == " (did you mean \"watch\"?)")
    #expect(Spelling.hint(for: "x", in: ["watch"]) == "")
  }
}
