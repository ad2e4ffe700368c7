/// The order of keys: by their UTF-8 bytes, so that it is the same on every machine and for every Unicode version.
enum KeyOrder {
  /// Negative when `left` comes first, 0 when the bytes are equal, positive when `right` comes first.
  static func compare(_ left: String, _ right: String) -> Int {
    let leftBytes = left.utf8Span.span
    let rightBytes = right.utf8Span.span
    let common = min(leftBytes.count, rightBytes.count)
    var index = 0
    while index < common {
      let difference = Int(leftBytes[index]) - Int(rightBytes[index])
      if difference != 0 { return difference }
      index += 1
    }
    return leftBytes.count - rightBytes.count
  }

  /// Whether the bytes of `key` begin with those of `prefix`.
  static func has(_ key: String, prefix: String) -> Bool {
    let keyBytes = key.utf8Span.span
    let prefixBytes = prefix.utf8Span.span
    guard keyBytes.count >= prefixBytes.count else { return false }
    for index in 0..<prefixBytes.count where keyBytes[index] != prefixBytes[index] {
      return false
    }
    return true
  }
}
