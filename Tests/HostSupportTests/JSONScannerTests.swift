import Testing

@testable import HostSupport

@Suite("Text that is not JSON")
struct JSONScannerTests {
  private func error(_ text: String, json5: Bool = false) -> String {
    do throws(JSONError) {
      _ = try JSON(parsing: Array(text.utf8), json5: json5)
      return "none"
    } catch {
      return error.reason
    }
  }

  @Test(
    "is told with line, column, what was expected and what was found",
    arguments: [
      ("", "line 1, column 1: expected a value, but the text ends"),
      ("{", "line 1, column 2: expected a name in double quotes or \"}\", but the text ends"),
      ("{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3: expected \",\" or \"}\", found '\"'"),
      ("{\"a\" 1}", "line 1, column 6: expected \":\" after the name, found '1'"),
      ("[1, 2,, 3]", "line 1, column 7: expected a value, found ','"),
      ("{\"é\": nul}", "line 1, column 7: expected a value, found 'n'"),
      ("[\"ab\n\"]", "line 1, column 2: a string must end on its line, or have \\n there"),
      ("[\"ab", "line 1, column 2: this string has no end"),
      ("[\"\\q\"]", "line 1, column 3: a backslash must be followed by one of \" \\ / b f n r t u"),
      ("[\"\\u12\"]", "line 1, column 3: an escape must have 4 hexadecimal digits"),
      ("[01]", "line 1, column 2: a number must not begin with 0"),
      ("[1.]", "line 1, column 4: expected a digit, found ']'"),
      ("[12abc]", "line 1, column 2: this is no number; text needs quotes"),
      ("{} {}", "line 1, column 4: expected nothing after the value, found '{'"),
      ("{a: 1}", "line 1, column 2: expected a name in double quotes or \"}\", found 'a'"),
      ("// no\n1", "line 1, column 1: expected a value; comments are not allowed here"),
    ])
  func faults(text: String, reason: String) {
    #expect(error(text) == reason)
  }

  @Test(
    "is told of JSON5 too, where comments and bare names are right",
    arguments: [
      ("// a\n{\n  a: 1,\n  b 2\n}", "line 4, column 5: expected \":\" after the name, found '2'"),
      ("{a: 1 b: 2}", "line 1, column 7: expected \",\" or \"}\", found 'b'"),
      ("{a: yes}", "line 1, column 5: expected a value, found 'y'"),
      ("{/* a", "line 1, column 2: this comment has no end"),
      ("{a: 1,, }", "line 1, column 7: expected a name, found ','"),
    ])
  func json5(text: String, reason: String) {
    #expect(error(text, json5: true) == reason)
  }

  @Test("is told of bytes that are no UTF-8")
  func encoding() {
    #expect(
      JSONScanner.fault(in: Array("[\"a".utf8) + [0xFF], json5: false)
        == JSONScanner.Fault(line: 1, column: 4, reason: "is no UTF-8"))
  }

  @Test("is told of nesting that no reader follows, however deep")
  func deep() {
    let text = String(repeating: "[", count: 1 << 20)
    #expect(error(text) == "line 1, column 513: nested deeper than 512 levels")
  }

  @Test(
    "is not suspected where the decoder takes it",
    arguments: [
      "{a: 1, 'b': +.5, c: [0x1F, 1., -2e3, ],}", "/* a */ [Infinity, -Infinity] // b",
      "{\"a\": [true, false, null, -0.5e+2, \"\\u00e9\\n\\\"\"]}", "{$a_1: 'it\\'s'}", "[]", "{}",
      "[1,]",
      "\"é\"", "0", "['a\\\nb']",
    ])
  func right(text: String) throws {
    _ = try JSON(parsing: Array(text.utf8), json5: true)
    #expect(JSONScanner.fault(in: Array(text.utf8), json5: true) == nil)
  }
}
