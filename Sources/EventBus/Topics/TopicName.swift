/// The name of a topic: segments of letters, digits, `_` and `-`, joined by dots; 1…255 bytes.
public enum TopicName {
  /// Whether a text is a topic's name.
  ///
  /// - Parameter text: Any text.
  /// - Returns: `nil` when it is, else what is wrong with it.
  public static func problem(in text: String) -> String? {
    if text.isEmpty { return "a topic must not be empty" }
    if text.utf8.count > 255 { return "a topic has at most 255 bytes, this one \(text.utf8.count)" }
    var atSegmentStart = true
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        if atSegmentStart { return "topic '\(text)' has an empty segment" }
        atSegmentStart = true
      } else if isSegmentByte(byte) {
        atSegmentStart = false
      } else {
        return "topic '\(text)' has a character other than letters, digits, '_', '-' and '.'"
      }
    }
    return atSegmentStart ? "topic '\(text)' has an empty segment" : nil
  }

  static func isSegmentByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
