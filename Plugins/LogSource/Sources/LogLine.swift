/// One line of a log, taken apart as far as it has the form of `dpkg.log`: the payload of `log-source.line`.
///
/// `2026-01-31 12:00:00 status installed zlib1g:amd64 1:1.2` has the action `status`, the status `installed`, the package
/// `zlib1g:amd64` and the details `["1:1.2"]`.
package struct LogLine: Codable, Sendable, Equatable {
  /// The most bytes of a line that are passed on.
  package static let textLimit = 65_536

  /// The line's number in the log, from 1.
  package var line: UInt64
  /// The line, without its end; bytes that are not UTF-8 are replaced.
  package var text: String
  /// `YYYY-MM-DD`; `nil`, as the rest, when the line has another form.
  package var date: String?
  /// `HH:MM:SS`, in the time zone of who wrote the log.
  package var time: String?
  /// What was done: `install`, `configure`, `status`, …
  package var action: String?
  /// What `status` reports: `installed`, `half-configured`, …
  package var status: String?
  /// The package that it was done to; `startup` and `conffile` name none.
  package var package: String?
  /// The words that follow: mostly versions.
  package var details: [String]?

  /// Takes a line apart.
  ///
  /// - Parameters:
  ///   - line: Its number in the log.
  ///   - bytes: The line without its `\n`; a `\r` before that is dropped, and what exceeds `textLimit`.
  package init(_ line: UInt64, _ bytes: ArraySlice<UInt8>) {
    let end = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
    self.line = line
    text = String(decoding: end.prefix(LogLine.textLimit), as: UTF8.self)
    take(text.split(separator: " ").map(String.init))
  }

  private mutating func take(_ words: [String]) {
    guard words.count >= 3, LogLine.matches(words[0], "0000-00-00"),
      LogLine.matches(words[1], "00:00:00")
    else { return }
    date = words[0]
    time = words[1]
    action = words[2]
    var rest = words.dropFirst(3)
    if action == "status" { status = rest.popFirst() }
    if action != "startup", action != "conffile" { package = rest.popFirst() }
    details = Array(rest)
  }

  /// Whether a word has a digit wherever the form has `0`, and the form's own character elsewhere.
  private static func matches(_ word: String, _ form: StaticString) -> Bool {
    let bytes = Array(word.utf8)
    let wanted = Array("\(form)".utf8)
    guard bytes.count == wanted.count else { return false }
    return zip(bytes, wanted).allSatisfy { byte, want in
      want == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == want
    }
  }
}
